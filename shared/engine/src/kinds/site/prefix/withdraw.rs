//! Plans the withdrawal of files of a site with a folder per release: from the folder that is live, and from those that
//! a rollback may go back to.

use super::prepare::check_folder;
use super::publish::MadeFolder;
use super::state::{Goal, Target};
use crate::kinds::site::calls::{self, SitePorts, list_all};
use crate::kinds::site::files::{DEPLOYMENT, Object, file_of};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::prepare::scene::{Serving, SiteScene};
use crate::kinds::site::target::{WithdrawnObject, folder_of};
use crate::kinds::site::withdraw::{check, files, what};
use crate::kinds::{Prepared, Recorded, Stage, to_value};
use crate::ports::{ObjectId, Replaces, Result};
use crate::trouble::Trouble;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::release::withdrawal::{MOST, MeantFiles, matches_too_many};

/// Plans a withdrawal. Visitors get the folder that is recorded as live; mostly they do already, and then an undo has
/// nothing to bring back.
pub(in crate::kinds::site) async fn withdraw(
    mut scene: SiteScene<'_, impl SitePorts>,
    serving: Serving,
    ran: Option<Goal>,
    pattern: &str,
) -> Result<Prepared, Trouble> {
    let Serving { id, distribution, origin } = serving;
    let is_live = ran.as_ref().filter(|ran| ran.origin_path == origin.path);
    let state = Goal {
        release: is_live.and_then(|ran| ran.release.clone()),
        origin_path: origin.path,
        deployed: distribution.deployed,
    };
    let goal = Goal { deployed: true, ..ran.unwrap_or_else(|| state.clone()) };
    if goal.origin_path != state.origin_path {
        check_folder(&scene, &goal).await?;
    }
    let objects = objects(&scene, &folder_of(&goal.origin_path), pattern).await?;
    let withdraws = files(&objects);
    check(&objects, &withdraws, pattern, &scene.rules, scene.input.withdrawals.former)?;
    let before = Recorded { noticed: state.noticed(), goal: to_value(&state)?, is_sure: false };
    let only = Stage::new(to_value(&goal)?, what(&objects, &withdraws));
    scene.target.withdraws = objects;
    let target = Target { site: scene.target, distribution: id, origin: origin.id };
    Ok(Prepared {
        target: to_value(&target)?,
        before: to_value(&before)?,
        stages: vec![only],
        withdraws,
        warnings: scene.warnings,
        ..Prepared::default()
    })
}

/// Returns the objects that Windlass wrote and that the pattern matches, in the live folder and in the others. A
/// document of another folder whose path a live one has stays: it is that page as it was.
async fn objects(
    scene: &SiteScene<'_, impl SitePorts>,
    live: &str,
    pattern: &str,
) -> Result<Vec<WithdrawnObject>, Trouble> {
    let bucket = &scene.target.site.bucket;
    // Where visitors get a folder that Windlass did not make, other sites may lie in it: nothing of it is taken.
    let prefix = &scene.target.site.prefix;
    let is_made = !prefix.is_empty() && live.starts_with(prefix.as_str());
    let mut folders: BTreeSet<String> = is_made.then(|| live.to_owned()).into_iter().collect();
    for note in scene.lists.folder_notes(bucket).await? {
        let folder: Option<MadeFolder> = scene.lists.read(&note.key).await?;
        folders.extend(folder.map(|folder| folder.under));
    }
    let mut listed: BTreeMap<String, (String, bool)> = BTreeMap::new();
    // A folder within another one comes later, and knows its files better.
    for folder in &folders {
        let is_live = folder == live;
        for one in list_all(scene.at, bucket, folder, &[]).await? {
            let path = one.key[folder.len()..].to_owned();
            listed.insert(one.key, (path, is_live));
        }
    }
    let paths = listed.values().map(|(path, _)| path.as_str());
    let meant = MeantFiles::of(pattern, paths)?;
    let live_paths: BTreeSet<String> =
        listed.values().filter(|(_, is_live)| *is_live).map(|(path, _)| path.clone()).collect();
    let is_former = |path: &String| live_paths.contains(path) && !scene.rules.outlives(path);
    let mut found = listed;
    found.retain(|_, (path, is_live)| meant.has(path) && (*is_live || !is_former(path)));
    if found.len() > MOST {
        return Err(matches_too_many(found.len()).into());
    }
    let found: Vec<(String, (String, bool))> = found.into_iter().collect();
    let objects = calls::every(scene.at, &found, |(key, (path, is_live))| async move {
        let id = ObjectId { bucket: bucket.clone(), key: key.clone(), version_id: None };
        let head = scene.at.head(&id).await?;
        let ours = head.filter(|head| head.metadata.contains_key(DEPLOYMENT));
        Ok(ours.and_then(|head| {
            let object = Object {
                etag: head.etag.clone(),
                bytes: head.bytes,
                version_id: None,
                file: file_of(&head),
                ours: true,
                copy_of: None,
            };
            WithdrawnObject::of(path, key.clone(), &object, *is_live)
        }))
    })
    .await?;
    let mut objects: Vec<WithdrawnObject> = objects.into_iter().flatten().collect();
    objects.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(objects)
}

impl<P: SitePorts> Lists<'_, P> {
    /// Takes withdrawn files out of the lists of the folders that held them: a folder without them is whole.
    pub(super) async fn take_out(&self, objects: &[WithdrawnObject]) -> Result<()> {
        let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for object in objects {
            let folder = object.key.strip_suffix(&object.path).unwrap_or_default();
            let name = folder.trim_end_matches('/').rsplit('/').next();
            folders.entry(name.unwrap_or_default()).or_default().insert(object.path.as_str());
        }
        for (name, paths) in folders {
            let [list, _] = self.lists_of_folder(name);
            let Some(etags) = self.read::<BTreeMap<String, String>>(&list).await? else { continue };
            let before = etags.len();
            let rest: BTreeMap<String, String> =
                etags.into_iter().filter(|(path, _)| !paths.contains(path.as_str())).collect();
            if rest.len() < before {
                self.write(&list, &rest, Replaces::Anything).await?;
            }
        }
        Ok(())
    }
}
