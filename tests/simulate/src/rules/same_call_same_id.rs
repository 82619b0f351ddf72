use crate::happening::Event;
use crate::outcome::Outcome;
use crate::scenario::Deed;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::ending::Ending;

/// "CI gets one deployment per distinct request": whoever posts the same release again, because no
/// answer came or without a reason, is told the same deployment, unless that was rejected; and it is
/// there, unless its execution died before it was one.
pub fn same_call_same_id(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut told: BTreeMap<&str, &str> = BTreeMap::new();
    for happening in &outcome.happened {
        let Event::Answered { act, reply } = &happening.what else {
            continue;
        };
        if reply["status"] != 202 {
            return Err(format!("a call is refused: {reply}"));
        }
        let Deed::Post(version, _) = outcome.scenario.acts[*act].deed else {
            continue;
        };
        let id = reply["body"]["id"].as_str().unwrap_or_default();
        if let Some(former) = told.insert(version, id)
            && former != id
            && !is_rejected(outcome, former)
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

fn is_rejected(outcome: &Outcome<'_>, id: &str) -> bool {
    outcome.records().iter().any(|record| {
        let ended = record.ending.as_ref();
        record.id.as_str() == id && ended.is_some_and(|ended| ended.ending == Ending::Rejected)
    })
}

fn died(outcome: &Outcome<'_>, execution: &Value) -> bool {
    let executions = outcome.world.executions();
    let found = executions
        .executions
        .get(execution.as_str().unwrap_or_default());
    found.is_some_and(|found| found.status != "SUCCEEDED")
}
