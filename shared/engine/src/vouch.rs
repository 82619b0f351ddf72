//! Vouches for requesters. Who may start executions may write any `requester` into an input, and only our functions
//! write the ledger. So each of them notes there what it starts an execution with, and `Admit` looks for the note.

use crate::ledger::{self, AskedExecution, Stored, write_once};
use crate::payload::ExecutionRef;
use crate::ports::{Clock, DynamoDbApi, Result, StepFunctionsApi};
use serde_json::Value;

/// A note is kept for so many seconds: a day. It is read in the first state of the execution, whose retries take
/// minutes.
const KEPT_S: u64 = 24 * 60 * 60;

/// The ports with which an execution is started.
pub trait Starts: DynamoDbApi + StepFunctionsApi + Clock {}
impl<P: DynamoDbApi + StepFunctionsApi + Clock> Starts for P {}

/// Notes that one of our functions asks for an execution with this input, starts it, and returns its ARN. All that
/// Windlass starts is started here.
///
/// The note comes first, so that no execution looks for it too soon. One whose execution was never started says only
/// what was asked for, and whoever asks for the same again writes no second one.
///
/// # Errors
/// The ledger's faults: then nothing was started. Those of the start.
pub async fn start(ports: &impl Starts, name: &str, input: &Value) -> Result<String> {
    let at = ports.now();
    let note = Stored::new(ledger::asked(name, input), AskedExecution { at }).put_until(at.plus_s(KEPT_S))?;
    write_once(ports, "noting what an execution is started with", &note).await?;
    ports.start(name, input).await
}

/// Returns whether the requester of an execution's input is as it says. It is where one of our functions has asked for
/// this execution with this input, and where the input names none, so that nobody is claimed to have asked.
///
/// A note that was written for another name, or for another input, says nothing: whoever copies what was asked for once
/// is not vouched for.
///
/// # Errors
/// The ledger's faults.
pub async fn is_vouched(ports: &impl DynamoDbApi, execution: &ExecutionRef, input: &Value) -> Result<bool> {
    if input["requester"].is_null() {
        return Ok(true);
    }
    Ok(ledger::load(ports, &ledger::asked(&execution.name, input)).await?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_of_one_name_and_one_input_in_whatever_order_its_members_come() {
        let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        let input = read(r#"{"app": "shop", "requester": {"route": "s3", "principal": "ci"}, "action": "deploy"}"#);
        let same = read(r#"{"requester": {"principal": "ci", "route": "s3"}, "action":"deploy", "app":"shop"}"#);
        let other = read(r#"{"requester": {"principal": "me", "route": "s3"}, "action":"deploy", "app":"shop"}"#);
        let note = ledger::asked("one", &input);
        assert_eq!(ledger::asked("one", &same), note);
        assert_ne!(ledger::asked("one", &other), note);
        assert_ne!(ledger::asked("two", &input), note);
    }
}
