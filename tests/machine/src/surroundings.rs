use serde_json::{Value, json};
use windlass_domain::text::fault::Fault;
use windlass_domain::text::time::Time;

/// The world around an execution, as far as the execution needs it.
pub trait Surroundings {
    /// Returns the time now. A call may move it.
    fn now(&self) -> Time;

    /// Calls a function, such as `Conductor`.
    async fn invoke(&self, function: &str, payload: Value) -> Result<Value, TaskError>;

    /// Makes a task token that can be answered from now on.
    fn open_token(&self) -> String;

    /// Closes a task token, because nobody waits for it any more.
    fn close_token(&self, token: &str);
}

/// The error of a Task, as Step Functions reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskError {
    /// The error's name, which Retry and Catch compare.
    pub name: String,
    /// The sentence that explains it.
    pub cause: String,
}

impl TaskError {
    /// Makes an error.
    pub fn new(name: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { name: name.into(), cause: cause.into() }
    }

    /// Makes the error of a function's fault. The fault's name is the error's name.
    pub fn of(fault: &Fault) -> Self {
        Self::new(fault.name.to_string(), fault.message.clone())
    }

    /// The error of an expression that gave no value.
    pub(crate) fn query() -> Self {
        Self::new("States.QueryEvaluationError", "an expression is undefined")
    }

    /// The error of a call of a function that does not exist (AWS Lambda API Reference, "Invoke").
    pub(crate) fn no_function(name: &Value) -> Self {
        let cause = format!("there is no function {name}");
        Self::new("Lambda.ResourceNotFoundException", cause)
    }

    /// The error of a state that took longer than it allows.
    pub(crate) fn timeout() -> Self {
        Self::new("States.Timeout", "it took longer than the state allows")
    }

    /// Returns `$states.errorOutput`.
    pub(crate) fn output(&self) -> Value {
        json!({"Error": self.name, "Cause": self.cause})
    }

    /// Returns whether one of these names means this error. `States.ALL` means any error but those that AWS says it
    /// cannot catch.
    pub(crate) fn is_one_of(&self, names: &[String]) -> bool {
        let any = !matches!(self.name.as_str(), "States.DataLimitExceeded" | "States.Runtime");
        names.iter().any(|name| *name == self.name || (any && name == "States.ALL"))
    }
}
