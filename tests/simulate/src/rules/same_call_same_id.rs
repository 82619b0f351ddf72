use crate::deed::Deed;
use crate::happening::Event;
use crate::outcome::Outcome;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::deployment::Deployment;
use windlass_domain::release::identity::DeploymentId;

/// "The same content is one deployment while it waits or runs": a client that posts the same release again, because no
/// answer came or without a reason, gets the same deployment until that has ended. The deployment is there, unless
/// its execution died before it was one.
///
/// Safety: arrivals: The same call of the API is the same deployment while that waits or runs.
pub fn same_call_same_id(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut answered: BTreeMap<&str, &str> = BTreeMap::new();
    let mut ended: BTreeSet<DeploymentId> = BTreeSet::new();
    for happening in &outcome.happened {
        if let Event::Wrote(_, change) = &happening.what
            && let Some(record) = outcome.read::<Deployment>(change.after.as_ref(), "record")
            && record.ending.is_some()
        {
            ended.insert(record.id.clone());
        }
        let Event::Answered { act, reply } = &happening.what else {
            continue;
        };
        let deed = outcome.scenario.acts[*act].deed;
        // The deployment to cancel has ended meanwhile, or is undone already, and the answer says so.
        let is_too_late = matches!(deed, Deed::Cancel | Deed::CancelAsked(_)) && reply["status"] == 409;
        // What a person starts may not be recorded yet.
        let is_too_early = matches!(deed, Deed::StartBy(..)) && reply["status"] == 404;
        // Who may not is turned away at once, or by the execution. Whether rightly is for other rules.
        let is_turned_away = deed.role().is_some() && reply["status"] == 403;
        if reply["status"] != 202 && !is_too_late && !is_too_early && !is_turned_away {
            return Err(format!("a call is refused: {reply}"));
        }
        let (Deed::Post(version, _) | Deed::PostBy(_, version, _)) = deed else {
            continue;
        };
        if is_turned_away {
            continue;
        }
        let id = reply["body"]["id"].as_str().unwrap_or_default();
        if let Some(former) = answered.insert(version, id)
            && former != id
            && !ended.iter().any(|ended| ended.as_str() == former)
        {
            return Err(format!("{version} is deployment {former}, and then {id}"));
        }
        let is_there = outcome.records().iter().any(|one| one.id.as_str() == id);
        if !is_there && !died(outcome, &reply["body"]["execution"]) {
            return Err(format!("there is no deployment {id} of {version}"));
        }
    }
    Ok(())
}

fn died(outcome: &Outcome<'_>, execution: &Value) -> bool {
    let executions = outcome.world.stepfunctions();
    let found = executions.executions.get(execution.as_str().unwrap_or_default());
    found.is_some_and(|found| found.status != "SUCCEEDED")
}
