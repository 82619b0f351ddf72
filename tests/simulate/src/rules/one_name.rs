use crate::happening::{Event, Happening};
use crate::outcome::Outcome;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{BEFORE_WINDLASS, FOUND, GivenVersion, Running, Snapshot};
use windlass_domain::release::Part;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;

/// "A component has one name everywhere": the present snapshot calls it as the record of what runs
/// does. The deployment that is said to have given a name, and the one that brought the bytes, ended well and gave that
/// name. The name is that of the newest release that is there.
///
/// Safety: truth: What runs has one name, in the record and in the snapshots, and whoever is said to have given it did
/// so.
pub fn one_name(outcome: &Outcome<'_>) -> Result<(), String> {
    let state = outcome.environment();
    let snapshots: Vec<Rc<Snapshot>> = outcome.all("env#shop/prod", "snapshot#");
    let present = snapshots.iter().find(|one| one.number == state.snapshot);
    // A component that was renamed since is read by its new name.
    let present = present.map(|present| Snapshot::clone(present).with_found(&state));
    let records = outcome.records();
    for (component, running) in &state.running {
        let listed = present.as_ref().and_then(|present| present.components.get(component));
        let names = |running: &Running| (running.names.clone(), running.containers.clone());
        if listed.map(names) != Some(names(running)) {
            let listed = listed.map(Running::version);
            let is = running.version();
            return Err(format!("{component} is {is} in the record and {listed:?} in the present snapshot"));
        }
        // In a component with several images each image has names of its own, and the component has theirs.
        let containers = running.containers.iter();
        let containers = containers.map(|(name, names)| (Part::of(component, name), names));
        let whole = running.containers.is_empty();
        let whole = whole.then(|| (component.clone().into(), &running.names));
        for (part, names) in containers.chain(whole) {
            if !running.version().contains(&names.now.version) {
                return Err(format!("{part} is {}, and {component} {}", names.now.version, running.version()));
            }
            for given in [&names.now, &names.brought] {
                was_given(given, &part, &records)?;
            }
            is_newest(outcome, &part, &names.now, &records)?;
        }
    }
    Ok(())
}

fn was_given(given: &GivenVersion, component: &Part, records: &[Rc<Deployment>]) -> Result<(), String> {
    let GivenVersion { version, deployment, .. } = given;
    let wrong = |why: &str| Err(format!("{component} is {version} by {deployment}, which {why}"));
    let Some(record) = records.iter().find(|record| record.id == *deployment) else {
        return wrong("is no deployment");
    };
    let Some(ended) = &record.ending else {
        return wrong("has not ended");
    };
    match version.as_str() {
        "accepted" if ended.resolved.is_none() => wrong("nobody accepted"),
        // A name for what was found belongs to the deployment that found it, even after a rollback to it.
        "accepted" | BEFORE_WINDLASS | FOUND => Ok(()),
        _ if !ended.ending.is_success() => wrong("did not end well"),
        _ if record.action == ActionName::Deploy && record.release.version != *version => {
            wrong("brought another version")
        }
        _ => Ok(()),
    }
}

/// Checks that what runs is called as the newest release that is there, unless an operator has gone back or accepted
/// since.
fn is_newest(
    outcome: &Outcome<'_>,
    component: &Part,
    now: &GivenVersion,
    records: &[Rc<Deployment>],
) -> Result<(), String> {
    let state = outcome.environment();
    let find = |id: &DeploymentId| records.iter().find(|record| record.id == *id);
    let mark = state.mark_of(component);
    let newest = mark.and_then(|mark| find(&mark.id)).filter(|newest| {
        let ended = newest.ending.as_ref();
        ended.is_some_and(|ended| ended.ending != Ending::NeedsOperator)
    });
    let named_by_release =
        find(&now.deployment).is_some_and(|record| record.action == ActionName::Deploy && now.version != "accepted");
    if now.version == FOUND {
        let mut happened = outcome.happened.iter();
        let is_by_other = |one: &Happening| matches!(one.what, Event::ChangedByOther(_));
        return if happened.any(is_by_other) {
            Ok(())
        } else {
            Err(format!("{component} is said to be somebody else's, and nobody else was there"))
        };
    }
    match newest {
        Some(newest) if named_by_release && newest.release.version != now.version => Err(format!(
            "{component} is called {}, and the newest release there is {}",
            now.version, newest.release.version
        )),
        _ => Ok(()),
    }
}
