//! What former releases left at the keys of a site in place: files that are no documents, which open pages and
//! rollbacks need. The list of it is named by the state whose releases do not name them, so it counts
//! only where that state was reached.

use super::files::{Goal, Handled, Objects};
use super::listing::list_all;
use super::lists::{Lists, digest_of};
use super::rules::Rules;
use crate::config::Configured;
use crate::ports;
use crate::ports::{Answered, Clock};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use windlass_domain::digest::Digest;
use windlass_domain::left::Left;
use windlass_domain::time::Time;

/// The list of what is left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftList {
    /// Since when.
    pub since: Left,
    /// What of it the deployment that made the list deletes.
    #[serde(default)]
    pub due: BTreeSet<String>,
}

/// Pure: what is left of the files that Windlass wrote to a site once the goal is reached. What was
/// not left `formerly` is left from now on.
pub fn left_by(goal: &Goal, owned: &Objects, formerly: &Left, rules: &Rules, now: Time) -> Left {
    let ours = owned
        .iter()
        .filter(|(_, object)| object.ours && object.file.is_some());
    let left = ours.filter(|(path, _)| rules.outlives(path) && goal.want(path).is_none());
    left.map(|(path, _)| (path.clone(), formerly.get(path).copied().unwrap_or(now)))
        .collect()
}

impl<P: ports::Objects + Clock + Configured> Lists<'_, P> {
    /// What is left; nothing where no such list is named, or it is not there any more.
    pub async fn left(&self, list: Option<&Digest>) -> Answered<LeftList> {
        let Some(list) = list else {
            return Ok(LeftList::default());
        };
        let left = self.read(&self.left_key(list)).await?;
        Ok(left.unwrap_or_default())
    }

    /// Keeps the list of what is left, under its digest; none where nothing is.
    pub async fn keep_left(&self, left: &LeftList) -> Answered<Option<Digest>> {
        if left.since.is_empty() {
            return Ok(None);
        }
        let digest = digest_of(left)?;
        self.keep(&self.left_key(&digest), left).await?;
        Ok(Some(digest))
    }

    /// What deployments wrote since then, by path: of those that were undone no other list tells.
    pub async fn written_since(&self, then: Time) -> Answered<Objects> {
        let home = &self.home.config().artifacts_bucket;
        let under = format!("{}handled/", self.folder);
        let mut notes = list_all(self.home, home, &under, &[]).await?;
        notes.retain(|note| note.modified > then);
        let handled = self.handled_in(&notes).await?;
        let written = handled
            .into_iter()
            .filter_map(|handled: Handled| Some((handled.path.clone(), handled.object()?)));
        Ok(written.collect())
    }

    fn left_key(&self, list: &Digest) -> String {
        format!("{}left-{list}.json", self.folder)
    }
}
