use serde_json::{Value, json};
use windlass_domain::fault::Fault;
use windlass_domain::time::Time;

/// What an execution needs of the world around it.
pub trait Surroundings {
    /// The time now. A call may move it.
    fn now(&self) -> Time;

    /// Calls a function, such as `Conductor`.
    async fn invoke(&self, function: &str, payload: Value) -> Result<Value, TaskError>;

    /// Makes a task token that can be answered from now on.
    fn open_token(&self) -> String;

    /// Nobody waits for this token any more.
    fn close_token(&self, token: &str);
}

/// Why a Task failed, as Step Functions tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskError {
    /// The error's name, which Retry and Catch compare.
    pub name: String,
    /// The sentence.
    pub cause: String,
}

impl TaskError {
    /// An error.
    pub fn new(name: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            cause: cause.into(),
        }
    }

    /// A function's fault, whose name is the error name.
    pub fn of(fault: &Fault) -> Self {
        Self::new(fault.name.to_string(), fault.message.clone())
    }

    /// An expression gave no value.
    pub(crate) fn query() -> Self {
        Self::new("States.QueryEvaluationError", "an expression is undefined")
    }

    /// There is no function of that name (AWS Lambda API Reference, "Invoke").
    pub(crate) fn no_function(name: &Value) -> Self {
        let cause = format!("there is no function {name}");
        Self::new("Lambda.ResourceNotFoundException", cause)
    }

    /// It took longer than the state allows.
    pub(crate) fn timeout() -> Self {
        Self::new("States.Timeout", "it took longer than the state allows")
    }

    /// `$states.errorOutput`.
    pub(crate) fn output(&self) -> Value {
        json!({"Error": self.name, "Cause": self.cause})
    }

    /// Whether one of these names is meant. `States.ALL` is any error but those that AWS says
    /// cannot be caught by it.
    pub(crate) fn is_one_of(&self, names: &[String]) -> bool {
        let any = !matches!(
            self.name.as_str(),
            "States.DataLimitExceeded" | "States.Runtime"
        );
        names
            .iter()
            .any(|name| *name == self.name || (any && name == "States.ALL"))
    }
}
