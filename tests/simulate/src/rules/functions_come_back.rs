use crate::outcome::Outcome;
use crate::schedule::What;

/// A release that takes all the concurrency of the account takes it from Windlass's own functions as well: while Lambda
/// refuses all of them for ten minutes, no execution gives up, neither forward nor on the way back. So an undo is left
/// to nobody, be it a recovery or an operator.
///
/// Safety: retries: While Lambda refuses Windlass's own functions for ten minutes, each execution comes back until they
/// work again, also in the middle of an undo.
pub fn functions_come_back(outcome: &Outcome<'_>) -> Result<(), String> {
    let is_refused_alone = matches!(
        outcome.schedule.mishaps.as_slice(),
        [one] if one.what == What::FunctionsThrottled
    );
    let executions = outcome.world.stepfunctions();
    let mut ended = executions.executions.values();
    match ended.find(|one| is_refused_alone && one.error.as_deref() == Some("Unsettled")) {
        Some(one) => Err(format!("{} gave up: {:?}", one.arn, one.cause)),
        None => Ok(()),
    }
}
