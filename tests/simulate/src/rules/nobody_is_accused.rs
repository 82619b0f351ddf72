use crate::by_codedeploy::gave_up;
use crate::deed::Deed;
use crate::happening::{Event, Happening};
use crate::outcome::Outcome;
use crate::scenario::Act;
use crate::schedule::What;
use crate::targets::COMPONENTS;
use windlass_domain::deployment::step::{Step, StepFailure};
use windlass_domain::text::finding::{Finding, FindingName};

/// "Nobody is accused of what AWS does by itself" (rule 1): after a call AWS goes on for a while (`switches.rs`), and
/// goes back for reasons of its own. Unless somebody else has changed a target in the run, no step has failed and no
/// deployment has ended because somebody else had. What looks say between deployments is held by other rules
/// (`second_look_is_made`, `claims_are_shown`).
///
/// Safety: truth: Nobody is said to have changed a target while AWS goes on with a call, or goes back, by itself.
pub fn nobody_is_accused(outcome: &Outcome<'_>) -> Result<(), String> {
    if is_anybody_there(outcome) {
        return Ok(());
    }
    for record in outcome.records() {
        let steps = outcome.all::<Step>(&format!("deployment#{}", record.id), "step#");
        let failures = steps.iter().flat_map(|step| [&step.failure, &step.undo_failure]).flatten();
        let found = failures.filter_map(|failure| match failure {
            StepFailure::Finding(finding) => Some(finding),
            StepFailure::Fault(_) => None,
        });
        let ended = record.ending.as_ref();
        let mut found = found.chain(ended.into_iter().flat_map(|ended| &ended.findings));
        if let Some(accuses) = found.find(|finding| is_accusing(finding)) {
            return Err(format!("deployment {} says: {}", record.id, accuses.written()));
        }
        if let Some(ended) = ended.filter(|ended| ended.cause_name == FindingName::TargetChangedByOther.to_string()) {
            return Err(format!("deployment {} ended so: {}", record.id, ended.cause.written()));
        }
    }
    Ok(())
}

fn is_accusing(finding: &Finding) -> bool {
    finding.name == FindingName::TargetChangedByOther
}

/// Returns whether somebody else has a part in the run: by a mishap, or by an act of theirs. CodeDeploy
/// counts as well where it has taken back by itself what a release had brought: it does not say who made it.
fn is_anybody_there(outcome: &Outcome<'_>) -> bool {
    let by_other = |one: &Happening| matches!(one.what, Event::ChangedByOther(_));
    let is_theirs = |act: &Act| act.is_others || matches!(act.deed, Deed::Drift(..) | Deed::Mend(..));
    let mut acts = outcome.scenario.before.iter().chain(outcome.scenario.acts);
    let mut mishaps = outcome.schedule.mishaps.iter();
    outcome.happened.iter().any(by_other)
        || acts.any(is_theirs)
        || mishaps.any(|mishap| mishap.what == What::OutOfBand)
        || COMPONENTS.iter().any(|component| gave_up(outcome.world, component))
}
