use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::{Counted, What};
use crate::targets::{is_shown, now, shows};
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::Snapshot;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;

/// "Every component has a way back" (rule 8), and one that stays as it is stands in nobody's way: a rollback is not
/// refused by findings at components alone whose targets show what its snapshot has. Where looks fail, are refused or
/// are behind, or somebody else is at a target, Windlass cannot know that they do.
///
/// Safety: undo: A rollback is not refused by what the way back of a component would lack that stays as it is.
pub fn a_component_that_stays_refuses_no_rollback(outcome: &Outcome<'_>) -> Result<(), String> {
    if !is_seen_as_it_is(outcome) {
        return Ok(());
    }
    let mut refused: BTreeMap<DeploymentId, Rc<Deployment>> = BTreeMap::new();
    for happening in &outcome.happened {
        match &happening.what {
            Event::Wrote(_, change) => {
                let record = outcome.read::<Deployment>(change.after.as_ref(), "record");
                let record = record.filter(|record| is_refused_rollback(record));
                refused.extend(record.map(|record| (record.id.clone(), record)));
            }
            // What it shows in the end is not what it showed then.
            Event::Switched { component, .. } | Event::ChangedByOther(component) => {
                refused.retain(|_, record| !components_at_fault(record).contains(component));
            }
            _ => {}
        }
    }
    let snapshots: Vec<Rc<Snapshot>> = outcome.all("env#shop/prod", "snapshot#");
    for record in refused.values() {
        let goal = snapshots.iter().find(|snapshot| Some(snapshot.number) == record.snapshot);
        let at_fault = components_at_fault(record);
        if let Some(goal) = goal
            && !at_fault.is_empty()
            && at_fault.iter().all(|component| stays(outcome, goal, component))
        {
            return Err(format!("rollback {} is refused by {at_fault:?} alone, which stay as they are", record.id));
        }
    }
    Ok(())
}

/// Returns whether each look that a mishap leaves shows what is there.
fn is_seen_as_it_is(outcome: &Outcome<'_>) -> bool {
    let hides = |what: What| {
        let is_no_answer = matches!(what, What::Denied | What::DeniedLong | What::ThrottledLong | What::OutOfBand);
        is_no_answer || what.counted() == Counted::Looks
    };
    outcome.schedule.latencies == 0 && !outcome.schedule.mishaps.iter().any(|mishap| hides(mishap.what))
}

fn is_refused_rollback(record: &Deployment) -> bool {
    let ended = record.ending.as_ref().map(|ended| ended.ending);
    record.action == ActionName::Rollback && ended == Some(Ending::Rejected)
}

/// Returns the components that the findings are at; none where one is at something else.
fn components_at_fault(record: &Deployment) -> Vec<&str> {
    let findings = record.ending.iter().flat_map(|ended| &ended.findings);
    let named = findings.map(|finding| {
        let path = finding.path.strip_prefix("components.")?;
        path.split('.').next()
    });
    named.collect::<Option<_>>().unwrap_or_default()
}

/// Returns whether the target of a component shows what the snapshot has.
fn stays(outcome: &Outcome<'_>, goal: &Snapshot, component: &str) -> bool {
    let mut named = goal.components.iter();
    let Some((_, back)) = named.find(|(name, _)| now(name.as_str()) == now(component)) else {
        return false;
    };
    match &back.artifact {
        Some(artifact) => shows(outcome.world, component, artifact),
        None => is_shown(outcome.world, component, &back.state) == Some(true),
    }
}
