use crate::outcome::Outcome;
use serde::Deserialize as _;
use windlass_domain::release::Release;

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
