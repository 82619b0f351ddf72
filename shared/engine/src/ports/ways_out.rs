//! The ways out: executions of the release machine, events for EventBridge, and messages for topics.

use crate::ports::Result;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::text::time::Time;

/// An execution of the release machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    /// One of [`EXECUTION_STATUSES`].
    pub status: String,
    /// Its error.
    pub error: Option<String>,
    /// Its cause.
    pub cause: Option<String>,
    /// The time at which it started.
    pub started: Time,
    /// Its input; null if it is not known.
    pub input: Value,
}

/// Each status of an execution, with whether it has ended (AWS Step Functions API Reference, DescribeExecution,
/// `status`). One that is to be redriven has ended, and another one may have taken over.
pub const EXECUTION_STATUSES: [(&str, bool); 6] = [
    ("RUNNING", false),
    ("SUCCEEDED", true),
    ("FAILED", true),
    ("TIMED_OUT", true),
    ("ABORTED", true),
    ("PENDING_REDRIVE", true),
];

impl Execution {
    /// Returns whether it has ended. A status that this build does not know counts as an end: whoever takes over is
    /// fenced, and nobody would take over otherwise.
    pub fn has_ended(&self) -> bool {
        let known = EXECUTION_STATUSES.iter().find(|(word, _)| *word == self.status);
        known.is_none_or(|(_, has_ended)| *has_ended)
    }
}

/// AWS Step Functions, for the release machine.
pub trait StepFunctionsApi {
    /// Starts an execution and returns its ARN. If there is one of that name already, it counts as started.
    async fn start(&self, name: &str, input: &Value) -> Result<String>;

    /// Stops an execution; one that has ended is left as it is.
    async fn stop(&self, arn: &str, error: &str, cause: &str) -> Result<()>;

    /// Reads an execution; `None` if it does not exist any more (they are kept for 90 days).
    async fn execution(&self, arn: &str) -> Result<Option<Execution>>;

    /// Lists the ARNs of the newest executions of the release machine, newest first, at most a hundred. One that
    /// started a moment ago may be missing.
    async fn newest(&self) -> Result<Vec<String>>;

    /// Returns the number of state transitions that an execution has made so far, retries included, as AWS counts them
    /// for the bill; `None` if the execution does not exist any more.
    async fn transitions(&self, arn: &str) -> Result<Option<u64>>;

    /// Answers a task token. `false` if the task is gone or was answered before.
    async fn succeed_task(&self, token: &str, output: &Value) -> Result<bool>;
}

/// Amazon SNS, for people.
pub trait SnsApi {
    /// Publishes a message; the subject is ASCII of at most 100 characters (Amazon SNS API
    /// Reference, Publish).
    async fn notify(&self, subject: &str, message: &str) -> Result<()>;

    /// Returns the tags of a topic, read in the region of its ARN. If the topic does not exist, or Windlass may not
    /// read its tags, the fault is `NotFound` or `AccessDenied`.
    async fn topic_tags(&self, topic: &str) -> Result<BTreeMap<String, String>>;

    /// Publishes a message to a topic that a declaration names, in the region of its ARN. If the topic does not exist,
    /// or Windlass may not write to it, the fault is `NotFound` or `AccessDenied`.
    async fn notify_topic(&self, topic: &str, subject: &str, message: &str) -> Result<()>;
}

/// Amazon EventBridge, for the events that Windlass sends.
pub trait EventBridgeApi {
    /// Puts one event of Windlass's own source.
    async fn put_event(&self, detail_type: &str, detail: &Value) -> Result<()>;
}
