use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::What;
use crate::target_calls::{is_guarded, looks_needed};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::deployment::step::{Step, StepFailure};
use windlass_domain::deployment::{Deployment, Ended};
use windlass_domain::release::action::ActionName;
use windlass_domain::text::finding::FindingName;
use windlass_world::dynamodb::Written;

/// "Either way it ends truthfully as `TargetChangedByOther`, and says who owns which field": this is checked if the
/// only mishaps are somebody else's changes of targets. A deployment that was prepared before the change and had no
/// ending then must name it in two cases: it did not end as the scenario says, or its deployer looked at the target
/// while the change was there. A change after the last look at a target changes no ending, and nobody has to name
/// it. If AWS has no condition, as for a service of ECS, an undo overwrites what was set meanwhile (`docs/SAFETY.md`),
/// and says only from what it went back. With other latencies a deployment may end otherwise for that alone, so those
/// are left out.
///
/// Safety: out-of-band changes: An out-of-band change is reported as `TargetChangedByOther`, with who owns what.
pub fn out_of_band_changes_are_reported(outcome: &Outcome<'_>) -> Result<(), String> {
    let mishaps = &outcome.schedule.mishaps;
    let is_else = outcome.schedule.latencies > 0 || mishaps.is_empty();
    if is_else || mishaps.iter().any(|one| one.what != What::OutOfBand) {
        return Ok(());
    }
    let (theirs, seen) = (under_way(outcome), seen(outcome));
    let silent = outcome.records().into_iter().find_map(|record| {
        let ended = record.ending.as_ref()?;
        let name = format!("{} {ended}", record.release.version);
        let is_as_written = outcome.scenario.ends.contains(&name.as_str());
        // An operator's `recover` has looked, and then goes back over what somebody else has put there.
        // A withdrawal looks at the files that it takes away, and at others only where they are to be brought back.
        let is_seen = !outcome.did("recover")
            && record.action != ActionName::Withdraw
            && !goes_back_alike(outcome)
            && seen.contains(record.id.0.as_str());
        let is_meant = theirs.contains(record.id.0.as_str()) && (!is_as_written || is_seen);
        (is_meant && !names_change(outcome, &record, ended)).then(|| format!("{name} says: {}", ended.cause.written()))
    });
    silent.map_or(Ok(()), Err)
}

/// Returns whether somebody else does what the undo does. To stop a deployment of CodeDeploy with its rollback gives
/// the former tasks their callers again, and CodeDeploy does not say whose stop it was.
fn goes_back_alike(outcome: &Outcome<'_>) -> bool {
    outcome.scenario.name.starts_with("service_moved")
}

/// Returns the deployments that were prepared and had no ending when somebody else changed a target of theirs.
fn under_way(outcome: &Outcome<'_>) -> BTreeSet<String> {
    let mut open: BTreeSet<String> = BTreeSet::new();
    let mut found: BTreeSet<String> = BTreeSet::new();
    for happening in &outcome.happened {
        match &happening.what {
            Event::Wrote(_, change) => {
                note_open(outcome, change, &mut open);
            }
            Event::ChangedByOther(component) => {
                let has_part = |id: &&String| {
                    let ledger = outcome.world.dynamodb();
                    let step = (format!("deployment#{id}"), format!("step#{component}"));
                    ledger.items.keys().any(|key| (&key.pk, &key.sk) == (&step.0, &step.1))
                };
                found.extend(open.iter().filter(has_part).cloned());
            }
            _ => {}
        }
    }
    found
}

/// Notes the deployments that are prepared and have no ending yet.
fn note_open(outcome: &Outcome<'_>, change: &Written, open: &mut BTreeSet<String>) {
    let key = change.after.as_ref().map(|item| &item.key);
    if let Some(key) = key.filter(|key| key.sk == "plan") {
        open.insert(key.pk.trim_start_matches("deployment#").to_owned());
    }
    let record = outcome.read::<Deployment>(change.after.as_ref(), "record");
    if let Some(record) = record.filter(|record| record.ending.is_some()) {
        open.remove(&record.id.0);
    }
}

/// Returns the deployments whose own deployer looked at a target with somebody else's change on it. The change was made
/// after they were prepared, and the look before they had an ending.
fn seen(outcome: &Outcome<'_>) -> BTreeSet<String> {
    let mut theirs: BTreeMap<&str, (u32, BTreeSet<String>)> = BTreeMap::new();
    let mut open: BTreeSet<String> = BTreeSet::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut undoing: BTreeSet<String> = BTreeSet::new();
    for happening in &outcome.happened {
        match &happening.what {
            Event::ChangedByOther(component) => {
                let needed = looks_needed(component, outcome.scenario.declaration);
                theirs.insert(component, (needed, open.clone()));
            }
            Event::Switched { component, .. } => {
                theirs.remove(component);
            }
            Event::Looked(who, component) => {
                let is_undo = who.work.as_ref().is_some_and(|work| work.wave.is_none());
                if !is_guarded(component, outcome.scenario.declaration) && is_undo {
                    continue;
                }
                // While an undo is under way, a deployer that still goes forward writes nothing any more.
                let of = who.work.as_ref().map(|work| work.deployment.to_string());
                if !is_undo && of.is_some_and(|of| undoing.contains(&of)) {
                    continue;
                }
                let Some((needed, prepared)) = theirs.get_mut(component) else {
                    continue;
                };
                *needed = needed.saturating_sub(1);
                let work = who.work.as_ref().filter(|_| *needed == 0);
                let id = work.map(|work| work.deployment.to_string());
                seen.extend(id.filter(|id| prepared.contains(id) && open.contains(id)));
            }
            Event::Wrote(_, change) => {
                note_open(outcome, change, &mut open);
                let record = outcome.read::<Deployment>(change.after.as_ref(), "record");
                let undone = record.filter(|record| record.undoing.is_some());
                undoing.extend(undone.map(|record| record.id.0.clone()));
            }
            _ => {}
        }
    }
    seen
}

/// Returns whether a deployment names somebody else's change. Its cause names the change, or the finding by which a
/// change or an undo failed does, and the cause says who owns what.
fn names_change(outcome: &Outcome<'_>, record: &Deployment, ended: &Ended) -> bool {
    let other = FindingName::TargetChangedByOther;
    let partition = format!("deployment#{}", record.id);
    let steps = outcome.all::<Step>(&partition, "step#");
    let failures = steps.iter().flat_map(|step| [&step.failure, &step.undo_failure]);
    let mut failures = failures.flatten();
    let is_named = ended.cause_name == other.to_string()
        || failures.any(|one| matches!(one, StepFailure::Finding(finding) if finding.name == other));
    // Somebody else's deployment of CodeDeploy is in the way before it has changed anything.
    let is_in_the_way = ended.cause_name == FindingName::TargetBusy.to_string();
    is_in_the_way || is_named && ended.cause.written().contains("Windlass owns")
}
