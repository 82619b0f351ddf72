//! The recorded versions of a site in place, which must still be in the bucket, and the lists of its goal and of the
//! files that former releases left.
//!
//! It takes long to list all versions of a large site. So they are listed only if it would take longer to ask for each
//! version that matters. The files that former releases left are no documents: open pages and rollbacks need them. A
//! goal names the list of what is left, so the list counts only if that state was reached.

// A copy has another ETag under SSE-KMS or after an upload in parts, so each copy is noted with what it is a copy
// of. Metadata on the copy would drop headers that this build does not know.

use super::plan::ask_each;
use crate::kinds::DocumentToKeep;
use crate::kinds::site::calls::{self, Pace, SitePorts, list_all};
use crate::kinds::site::files::{Handled, Object, Objects};
use crate::kinds::site::in_place::content::Content;
use crate::kinds::site::in_place::plan::Goal;
use crate::kinds::site::lists::{Lists, Rows};
use crate::kinds::site::prepare::scene::SiteScene;
use crate::kinds::site::rules::SiteRules;
use crate::ports::{Listed, Result};
use crate::trouble::Trouble;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::environment::rollback;
use windlass_domain::prose;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::stays_reachable::{LeftoverFiles, StaysReachable, WhyReachable, due};
use windlass_domain::text::count::count;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Time;

/// The current object of each key, by path.
pub(super) type LatestObjects = BTreeMap<String, Listed>;

/// Every version of every key of the site, newest first.
pub(super) type Versions = BTreeMap<String, Vec<Listed>>;

/// Returns whether it is quicker to ask for each of so many paths than to list them all.
pub(super) fn is_few(paths: usize, latest: &LatestObjects) -> bool {
    ask_each(paths, latest.len(), Pace::default().limit)
}

/// Lists what is at each key now.
pub(super) async fn latest(scene: &SiteScene<'_, impl SitePorts>, running: &Objects) -> Result<LatestObjects> {
    let site = &scene.target.site;
    let known: Vec<&str> = running.keys().map(String::as_str).collect();
    let listed = list_all(scene.at, &site.bucket, &site.prefix, &known).await?;
    Ok(listed.into_iter().map(|listed| (listed.key[site.prefix.len()..].to_owned(), listed)).collect())
}

/// The version ids of what is at each key now.
pub(super) async fn ids(scene: &SiteScene<'_, impl SitePorts>) -> Result<BTreeMap<String, Option<String>>> {
    let all = versions(scene).await?.into_iter();
    let current = |all: Vec<Listed>| all.into_iter().find(|listed| listed.latest);
    Ok(all.filter_map(|(path, all)| Some((path, current(all)?.version_id))).collect())
}

/// Lists every version of every key of the site.
pub(super) async fn versions(scene: &SiteScene<'_, impl SitePorts>) -> Result<Versions> {
    let site = &scene.target.site;
    let mut all = Versions::new();
    let mut after = None;
    loop {
        let page = scene.at.list_versions(&site.bucket, &site.prefix, after).await?;
        for listed in page.objects {
            let path = listed.key[site.prefix.len()..].to_owned();
            all.entry(path).or_default().push(listed);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

/// The recorded objects with versions that exist. A version may be gone where another with the
/// same bytes is there, because an undo copied it.
pub(super) async fn still_there(
    scene: &SiteScene<'_, impl SitePorts>,
    recorded: Objects,
    latest: &LatestObjects,
    running: &Objects,
) -> Result<Objects, Trouble> {
    let is_live = |path: &str, object: &Object| latest.get(path).is_some_and(|listed| listed.etag == object.etag);
    let needed: Vec<(&String, &Object)> = recorded.iter().filter(|(path, object)| !is_live(path, object)).collect();
    if is_few(needed.len(), latest) && all_there(scene, &needed).await? {
        return Ok(recorded);
    }
    let needed: BTreeSet<String> = needed.into_iter().map(|(path, _)| path.clone()).collect();
    let versions = versions(scene).await?;
    let (mut there, mut gone) = (Objects::new(), Vec::new());
    for (path, mut object) in recorded {
        if !needed.contains(&path) {
            there.insert(path, object);
            continue;
        }
        let found = versions.get(&path).and_then(|all| {
            let by_id = all.iter().find(|it| it.version_id == object.version_id);
            by_id.or_else(|| all.iter().find(|it| it.etag == object.etag))
        });
        match found.filter(|listed| !listed.deleted) {
            Some(listed) => {
                object.version_id.clone_from(&listed.version_id);
                there.insert(path, object);
            }
            None if object.ours || running.contains_key(&path) => gone.push(path),
            None => {}
        }
    }
    if gone.is_empty() { Ok(there) } else { Err(missing(&gone)) }
}

async fn all_there(scene: &SiteScene<'_, impl SitePorts>, needed: &[(&String, &Object)]) -> Result<bool> {
    let found = calls::every(scene.at, needed, |(path, object)| async move {
        let version = scene.target.object(path, object.version_id.clone());
        Ok(object.version_id.is_some() && scene.at.head(&version).await?.is_some())
    })
    .await?;
    Ok(found.into_iter().all(|there| there))
}

/// The finding for recorded versions that no longer exist.
pub(super) fn missing(what: &[String]) -> Trouble {
    let some: Vec<&str> = what.iter().take(5).map(String::as_str).collect();
    Finding::new(
        FindingName::ArtifactMissing,
        some.first().copied().unwrap_or_default(),
        format!(
            "the recorded versions of {} are not in the bucket any more: {}",
            count(what.len(), "file"),
            some.join(", ")
        ),
        prose!(
            "roll back to another snapshot, or deploy that release by its version with {} and a reason; and let \
             noncurrent versions live longer",
            rollback::instead()
        ),
    )
    .into()
}

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
pub fn left_by(
    goal: &Content,
    owned: &Objects,
    formerly: &LeftoverFiles,
    rules: &SiteRules,
    now: Time,
) -> LeftoverFiles {
    let ours = owned.iter().filter(|(_, object)| object.ours && object.file.is_some());
    ours.filter(|(path, _)| rules.outlives(path) && goal.want(path).is_none())
        .map(|(path, _)| (path.clone(), formerly.get(path).copied().unwrap_or(now)))
        .collect()
}

/// Pure: counts the files that only one of two states has as a part of the site: the goal, or what Windlass brought
/// last. `left` says which files were there then and no part of it any more. A goal that is reached differs by these
/// alone.
pub(super) fn in_one_alone(goal: &Content, running: &Objects, left: impl Fn(&String) -> bool) -> usize {
    let was_part = |path: &String| running.get(path).is_some_and(|object| object.ours) && !left(path);
    let gone = running.keys().filter(|path| was_part(path) && goal.want(path).is_none());
    let new = goal.wants().filter(|(path, want)| want.owns() && !was_part(path));
    gone.count() + new.count()
}

impl<P: SitePorts> Lists<'_, P> {
    /// Returns the list of what former releases left, as a goal names it, with the files of it that are due. It is empty
    /// if no list is named or the list no longer exists.
    pub(super) async fn leftover_list_of(&self, goal: &Goal) -> Result<LeftoverList> {
        let Some(list) = &goal.left else { return Ok(LeftoverList::default()) };
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
        let list = DocumentToKeep::of(left)?;
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
}

/// Counts as the site's own what deployments wrote since the running one and did not bring to an end:
/// an undo leaves files that are no documents, because pages that name them may be open, and no list of a snapshot
/// has them. Returns their paths.
pub(super) async fn own_what_was_undone(
    scene: &SiteScene<'_, impl SitePorts>,
    latest: &LatestObjects,
    running: &mut Objects,
) -> Result<BTreeSet<String>> {
    let mut undone = BTreeSet::new();
    let since = scene.input.running;
    let since = since.map_or(Time(0), |it| it.names.brought.since);
    for (path, object) in scene.lists.written_since(since).await? {
        let there = latest.get(&path).is_some_and(|it| it.etag == object.etag);
        if scene.rules.outlives(&path) && there && object.ours && !running.contains_key(&path) {
            undone.insert(path.clone());
            running.insert(path, object);
        }
    }
    Ok(undone)
}

/// Returns what is left once the goal is reached and what of it may be deleted, and what was left before.
pub(super) async fn left(
    scene: &SiteScene<'_, impl SitePorts>,
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
    scene: &SiteScene<'_, impl SitePorts>,
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
