use crate::deed::Deed;
use crate::happening::Event;
use crate::outcome::Outcome;
use crate::rules::{has_barred, is_unbegun_call, is_unknown};
use crate::schedule::What;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::step::{Step, StepFailure};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::FindingName;

/// "`NeedsOperator` (restoring failed)" (rule 1), and nothing less: a deployment is left to an operator only if its
/// undo met something that does not pass by asking again. That is somebody else's change of that very component, a
/// refusal, or minutes of throttling. A stop, a kill, a lost answer and everything else that passes are no reason.
///
/// Safety: endings: A deployment is left to an operator only where an out-of-band change, a refusal or minutes of
/// throttling stood in the way.
pub fn needs_operator_is_earned(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut steps: BTreeMap<String, Rc<Step>> = BTreeMap::new();
    let mut theirs: BTreeSet<&str> = BTreeSet::new();
    for happening in &outcome.happened {
        let change = match &happening.what {
            Event::ChangedByOther(component) => {
                theirs.insert(component);
                continue;
            }
            Event::Wrote(_, change) => change,
            _ => continue,
        };
        let after = change.after.as_ref();
        if let Some(step) = outcome.read::<Step>(after, "step#") {
            steps.insert(format!("{} {}", step.deployment, step.component), step);
        }
        let before = outcome.read::<Deployment>(change.before.as_ref(), "record");
        let Some(record) = outcome.read::<Deployment>(after, "record") else {
            continue;
        };
        if is_left(&record) && !before.as_deref().is_some_and(is_left) {
            let of_it = steps.values().filter(|step| step.deployment == record.id);
            let why = why_not_back(outcome, &record, of_it, &theirs);
            why.and_then(|found| is_said(outcome, &record, found)).map_err(|why| unearned(&record.id, &why))?;
        }
    }
    Ok(())
}

/// Returns whether a deployment is left to an operator.
pub(super) fn is_left(record: &Deployment) -> bool {
    let ended = record.ending.as_ref();
    ended.is_some_and(|ended| ended.ending == Ending::NeedsOperator)
}

fn unearned(id: &DeploymentId, why: &str) -> String {
    format!("deployment {id} was left to an operator: {why}")
}

/// Returns the number of components that are not back, or an error if nothing explains one of them.
fn why_not_back<'s>(
    outcome: &Outcome<'_>,
    record: &Deployment,
    steps: impl Iterator<Item = &'s Rc<Step>>,
    theirs: &BTreeSet<&str>,
) -> Result<usize, String> {
    let mut found = 0;
    let then = record.ending.as_ref().map(|ended| ended.at);
    for step in steps.filter(|step| step.status.may_have_changed()) {
        found += 1;
        let component = &step.component;
        let is_explained = match &step.undo_failure {
            Some(StepFailure::Finding(finding)) => {
                let is_theirs =
                    finding.name == FindingName::TargetChangedByOther && theirs.contains(component.as_str());
                let is_kept = is_refused(outcome) || meets(outcome, &[What::ThrottledLong]);
                is_theirs
                    || then.is_some_and(|then| is_unknown(outcome, step, then))
                    || is_kept && is_unbegun_call(outcome, step)
                    // Without an invalidation an edge may still have what was withdrawn.
                    || is_kept && !step.withdraws.is_empty()
            }
            Some(StepFailure::Fault(fault)) => fault.name == FaultName::AccessDenied && is_refused(outcome),
            // Its function did not even come so far as to say why.
            None => meets(outcome, &[What::ThrottledLong, What::DeniedLong, What::Denied]),
        };
        // Nothing goes back once a task has begun after which nothing of before may run.
        let is_barred = then.is_some_and(|then| has_barred(outcome, &step.deployment, then));
        if !is_explained && !is_barred {
            let why = &step.undo_failure;
            return Err(format!("nothing explains that {component} is not back: {why:?}"));
        }
    }
    Ok(found)
}

/// Checks that a component is not back. An ending because recoveries died is accepted instead if a mishap lasts for
/// minutes, because nothing else kills so many.
fn is_said(outcome: &Outcome<'_>, record: &Deployment, found: usize) -> Result<(), String> {
    let ended = record.ending.as_ref();
    let have_died = ended.is_some_and(|ended| ended.cause_name == "RecoveriesDied");
    let lasts = meets(outcome, &[What::ThrottledLong, What::DeniedLong]);
    match (have_died, found) {
        (true, _) if !lasts => Err("its recoveries died of what passes".into()),
        (false, 0) => Err("every component is back".into()),
        _ => Ok(()),
    }
}

fn meets(outcome: &Outcome<'_>, whats: &[What]) -> bool {
    let mut mishaps = outcome.schedule.mishaps.iter();
    mishaps.any(|mishap| whats.contains(&mishap.what))
}

/// Returns whether calls are refused, by a mishap or by the scenario.
fn is_refused(outcome: &Outcome<'_>) -> bool {
    let refuses = |change: fn(&windlass_world::World)| {
        let tried = outcome.world.copy();
        tried.mishaps().refused.clear();
        change(&tried);
        let refused = &tried.mishaps().refused;
        !refused.is_empty()
    };
    let mut acts = outcome.scenario.acts.iter();
    meets(outcome, &[What::Denied, What::DeniedLong])
        || acts.any(|act| match act.deed {
            Deed::Change(_, change) | Deed::Ail(_, change) => refuses(change),
            _ => false,
        })
}
