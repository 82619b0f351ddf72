use crate::outcome::Outcome;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::ending::Ending;
use windlass_domain::environment::{BEFORE_WINDLASS, Given, Running, Snapshot};
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::ComponentName;
use windlass_domain::request::ActionName;

/// "A component has one name everywhere" (decision 0400): the present snapshot calls it as the record of what runs
/// does; the deployment that is said to have given a name, and the one that brought the bytes, ended well and gave that
/// name; and the name is that of the newest release that is there.
pub fn one_name(outcome: &Outcome<'_>) -> Result<(), String> {
    let state = outcome.environment();
    let snapshots: Vec<Rc<Snapshot>> = outcome.all("env#shop/prod", "snapshot#");
    let present = snapshots.iter().find(|one| one.number == state.snapshot);
    let records = outcome.records();
    for (component, running) in &state.running {
        let listed = present.and_then(|present| present.components.get(component));
        if listed.map(|listed| &listed.names) != Some(&running.names) {
            let listed = listed.map(Running::version);
            let is = running.version();
            return Err(format!(
                "{component} is {is} in the record and {listed:?} in the present snapshot"
            ));
        }
        for given in [&running.names.now, &running.names.brought] {
            was_given(given, component, &records)?;
        }
        is_newest(outcome, component, &running.names.now, &records)?;
    }
    Ok(())
}

fn was_given(
    given: &Given,
    component: &ComponentName,
    records: &[Rc<Deployment>],
) -> Result<(), String> {
    let Given {
        version,
        deployment,
        ..
    } = given;
    let wrong = |why: &str| {
        Err(format!(
            "{component} is {version} by {deployment}, which {why}"
        ))
    };
    let Some(record) = records.iter().find(|record| record.id == *deployment) else {
        return wrong("is no deployment");
    };
    let Some(ended) = &record.ending else {
        return wrong("has not ended");
    };
    match version.as_str() {
        "accepted" if ended.resolved.is_none() => wrong("nobody accepted"),
        // What was found is of the deployment that found it, also where a rollback went back to it.
        "accepted" | BEFORE_WINDLASS => Ok(()),
        _ if !ended.ending.is_success() => wrong("did not end well"),
        _ if record.action == ActionName::Deploy && record.release.version != *version => {
            wrong("brought another version")
        }
        _ => Ok(()),
    }
}

/// Where no operator has gone back or accepted since, what runs is called as the newest release that is there.
fn is_newest(
    outcome: &Outcome<'_>,
    component: &ComponentName,
    now: &Given,
    records: &[Rc<Deployment>],
) -> Result<(), String> {
    let state = outcome.environment();
    let find = |id: &DeploymentId| records.iter().find(|record| record.id == *id);
    let mark = state.marks.get(component);
    let newest = mark.and_then(|mark| find(&mark.id)).filter(|newest| {
        let ended = newest.ending.as_ref();
        ended.is_some_and(|ended| ended.ending != Ending::NeedsOperator)
    });
    let named_by_release = find(&now.deployment)
        .is_some_and(|record| record.action == ActionName::Deploy && now.version != "accepted");
    match newest {
        Some(newest) if named_by_release && newest.release.version != now.version => Err(format!(
            "{component} is called {}, and the newest release there is {}",
            now.version, newest.release.version
        )),
        _ => Ok(()),
    }
}
