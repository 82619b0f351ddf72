//! The goal of a site in place, what is seen of it, and the changes of it.

use super::plan::{InPlacePlan, Operation};
use crate::kinds::site::files::Objects;
use crate::kinds::site::rows::Rows;
use crate::kinds::site::target::files_in_words;
use crate::kinds::{Document, Noticed};
use crate::ports::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::digest::Digest;

/// The goal of a site in place, and the state that is recorded of it to come back to. It is small, whatever the site's
/// size: the lists are kept beside the item, and named here by their digests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename = "in_place")]
pub struct Goal {
    /// The release whose files are all there; `None` for a state that Windlass did not bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Digest>,
    /// The list of the object at each key. Where a goal names it, the recorded versions are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<Digest>,
    /// The list of what former releases left; `None` if nothing is known of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Digest>,
}

impl Goal {
    /// The digest that names the wanted state: that of the recorded objects, else that of the release.
    pub(super) fn id(&self) -> String {
        let named = self.objects.as_ref().or(self.release.as_ref());
        named.map(ToString::to_string).unwrap_or_default()
    }

    /// Returns what visitors get. `digest` is of everything that they can notice, so it is equal if nobody changed
    /// anything.
    pub(super) fn noticed(&self, digest: &Digest) -> Noticed {
        Noticed { value: json!({"files": digest}), shown: files_in_words(self.release.as_ref()) }
    }
}

/// A list of the object at each key, to be kept under its digest.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    pub(super) document: Document,
    /// The number of files in the list.
    pub(super) files: usize,
}

impl List {
    /// Writes a list down.
    pub(super) fn of(objects: &Objects) -> Result<Self> {
        Ok(Self { document: Document::of(&Rows(objects))?, files: objects.len() })
    }
}

/// One change of a site in place.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Writes, restores and deletes files, as many as fit in its time.
    Write(Arc<Vec<Operation>>),
    /// Keeps the list of the object at each key.
    Record(Arc<List>),
}

/// The result of a look at the site.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The state, as it is recorded to come back to.
    pub state: Goal,
    /// The digest of everything that visitors can notice.
    pub noticed: Digest,
    /// The ways to the known states, by the ids of their goals.
    pub ways: Arc<BTreeMap<String, InPlacePlan>>,
    /// The goal of the deployment.
    pub forward: Goal,
    /// The list of the object at each key, if it must still be kept. `None` once it is kept, and as long as no state is
    /// reached and nobody asks for the list.
    pub unrecorded: Option<Arc<List>>,
    /// The calls that the last look at all files took at most.
    pub calls: u32,
}
