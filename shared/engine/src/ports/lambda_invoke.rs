use super::Result;
use serde_json::Value;

/// The answer of a function to its one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallAnswer {
    /// `Unhandled` if the function failed (AWS Lambda API Reference, Invoke, `X-Amz-Function-Error`).
    pub error: Option<String>,
    /// The error's type, as the function's runtime names it.
    pub error_type: String,
    /// The last 4 KB of its log, if they were asked for (the same, `X-Amz-Log-Result`).
    pub tail: String,
}

/// A function that is to be called once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneCall {
    /// The function's name.
    pub name: String,
    /// A version's number, or `$LATEST`.
    pub version: String,
    /// The payload of the call.
    pub payload: Value,
    /// True if the end of its log is asked for.
    pub wants_log: bool,
    /// The time that its answer is waited for, in seconds.
    pub within_s: u64,
}

/// Calls of functions that take long, and who makes them.
pub trait LambdaInvokeApi {
    /// Asks the function `run-task` of this installation for a call, by an event that nobody waits for (Invoke with
    /// `InvocationType` `Event`). If its retries are 0, it is delivered at most once as a rule. It may come twice all
    /// the same, and it may never come (AWS Lambda Developer Guide, "Invoking a Lambda function asynchronously").
    async fn ask_runner(&self, ask: &Value) -> Result<()>;

    /// Calls a function and waits for its answer. Sent once. `Throttled`, or `StillInProgress` for an error of
    /// [`super::NOT_READY`]: it was not run. `Unavailable`: it may have been run.
    async fn call_once(&self, call: &OneCall) -> Result<CallAnswer>;
}
