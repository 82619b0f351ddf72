//! Tasks: everything that runs.

use crate::client::Asking;
use crate::happening::Who;
use crate::queue::Message;
use crate::wings::Slot;
use serde_json::Value;
use std::pin::Pin;
use std::rc::Rc;
use windlass_domain::time::Time;
use windlass_machine::{End, TaskError};
use windlass_world::ledger::Written;

/// What a task came to.
pub enum Done {
    /// An execution ended.
    Execution(End),
    /// A function answered.
    Function(Result<Value, TaskError>),
}

/// What a task is.
pub enum Role {
    /// An execution, by its ARN.
    Execution(String),
    /// A function that an execution invoked.
    Function {
        /// The execution.
        arn: String,
        /// The function.
        name: String,
        /// Where the answer goes; nowhere once Step Functions has lost it.
        slot: Option<Slot>,
    },
    /// An event on its way through `run-task`.
    Runner,
    /// A batch of the stream on its way through `outbox`; nothing once it was given up.
    Stream(Option<Rc<Vec<Written>>>),
    /// An event on its way through `recovery`; nothing once it was given up.
    Recovery(Option<Brought>),
    /// Messages on their way through `intake`; nothing once they are lost.
    Intake(Option<Rc<[Message]>>),
    /// A call on its way through `api`; nothing once its client hears no more of it.
    Api(Option<Asking>),
}

/// An event, and how often it was brought.
pub struct Brought {
    /// The event.
    pub event: Value,
    /// How often.
    pub tries: u32,
}

/// A task.
pub struct Task<'p> {
    /// Its number.
    pub number: u64,
    /// What it is.
    pub role: Role,
    /// In whose name it calls.
    pub who: Who,
    /// What it does.
    pub future: Pin<Box<dyn Future<Output = Done> + 'p>>,
    /// When it goes on; when somebody else lets it, if absent.
    pub due: Option<Time>,
    /// When its process is killed.
    pub deadline: Option<Time>,
    /// By how much its clock is ahead.
    pub ahead_ms: i64,
    /// Whether its process is dead and only a request of it is under way.
    pub only_request: bool,
    /// Until when the switching call may be under way that it has recorded last as open.
    pub open_until: Option<Time>,
}

impl Task<'_> {
    /// When it goes on, or is killed.
    pub fn next(&self) -> Option<Time> {
        match (self.due, self.deadline) {
            (Some(due), Some(deadline)) => Some(due.min(deadline)),
            (due, None) => due,
            (None, deadline) => deadline,
        }
    }
}
