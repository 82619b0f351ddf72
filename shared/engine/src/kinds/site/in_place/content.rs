//! The content of a state of a site in place, path by path, and the files that former releases left. Those are files
//! that are no documents: open pages and rollbacks need them. A goal names the list of what is left, so the list counts
//! only if that state was reached.
//!
//! The recorded versions must still be in the bucket. It takes long to list all versions of a large site. So they are
//! listed only if it would take longer to ask for each version that matters.

use super::Goal;
use super::plan::{Wants, ask_each};
use crate::kinds::Document;
use crate::kinds::site::calls::{Pace, Patience, list_all};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::lists::{File, Files, Handled, Object, Objects};
use crate::kinds::site::prepare::Scene;
use crate::kinds::site::rows::Rows;
use crate::kinds::site::rules::Rules;
use crate::kinds::site::{SitePorts, Trouble, calls};
use crate::ports::{Answered, Listed};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::count::count;
use windlass_domain::digest::Digest;
use windlass_domain::fault::FaultName;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::left::{Left, due};
use windlass_domain::time::Time;

/// The object that is wanted at a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Want<'a> {
    /// The content; `None` if somebody else wrote it.
    pub file: Option<&'a File>,
    /// The object that was recorded there; `None` if a release is brought for the first time.
    pub object: Option<&'a Object>,
}

impl<'a> Want<'a> {
    fn of_release(file: &'a File) -> Self {
        Self {
            file: Some(file),
            object: None,
        }
    }

    fn recorded(object: &'a Object) -> Self {
        Self {
            file: object.file.as_ref(),
            object: Some(object),
        }
    }

    /// Returns whether the path is the site's own.
    pub fn owns(self) -> bool {
        self.object.is_none_or(|object| object.ours)
    }
}

/// The content of a state, path by path.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The files of a release, from its archive.
    Release(Files),
    /// The recorded objects, from the versions in the bucket.
    Recorded(Objects),
}

impl Content {
    /// Returns the object that is wanted at a path; `None` if there shall be none.
    pub fn want(&self, path: &str) -> Option<Want<'_>> {
        match self {
            Self::Release(files) => files.get(path).map(Want::of_release),
            Self::Recorded(objects) => objects.get(path).map(Want::recorded),
        }
    }

    /// Returns the wanted objects, in order of the paths.
    pub fn wants(&self) -> Wants<'_> {
        match self {
            Self::Release(files) => {
                Box::new(files.iter().map(|(path, it)| (path, Want::of_release(it))))
            }
            Self::Recorded(objects) => {
                Box::new(objects.iter().map(|(path, it)| (path, Want::recorded(it))))
            }
        }
    }

    /// Returns the recorded objects; none for a release from its archive.
    pub fn recorded(&self) -> &Objects {
        static NONE: Objects = Objects::new();
        match self {
            Self::Recorded(objects) => objects,
            Self::Release(_) => &NONE,
        }
    }

    /// Returns whether a path is the site's own in this state.
    pub fn owns(&self, path: &str) -> bool {
        self.want(path).is_some_and(Want::owns)
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &String> {
        self.wants().map(|(path, _)| path)
    }
}

/// The list of what former releases left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftList {
    /// The time since which each file is left.
    pub since: Left,
    /// The files of it that the deployment that made the list deletes.
    #[serde(default)]
    pub due: BTreeSet<String>,
}

/// Pure: the files that Windlass wrote to a site and that are left once the goal is reached. A file that was not left
/// `formerly` is left from now on.
pub fn left_by(goal: &Content, owned: &Objects, formerly: &Left, rules: &Rules, now: Time) -> Left {
    let ours = owned
        .iter()
        .filter(|(_, object)| object.ours && object.file.is_some());
    let left = ours.filter(|(path, _)| rules.outlives(path) && goal.want(path).is_none());
    left.map(|(path, _)| (path.clone(), formerly.get(path).copied().unwrap_or(now)))
        .collect()
}

impl<P: SitePorts> Lists<'_, P> {
    /// Reads the list of what is left. It is empty if no list is named or the list no longer exists.
    async fn left(&self, list: Option<&Digest>) -> Answered<LeftList> {
        let Some(list) = list else {
            return Ok(LeftList::default());
        };
        match self.kept.read(list).await {
            Err(fault) if fault.name == FaultName::NotFound => Ok(LeftList::default()),
            left => left,
        }
    }

    /// Keeps the list of what is left, under its digest. Returns `None` if nothing is left.
    pub(super) async fn keep_left(&self, left: &LeftList) -> Answered<Option<Digest>> {
        if left.since.is_empty() {
            return Ok(None);
        }
        let list = Document::of(left)?;
        self.kept.keep(&list).await?;
        Ok(Some(list.digest))
    }

    /// Reads the list of the objects, by path.
    pub(super) async fn objects(&self, list: &Digest) -> Answered<Objects> {
        let objects: Rows<Objects> = self.kept.read(list).await?;
        Ok(objects.0)
    }

    /// Returns what deployments wrote since then, by path. No other list has the objects of deployments that were
    /// undone.
    async fn written_since(&self, then: Time) -> Answered<Objects> {
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

    /// Returns the content of a goal. A release that was never published has no files yet.
    pub(super) async fn content(&self, goal: &Goal) -> Answered<Content> {
        Ok(match (&goal.objects, &goal.release) {
            (Some(list), _) => Content::Recorded(self.objects(list).await?),
            (None, Some(release)) => {
                Content::Release(self.release(release).await?.unwrap_or_default())
            }
            (None, None) => Content::Release([].into()),
        })
    }

    /// Returns the list of what former releases left, as a goal names it, with the files of it that are due.
    pub(super) async fn left_at(&self, goal: &Goal) -> Answered<LeftList> {
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
) -> Answered<()> {
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

/// Returns what is left once the goal is reached, and what of it may be deleted.
pub(super) async fn left(
    scene: &Scene<'_, impl SitePorts>,
    ran: &Goal,
    running: &Objects,
    forward: &Content,
) -> Answered<LeftList> {
    let now = scene.at.now();
    let formerly = scene.lists.left_at(ran).await?.since;
    let since = left_by(forward, running, &formerly, &scene.rules, now);
    let due = due(&since, scene.input.oldest, now);
    Ok(LeftList { since, due })
}

/// The current object of each key, by path.
pub(super) type Latest = BTreeMap<String, Listed>;

/// Every version of every key of the site, newest first.
type Versions = BTreeMap<String, Vec<Listed>>;

/// Returns whether it is quicker to ask for each of so many paths than to list them all.
pub(super) fn is_few(paths: usize, latest: &Latest) -> bool {
    ask_each(paths, latest.len(), Pace::default().limit)
}

/// Lists what is at each key now.
pub(super) async fn latest(
    scene: &Scene<'_, impl SitePorts>,
    running: &Objects,
) -> Answered<Latest> {
    let site = &scene.target.site;
    let known: Vec<&str> = running.keys().map(String::as_str).collect();
    let listed = list_all(scene.at, &site.bucket, &site.prefix, &known).await?;
    let by_path = listed.into_iter();
    Ok(by_path
        .map(|listed| (listed.key[site.prefix.len()..].to_owned(), listed))
        .collect())
}

/// The version ids of what is at each key now.
pub(super) async fn ids(
    scene: &Scene<'_, impl SitePorts>,
) -> Answered<BTreeMap<String, Option<String>>> {
    let all = versions(scene).await?.into_iter();
    let current = |all: Vec<Listed>| all.into_iter().find(|listed| listed.latest);
    Ok(all
        .filter_map(|(path, all)| Some((path, current(all)?.version_id)))
        .collect())
}

async fn versions(scene: &Scene<'_, impl SitePorts>) -> Answered<Versions> {
    let site = &scene.target.site;
    let mut all = Versions::new();
    let mut after = None;
    loop {
        let page = scene
            .at
            .list_versions(&site.bucket, &site.prefix, after)
            .await?;
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
    scene: &Scene<'_, impl SitePorts>,
    recorded: Objects,
    latest: &Latest,
    running: &Objects,
) -> Result<Objects, Trouble> {
    let is_live = |path: &str, object: &Object| {
        latest
            .get(path)
            .is_some_and(|listed| listed.etag == object.etag)
    };
    let needed: Vec<(&String, &Object)> = recorded
        .iter()
        .filter(|(path, object)| !is_live(path, object))
        .collect();
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
    if gone.is_empty() {
        Ok(there)
    } else {
        Err(missing(&gone))
    }
}

async fn all_there(
    scene: &Scene<'_, impl SitePorts>,
    needed: &[(&String, &Object)],
) -> Answered<bool> {
    let pace = Cell::default();
    let (found, fault) = calls::all(
        scene.at,
        &pace,
        Patience::Long,
        needed,
        |(path, object)| async move {
            let version = scene.target.object(path, object.version_id.clone());
            Ok(object.version_id.is_some() && scene.at.head(&version).await?.is_some())
        },
    )
    .await;
    fault.map_or_else(|| Ok(found.into_iter().all(|there| there)), Err)
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
        "deploy a release from its archive instead, and let noncurrent versions live longer",
    )
    .into()
}
