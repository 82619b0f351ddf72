use crate::outcome::Outcome;
use crate::rules::changed_outside;
use crate::visitor::notes;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::ComponentName;
use windlass_machine::shop_world::{NOTES, notes_of};

/// A file of a site that nothing in the site names is there while a release that has it runs. It is in no folder of
/// Windlass's after an operator has withdrawn it, whatever comes later, and with an undone release that brought it
/// newly it goes (decision 0604). What an undo had to leave behind stands in its step.
///
/// Safety: deletion: A file that is withdrawn is gone and stays gone; one that an undone release brought goes with it,
/// and no late deletion takes it from a later release.
pub fn files_come_and_go(outcome: &Outcome<'_>) -> Result<(), String> {
    if outcome.lock().held.is_some() || changed_outside(outcome, "web") {
        return Ok(());
    }
    let state = outcome.environment();
    let Some(web) = ComponentName::new("web").ok() else {
        return Ok(());
    };
    // What the distribution pointed to before Windlass is nobody's folder.
    let in_folders = outcome.scenario.declaration.contains("mode: prefix");
    let is_ours = |key: &str| !in_folders || key.starts_with("releases/");
    let objects = outcome.world.s3().texts("shop-web");
    for file in state.withdrawn.get(&web).into_iter().flatten() {
        let mut same = objects.iter().filter(|(key, text)| {
            let is_it = Digest::of(text.as_bytes()) == file.sha256;
            key.ends_with(&file.path) && is_ours(key) && is_it
        });
        if let Some((key, _)) = same.next() {
            return Err(format!("{key} is withdrawn and there"));
        }
    }
    let withdrawn: Vec<&str> = state.withdrawn.get(&web).into_iter().flatten().map(|file| file.path.as_str()).collect();
    let records = outcome.records();
    let mut asked = records.iter().filter(|record| record.action == ActionName::Withdraw);
    if asked.any(|record| ended_as(record, Ending::Succeeded)) && withdrawn != [NOTES] {
        return Err(format!("{NOTES} was withdrawn, and only {withdrawn:?} is kept as that"));
    }
    let Some(running) = state.running.get(&web).filter(|it| it.artifact.is_some()) else {
        return Ok(());
    };
    let shown = notes(outcome.world);
    let wanted = notes_of(running.version()).filter(|_| !withdrawn.contains(&NOTES));
    if wanted.is_some() && shown != wanted {
        return Err(format!("{NOTES} of {} is {shown:?}", running.version()));
    }
    let mut brought = records.iter().filter(|record| notes_of(&record.release.version).is_some());
    let is_undone = brought.all(|record| ended_as(record, Ending::RolledBack) && !is_left(outcome, &record.id));
    if wanted.is_none() && is_undone && shown.is_some() {
        return Err(format!("{NOTES} is there, and only undone releases have brought it"));
    }
    Ok(())
}

/// Returns whether a version has bytes that an operator has withdrawn. A release of it is refused, also while it runs.
pub fn is_withdrawn_of(outcome: &Outcome<'_>, version: &str) -> bool {
    let state = outcome.environment();
    let mut withdrawn = state.withdrawn.values().flatten();
    notes_of(version).is_some_and(|text| {
        let sha256 = Digest::of(text.as_bytes());
        withdrawn.any(|file| file.path == NOTES && file.sha256 == sha256)
    })
}

fn ended_as(record: &Deployment, ending: Ending) -> bool {
    let ended = record.ending.as_ref();
    ended.is_some_and(|ended| ended.ending == ending)
}

/// Returns whether an undo says that it has left something behind.
fn is_left(outcome: &Outcome<'_>, id: &DeploymentId) -> bool {
    let steps = outcome.all::<Step>(&format!("deployment#{id}"), "step#");
    steps.iter().any(|step| !step.warnings.is_empty() || !step.stays_reachable.is_empty())
}
