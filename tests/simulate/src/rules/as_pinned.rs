use crate::outcome::Outcome;
use serde::Deserialize as _;
use windlass_domain::release::Release;
use windlass_engine::ports::Execution;

/// "Pinned bytes" (rule 5): what a way in has pinned is what its deployment brings, whatever its tags and keys mean
/// when it is admitted.
///
/// Safety: bytes: What a way in has pinned is what is deployed, whatever its tag means when it is admitted.
pub fn as_pinned(outcome: &Outcome<'_>) -> Result<(), String> {
    let executions = outcome.world.stepfunctions();
    for record in outcome.records() {
        let first = record.executions.first();
        let Some(execution) = first.and_then(|arn| executions.executions.get(arn)) else {
            continue;
        };
        let pinned = &execution.input["pinned"]["release"];
        let Ok(pinned) = Release::deserialize(pinned) else {
            continue;
        };
        if pinned != record.release {
            return Err(format!("{pinned:?} was pinned, and {} brings {:?}", record.id, record.release));
        }
    }
    Ok(())
}

/// The beginning of the names of the executions that the simulation's operators start.
const BY_HAND: &str = "console-";

/// "Nothing is claimed that is not so": a record vouches for its requester where one of our functions has started its
/// execution, whatever failed in between, and where the input names none. It vouches for no requester that somebody
/// wrote who may start executions.
///
/// Safety: truth: A record vouches for its requester where one of our functions has started it or nobody is claimed,
/// and nowhere else.
pub fn requester_is_true(outcome: &Outcome<'_>) -> Result<(), String> {
    let executions = outcome.world.stepfunctions();
    for record in outcome.records() {
        let first = record.executions.first();
        let Some(execution) = first.and_then(|arn| executions.executions.get(arn)) else {
            continue;
        };
        if record.vouched == is_claimed(execution) {
            let (id, arn, vouched) = (&record.id, &execution.arn, record.vouched);
            return Err(format!("deployment {id}, which {arn} has recorded, has vouched {vouched}"));
        }
    }
    Ok(())
}

/// Returns whether the requester in an execution's input is only claimed, by somebody who may start executions.
pub(super) fn is_claimed(execution: &Execution) -> bool {
    let is_by_hand = execution.arn.rsplit(':').next().is_some_and(|name| name.starts_with(BY_HAND));
    is_by_hand && !execution.input["requester"].is_null()
}
