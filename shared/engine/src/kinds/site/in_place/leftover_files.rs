//! The lists of a site in place: the content of a goal, and the files that former releases left. Those are files that
//! are no documents: open pages and rollbacks need them. A goal names the list of what is left, so the list counts only
//! if that state was reached.

use super::content::Content;
use super::state::Goal;
use super::versions::Latest;
use crate::kinds::Document;
use crate::kinds::site::calls::list_all;
use crate::kinds::site::files::{Handled, Objects};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::ports::SitePorts;
use crate::kinds::site::prepare::scene::Scene;
use crate::kinds::site::rows::Rows;
use crate::kinds::site::rules::Rules;
use crate::ports::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use windlass_domain::digest::Digest;
use windlass_domain::fault::FaultName;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::leftover_files::{LeftoverFiles, due};
use windlass_domain::stays_reachable::{StaysReachable, WhyReachable};
use windlass_domain::time::Time;

/// The list of what former releases left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftoverList {
    /// The time since which each file is left.
    pub since: LeftoverFiles,
    /// The files of it that the deployment that made the list deletes.
    #[serde(default)]
    pub due: BTreeSet<String>,
}

/// Pure: the files that Windlass wrote to a site and that are left once the goal is reached. A file that was not left
/// `formerly` is left from now on.
pub fn left_by(goal: &Content, owned: &Objects, formerly: &LeftoverFiles, rules: &Rules, now: Time) -> LeftoverFiles {
    let ours = owned.iter().filter(|(_, object)| object.ours && object.file.is_some());
    let left = ours.filter(|(path, _)| rules.outlives(path) && goal.want(path).is_none());
    left.map(|(path, _)| (path.clone(), formerly.get(path).copied().unwrap_or(now))).collect()
}

impl<P: SitePorts> Lists<'_, P> {
    /// Reads the list of what is left. It is empty if no list is named or the list no longer exists.
    async fn left(&self, list: Option<&Digest>) -> Result<LeftoverList> {
        let Some(list) = list else {
            return Ok(LeftoverList::default());
        };
        match self.kept.read(list).await {
            Err(fault) if fault.name == FaultName::NotFound => Ok(LeftoverList::default()),
            left => left,
        }
    }

    /// Keeps the list of what is left, under its digest. Returns `None` if nothing is left.
    pub(super) async fn keep_leftover_list(&self, left: &LeftoverList) -> Result<Option<Digest>> {
        if left.since.is_empty() {
            return Ok(None);
        }
        let list = Document::of(left)?;
        self.kept.keep(&list).await?;
        Ok(Some(list.digest))
    }

    /// Reads the list of the objects, by path.
    pub(super) async fn objects(&self, list: &Digest) -> Result<Objects> {
        let objects: Rows<Objects> = self.kept.read(list).await?;
        Ok(objects.0)
    }

    /// Returns what deployments wrote since then, by path. No other list has the objects of deployments that were
    /// undone.
    async fn written_since(&self, then: Time) -> Result<Objects> {
        let home = &self.home.config().artifacts_bucket;
        let under = format!("{}handled/", self.folder);
        let mut notes = list_all(self.home, home, &under, &[]).await?;
        notes.retain(|note| note.modified > then);
        let handled = self.handled_in(&notes).await?;
        let written =
            handled.into_iter().filter_map(|handled: Handled| Some((handled.path.clone(), handled.object()?)));
        Ok(written.collect())
    }

    /// Returns the content of a goal. A release that was never published has no files yet.
    pub(super) async fn content(&self, goal: &Goal) -> Result<Content> {
        Ok(match (&goal.objects, &goal.release) {
            (Some(list), _) => Content::Recorded(self.objects(list).await?),
            (None, Some(release)) => Content::Release(self.release(release).await?.unwrap_or_default()),
            (None, None) => Content::Release([].into()),
        })
    }

    /// Returns the list of what former releases left, as a goal names it, with the files of it that are due.
    pub(super) async fn leftover_list_of(&self, goal: &Goal) -> Result<LeftoverList> {
        self.left(goal.left.as_ref()).await
    }
}

/// Counts as the site's own what deployments wrote since the running one and did not bring to an end:
/// an undo leaves files that are no documents, because pages that name them may be open, and no list of a snapshot
/// has them.
pub(super) async fn own_what_was_undone(
    scene: &Scene<'_, impl SitePorts>,
    latest: &Latest,
    running: &mut Objects,
) -> Result<()> {
    let since = scene.input.running;
    let since = since.map_or(Time(0), |it| it.names.brought.since);
    for (path, object) in scene.lists.written_since(since).await? {
        let there = latest.get(&path).is_some_and(|it| it.etag == object.etag);
        if scene.rules.outlives(&path) && there && object.ours {
            running.entry(path).or_insert(object);
        }
    }
    Ok(())
}

/// Returns what is left once the goal is reached and what of it may be deleted, and what was left before.
pub(super) async fn left(
    scene: &Scene<'_, impl SitePorts>,
    ran: &Goal,
    running: &Objects,
    forward: &Content,
) -> Result<(LeftoverList, LeftoverFiles)> {
    let now = scene.at.now();
    let formerly = scene.lists.leftover_list_of(ran).await?.since;
    let since = left_by(forward, running, &formerly, &scene.rules, now);
    let due = due(&since, scene.input.oldest, now);
    Ok((LeftoverList { since, due }, formerly))
}

/// Returns the files that are left from now on.
pub(super) fn newly_left(
    scene: &Scene<'_, impl SitePorts>,
    left: &LeftoverFiles,
    formerly: &LeftoverFiles,
) -> Option<StaysReachable> {
    let site = &scene.target.site;
    let files = left.keys().filter(|path| !formerly.contains_key(*path));
    StaysReachable::of(
        EnvironmentId::new(scene.input.app, scene.input.environment),
        scene.input.component,
        WhyReachable::OpenPages,
        Some(site.keep.saturating_add(1)),
        files,
    )
}
