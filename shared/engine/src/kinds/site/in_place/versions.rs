//! The recorded versions of a site in place, which must still be in the bucket. It takes long to list all versions of a
//! large site. So they are listed only if it would take longer to ask for each version that matters.

use super::plan::ask_each;
use crate::kinds::site::calls::{self, Pace, Patience, list_all};
use crate::kinds::site::files::{Object, Objects};
use crate::kinds::site::ports::SitePorts;
use crate::kinds::site::prepare::scene::Scene;
use crate::ports::{Listed, Result};
use crate::trouble::Trouble;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::count::count;
use windlass_domain::finding::{Finding, FindingName};

/// The current object of each key, by path.
pub(super) type Latest = BTreeMap<String, Listed>;

/// Every version of every key of the site, newest first.
pub(super) type Versions = BTreeMap<String, Vec<Listed>>;

/// Returns whether it is quicker to ask for each of so many paths than to list them all.
pub(super) fn is_few(paths: usize, latest: &Latest) -> bool {
    ask_each(paths, latest.len(), Pace::default().limit)
}

/// Lists what is at each key now.
pub(super) async fn latest(scene: &Scene<'_, impl SitePorts>, running: &Objects) -> Result<Latest> {
    let site = &scene.target.site;
    let known: Vec<&str> = running.keys().map(String::as_str).collect();
    let listed = list_all(scene.at, &site.bucket, &site.prefix, &known).await?;
    let by_path = listed.into_iter();
    Ok(by_path.map(|listed| (listed.key[site.prefix.len()..].to_owned(), listed)).collect())
}

/// The version ids of what is at each key now.
pub(super) async fn ids(scene: &Scene<'_, impl SitePorts>) -> Result<BTreeMap<String, Option<String>>> {
    let all = versions(scene).await?.into_iter();
    let current = |all: Vec<Listed>| all.into_iter().find(|listed| listed.latest);
    Ok(all.filter_map(|(path, all)| Some((path, current(all)?.version_id))).collect())
}

/// Lists every version of every key of the site.
pub(super) async fn versions(scene: &Scene<'_, impl SitePorts>) -> Result<Versions> {
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
    scene: &Scene<'_, impl SitePorts>,
    recorded: Objects,
    latest: &Latest,
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

async fn all_there(scene: &Scene<'_, impl SitePorts>, needed: &[(&String, &Object)]) -> Result<bool> {
    let pace = Cell::default();
    let (found, fault) = calls::all(scene.at, &pace, Patience::Long, needed, |(path, object)| async move {
        let version = scene.target.object(path, object.version_id.clone());
        Ok(object.version_id.is_some() && scene.at.head(&version).await?.is_some())
    })
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
