//! Plans the withdrawal of files of a site in place: the goal is what is recorded, without them. So what somebody else
//! has changed meanwhile is brought back, as by every other way to a recorded state.

use super::content::Content;
use super::observe::noticed;
use super::plan::PlanInput;
use super::prepare::{before, keep, running};
use super::versions::{Versions, latest, still_there, versions};
use crate::kinds::site::calls::{self, SitePorts};
use crate::kinds::site::files::{DEPLOYMENT, file_of};
use crate::kinds::site::in_place::content::{drift_warning, drifted};
use crate::kinds::site::in_place::plan::Goal;
use crate::kinds::site::in_place::versions::{LeftoverList, own_what_was_undone};
use crate::kinds::site::prepare::scene::SiteScene;
use crate::kinds::site::target::WithdrawnObject;
use crate::kinds::site::withdraw::{check, files, what};
use crate::kinds::{Prepared, Recorded, Stage, to_value};
use crate::trouble::Trouble;
use std::collections::BTreeSet;
use windlass_domain::release::withdrawal::{MeantFiles, WithdrawnFile, WithdrawnFiles};

/// Plans a withdrawal. An undo of it goes to what is there, without the files as well: nothing brings them back.
pub(in crate::kinds::site) async fn withdraw(
    mut scene: SiteScene<'_, impl SitePorts>,
    ran: Option<Goal>,
    pattern: &str,
) -> Result<Prepared, Trouble> {
    let (ran, mut running) = running(&scene, ran).await?;
    let latest = latest(&scene, &running).await?;
    own_what_was_undone(&scene, &latest, &mut running).await?;
    let owned = Content::Recorded(running);
    let mut left = LeftoverList { since: scene.lists.leftover_list_of(&ran).await?.since, due: BTreeSet::new() };
    let is = before(&scene, &latest, &owned, &owned, &owned, &mut left).await?;
    let drifted = drifted(&owned, &is);
    let warning = drift_warning(scene.input.component, &scene.target, &drifted);
    let mut rest = is.recorded().clone();
    // Where the list of what is recorded is lost, what is there counts.
    let is_known = !owned.recorded().is_empty();
    let mut goal = if is_known { owned.recorded() } else { &rest }.clone();
    let all = versions(&scene).await?;
    let meant = MeantFiles::of(pattern, all.keys().map(String::as_str))?;
    let mut objects = Vec::new();
    for (path, object) in is.recorded().iter().filter(|(_, object)| object.ours) {
        let matched = meant.has(path).then(|| scene.target.key(path));
        let object = matched.and_then(|key| WithdrawnObject::of(path, key, object, true));
        if let Some(object) = object {
            rest.remove(path);
            left.since.remove(path);
            objects.push(object);
        }
    }
    goal.retain(|path, _| !(meant.has(path) && scene.rules.outlives(path)));
    let mut withdraws = files(&objects);
    let is_live = |path: &str| is.recorded().contains_key(path) || goal.contains_key(path);
    let is_meant = |path: &str| meant.has(path) && (scene.rules.outlives(path) || !is_live(path));
    withdraws.extend(former_files(&scene, &all, is_meant).await?);
    check(&objects, &withdraws, pattern, &scene.rules, scene.input.withdrawals.former)?;
    let goal = still_there(&scene, goal, &latest, owned.recorded()).await?;
    let left = scene.lists.keep_leftover_list(&left).await?;
    let state = Goal {
        release: ran.release.clone().filter(|_| drifted.is_empty()),
        objects: Some(keep(&scene, &rest).await?),
        left: left.clone(),
    };
    let to = Goal { release: ran.release, objects: Some(keep(&scene, &goal).await?), left };
    let (rest, goal) = (Content::Recorded(rest), Content::Recorded(goal));
    let known =
        PlanInput { is: rest.recorded(), before: &rest, forward: &goal, rules: &scene.rules, due: &BTreeSet::new() };
    let before = Recorded { noticed: state.noticed(&noticed(&known)?), goal: to_value(&state)?, is_sure: true };
    let only = Stage::new(to_value(&to)?, what(&objects, &withdraws));
    scene.warnings.extend(warning);
    scene.target.withdraws = objects;
    Ok(Prepared {
        names_out_of_band_changes: true,
        target: to_value(&scene.target)?,
        before: to_value(&before)?,
        stages: vec![only],
        withdraws,
        warnings: scene.warnings,
        ..Prepared::default()
    })
}

/// The earlier contents of one file that count, newest first: more releases than a rollback goes back.
const EARLIER: usize = 40;

/// Returns the files that Windlass wrote under these names in any version that is still there: a rollback could bring
/// each of them back, also of a file that somebody has deleted by hand.
async fn former_files(
    scene: &SiteScene<'_, impl SitePorts>,
    all: &Versions,
    is_meant: impl Fn(&str) -> bool,
) -> Result<WithdrawnFiles, Trouble> {
    let named = all.iter().filter(|(path, _)| is_meant(path));
    let written = named.flat_map(|(path, versions)| {
        let mut seen = BTreeSet::new();
        let there = versions.iter().filter(|version| !version.deleted);
        let newest = there.filter(move |version| seen.insert(version.etag.clone())).take(EARLIER);
        newest.map(|version| (path.as_str(), version.version_id.clone()))
    });
    let written: Vec<(&str, Option<String>)> = written.collect();
    let found = calls::every(scene.at, &written, |(path, id)| async move {
        let head = scene.at.head(&scene.target.object(path, id.clone())).await?;
        let ours = head.filter(|head| head.metadata.contains_key(DEPLOYMENT));
        let file = ours.and_then(|head| file_of(&head));
        Ok(file.map(|file| WithdrawnFile { path: (*path).to_owned(), sha256: file.sha256 }))
    })
    .await?;
    Ok(found.into_iter().flatten().collect())
}
