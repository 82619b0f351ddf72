//! What is wanted of a site and recorded to come back to, and what a step's lists say.

use super::files::{Goal, Objects};
use super::in_place::plan::Op;
use super::left::LeftList;
use super::lists::{Lists, to_json};
use super::rows::Rows;
use super::rules::Rules;
use super::target::Target;
use super::{Knowledge, SitePorts};
use crate::kinds::Noticed;
use crate::ports::Answered;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::digest::Digest;
use windlass_domain::fault::Fault;
use windlass_domain::step::Step;

/// What is wanted of a site, and what is recorded of it to come back to. It is small, whatever the site's size: lists
/// are objects of their own in the artifacts bucket (`lists.rs`), named here by their digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum State {
    /// Files are written over the live ones.
    InPlace(InPlace),
    /// A folder per release.
    Prefix(Prefix),
}

/// A site that is changed in place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InPlace {
    /// The release whose files are all there; absent for what Windlass did not bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Digest>,
    /// The list of what is at each key. Where it is wanted, the recorded versions are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<Digest>,
    /// The list of what former releases left (`left.rs`); absent where nothing is known of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Digest>,
}

impl InPlace {
    /// Which state is wanted: a recorded one, or a release.
    pub fn id(&self) -> String {
        let named = self.objects.as_ref().or(self.release.as_ref());
        named.map(ToString::to_string).unwrap_or_default()
    }

    /// What visitors get, where this is the digest of what they can notice: equal if nobody changed it.
    pub fn noticed(&self, digest: &Digest) -> Noticed {
        Noticed {
            value: json!({"files": digest}),
            shown: files_of(self.release.as_ref()),
        }
    }
}

/// A list of what is at each key, to be kept under its digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The digest of its content.
    pub digest: Digest,
    /// Its content.
    pub bytes: Bytes,
    /// How many files it tells of.
    pub files: usize,
}

impl Kept {
    /// Writes a list down.
    pub fn of(objects: &Objects) -> Answered<Self> {
        let bytes = to_json(&Rows(objects))?;
        Ok(Self {
            digest: Digest::of(&bytes),
            bytes,
            files: objects.len(),
        })
    }
}

/// A site with a folder per release.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Prefix {
    /// The release in the folder; absent for what Windlass did not bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Digest>,
    /// The origin path: the folder with a leading and no trailing slash, or empty.
    pub origin_path: String,
    /// Whether all edges have it.
    pub deployed: bool,
}

impl Prefix {
    /// The name of the folder: the last part of its path.
    pub fn folder_name(&self) -> &str {
        let path = self.origin_path.trim_end_matches('/');
        path.rsplit('/').next().unwrap_or_default()
    }

    /// What visitors get.
    pub fn noticed(&self) -> Noticed {
        Noticed {
            value: json!({"origin_path": self.origin_path}),
            shown: format!(
                "{} at `{}`",
                files_of(self.release.as_ref()),
                self.origin_path
            ),
        }
    }
}

/// The files that visitors get, in words.
fn files_of(release: Option<&Digest>) -> String {
    release.map_or_else(
        || "the files that Windlass found".to_owned(),
        |release| format!("the files of {}", release.short()),
    )
}

/// One change of a site.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Writes, restores and deletes files, as many as fit in its time.
    Write(Arc<Vec<Op>>),
    /// Keeps the list of what is at each key.
    Record(Arc<Kept>),
    /// Switches the distribution's origin path.
    Switch {
        /// The ETag of the configuration that was seen.
        etag: String,
        /// The path that was seen.
        from: String,
        /// The path that is wanted.
        to: String,
    },
}

/// Reads what a step's lists say; `home` are the ports at the deployer's own place.
pub async fn load<P: SitePorts>(home: &P, step: &Step) -> Answered<Knowledge> {
    let target: Target = read("target", &step.target)?;
    let last = step.goals.values().last();
    let goal = last.ok_or_else(|| Fault::internal("the step of a site has no goal"))?;
    let before: State = read("state before", &step.before["goal"])?;
    let forward: State = read("goal", goal)?;
    let lists = Lists::of(home, &target);
    let (mut written, mut staged) = (Vec::new(), BTreeMap::new());
    let handled = match forward {
        State::InPlace(_) => lists.handled(&step.deployment).await?,
        // Its switch is one call that needs to know nothing of files.
        State::Prefix(_) => Vec::new(),
    };
    for handled in handled {
        if let Some(object) = handled.object() {
            written.push((handled.path, object));
        } else if let (Some(file), Some(upload)) = (handled.file, handled.staged) {
            staged.insert(handled.path, (file, upload));
        }
    }
    let left = match &forward {
        State::InPlace(forward) => lists.left(forward.left.as_ref()).await?,
        State::Prefix(_) => LeftList::default(),
    };
    Ok(Knowledge {
        rules: Rules::new(&target.site)?,
        due: left.due,
        before: (before.clone(), goal_of(&lists, &before).await?),
        forward: (forward.clone(), goal_of(&lists, &forward).await?),
        written,
        staged,
    })
}

/// The lists of a state. A release that was never published has none yet.
pub async fn goal_of<P: SitePorts>(lists: &Lists<'_, P>, state: &State) -> Answered<Goal> {
    Ok(match state {
        State::InPlace(state) => match (&state.objects, &state.release) {
            (Some(list), _) => Goal::Recorded(lists.objects(list).await?),
            (None, Some(release)) => {
                Goal::Release(lists.release(release).await?.unwrap_or_default())
            }
            (None, None) => Goal::Release([].into()),
        },
        State::Prefix(_) => Goal::Release([].into()),
    })
}

/// A value of a step as a type of this kind.
pub fn read<T: DeserializeOwned>(what: &str, value: &Value) -> Answered<T> {
    T::deserialize(value)
        .map_err(|error| Fault::internal(format!("the {what} of a site cannot be read: {error}")))
}
