//! Tasks: everything that runs.

use crate::due_later::{Asking, Message};
use crate::execution_link::Slot;
use crate::happening::Who;
use serde_json::Value;
use std::pin::Pin;
use std::rc::Rc;
use windlass_domain::text::time::Time;
use windlass_machine::{End, TaskError};
use windlass_world::dynamodb::Written;

/// The end of a task.
pub enum Done {
    /// An execution ended.
    Execution(End),
    /// A function answered.
    Function(Result<Value, TaskError>),
}

/// The role of a task.
pub enum Role {
    /// An execution, by its ARN.
    Execution(String),
    /// A function that an execution invoked.
    Function {
        /// The execution.
        arn: String,
        /// The function.
        name: String,
        /// The place for the answer; `None` after Step Functions has lost it.
        slot: Option<Slot>,
    },
    /// An event on its way through `run-task`.
    Runner,
    /// A batch of the stream on its way through `outbox`; `None` after it was given up.
    Stream(Option<Rc<Vec<Written>>>),
    /// An event on its way through `recovery`; `None` after it was given up.
    Recovery(Option<Brought>),
    /// Messages on their way through `intake`; `None` after they are lost.
    Intake(Option<Rc<[Message]>>),
    /// A call on its way through `api`; `None` after its client has given it up.
    Api(Option<Asking>),
}

/// An event that is brought to `recovery`.
pub struct Brought {
    /// The event.
    pub event: Value,
    /// The number of times that it was brought.
    pub tries: u32,
}

/// A task.
pub struct Task<'p> {
    /// Its number.
    pub number: u64,
    /// Its role.
    pub role: Role,
    /// The process in whose name it calls.
    pub who: Who,
    /// Its work.
    pub future: Pin<Box<dyn Future<Output = Done> + 'p>>,
    /// The time at which it goes on; if absent, it waits for another task.
    pub due: Option<Time>,
    /// The time at which its process is killed.
    pub deadline: Option<Time>,
    /// The time by which its clock is ahead, in milliseconds.
    pub ahead_ms: i64,
    /// True if its process is dead and only a request of it is under way.
    pub only_request: bool,
    /// The time until which the switching call that it has recorded last as open may be under way.
    pub open_until: Option<Time>,
}

impl Task<'_> {
    /// Returns the time at which it goes on, or is killed.
    pub fn next(&self) -> Option<Time> {
        match (self.due, self.deadline) {
            (Some(due), Some(deadline)) => Some(due.min(deadline)),
            (due, None) => due,
            (None, deadline) => deadline,
        }
    }
}
