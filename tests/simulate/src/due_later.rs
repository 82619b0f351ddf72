//! The things that are due later and that nobody runs yet.

use serde_json::Value;
use std::rc::Rc;
use windlass_domain::text::time::Time;
use windlass_engine::routes::api::ApiCall;

/// The period of the schedule of `recovery`, which looks for lost ends, in seconds.
pub const TICK_S: u64 = 300;

/// The period of the schedule of `intake`, which looks for uploads without an event, in seconds
/// (`MissedArrivalsSchedule` in the template).
pub const LOOK_S: u64 = 900;

/// Something that is due later.
#[derive(Debug, Clone)]
pub enum Later {
    /// An event comes to `recovery`. The number counts how often it has come, this time included.
    Recover(Value, u32),
    /// A batch of the stream comes to `outbox`.
    Stream,
    /// The schedule of `recovery` comes.
    Tick,
    /// The schedule of `intake` comes.
    Look,
    /// A message comes to `intake`.
    Message(Message),
    /// A client asks the API again.
    Ask(Asking),
    /// An ended execution is redriven.
    Redrive(String),
}

impl Later {
    /// Returns whether it comes for ever, whatever else happens.
    pub fn is_schedule(&self) -> bool {
        matches!(self, Self::Tick | Self::Look)
    }
}

/// A message of the queue.
#[derive(Debug, Clone)]
pub struct Message {
    /// The event.
    pub(crate) body: Rc<Value>,
    /// The number of times that it was received before.
    pub(crate) received: u32,
    /// The time at which others get it, if it was received and not deleted.
    pub(crate) seen_again: Time,
}

/// A client's call, which it may repeat.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The number of the act.
    pub(crate) act: usize,
    /// The call.
    pub(crate) call: ApiCall,
    /// The number of times that it has asked.
    pub(crate) asked: u32,
}

impl Asking {
    /// Makes the call of an act of the scenario.
    pub fn new(act: usize, call: ApiCall) -> Self {
        Self { act, call, asked: 0 }
    }
}
