use crate::happening::Event;
use crate::outcome::Outcome;
use std::collections::BTreeSet;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{EnvironmentState, Veto};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;

/// "The automatic undo vetoes that release only. An operator's rollback holds automatic deployments until the hold is
/// released" (rule 8): a held or vetoed release never gets the lock. Each undo of a release leaves a veto, and each
/// rollback a hold.
///
/// Safety: undo: What is held or vetoed gets no lock; each undo of a release leaves a veto, and each rollback a hold.
pub fn holds_and_vetoes(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut held = outcome.held_before;
    let mut vetoed: BTreeSet<String> = BTreeSet::new();
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        if let Some(state) = outcome.read::<EnvironmentState>(change.after.as_ref(), "state") {
            held = state.hold.is_some();
        }
        if let Some(veto) = outcome.read::<Veto>(change.after.as_ref(), "veto#") {
            vetoed.insert(veto.release.to_string());
        } else if let Some(veto) = outcome.read::<Veto>(change.before.as_ref(), "veto#") {
            vetoed.remove(&veto.release.to_string());
        }
        let Some(record) = outcome.read::<Deployment>(change.after.as_ref(), "record") else {
            continue;
        };
        let before: Option<Rc<Deployment>> = outcome.read(change.before.as_ref(), "record");
        names_hold(&record, before.as_deref(), held)?;
        let starts = record.started.is_some() && before.is_some_and(|b| b.started.is_none());
        if starts && record.action == ActionName::Deploy {
            let id = &record.id;
            if held && !record.through_hold {
                return Err(format!("deployment {id} started, which nobody asked for, while deployments are held"));
            }
            if vetoed.contains(&record.release_digest.to_string()) && !record.again {
                return Err(format!("deployment {id} started, whose release is vetoed"));
            }
        }
    }
    vetoes_stand(outcome, &vetoed)?;
    let rolled_back = |record: &Rc<Deployment>| record.action == ActionName::Rollback;
    if outcome.records().iter().any(rolled_back) && !held && !outcome.did("release_hold") {
        return Err("an operator rolled back, and deployments are not held".into());
    }
    Ok(())
}

/// Returns whether it was undone because of what it did itself.
fn is_to_blame(record: &Deployment) -> bool {
    let undoing = record.undoing.as_ref();
    let why = undoing.map_or("", |why| why.name.as_str());
    !record.stopped && matches!(why, "GateFailed" | "ChangeFailed" | "StillInProgress")
}

/// Checks that a rollback that has just ended says that automatic deployments are held, if they are, and only then. An
/// ending after recoveries kept dying is left out, because nothing more was read for it.
fn names_hold(record: &Deployment, before: Option<&Deployment>, held: bool) -> Result<(), String> {
    let is_new = before.is_none_or(|before| before.ending.is_none());
    let ended = record.ending.as_ref().filter(|_| is_new);
    let Some(ended) = ended.filter(|ended| ended.cause_name != "RecoveriesDied") else {
        return Ok(());
    };
    let named = ended.cause.written().contains("automatic deployments are held since");
    if record.action != ActionName::Rollback || named == held {
        return Ok(());
    }
    let id = &record.id;
    Err(format!("rollback {id} names a hold: {named}, and there is one: {held}"))
}

fn vetoes_stand(outcome: &Outcome<'_>, vetoed: &BTreeSet<String>) -> Result<(), String> {
    let records = outcome.records();
    let undone = records.iter().filter(|record| {
        let ended = record.ending.as_ref();
        // A stop by a person, or by the target, says nothing against the release.
        record.action == ActionName::Deploy
            && is_to_blame(record)
            && ended.is_some_and(|ended| ended.ending == Ending::RolledBack)
    });
    for record in undone {
        let digest = record.release_digest.to_string();
        let lifted = records.iter().any(|other| {
            let ended = other.ending.as_ref();
            other.release_digest == record.release_digest
                && ended.is_some_and(|ended| ended.ending == Ending::Succeeded)
        });
        if !vetoed.contains(&digest) && !lifted {
            return Err(format!(
                "deployment {} was undone, and release {} is not vetoed",
                record.id, record.release.version
            ));
        }
    }
    Ok(())
}
