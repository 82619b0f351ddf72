//! What happened in a run, in order, as far as the rules ask for it.

use crate::arrivals::Arrival;
use crate::held::Held;
use crate::schedule::Counted;
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::time::Time;
use windlass_engine::payload::Work;
use windlass_world::ledger::Written;

/// How many there were of what is counted.
pub type Counts = BTreeMap<Counted, u64>;

/// Who did it.
#[derive(Debug, Clone, PartialEq)]
pub struct Who {
    /// The number of the process, or of the execution.
    pub number: u64,
    /// The function.
    pub function: Rc<str>,
    /// The execution that invoked it.
    pub execution: Option<Rc<str>>,
    /// What a deployer was asked.
    pub work: Option<Rc<Work>>,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Happening {
    /// When.
    pub at: Time,
    /// What.
    pub what: Event,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The ledger was written.
    Wrote(Who, Written),
    /// What callers of a component's target see has changed, by a call that was sent at this time, whether or not
    /// its sender works for that component.
    Switched {
        /// By whom.
        who: Who,
        /// The component.
        component: &'static str,
        /// The call.
        call: &'static str,
        /// When it was sent.
        sent: Time,
    },
    /// A deployer has looked at what callers of its own component's target get.
    Looked(Who, &'static str),
    /// A deployer was told whether its target waits for something that is not Windlass's to end: what must be told of it.
    Held(Who, Held),
    /// A visitor of the site misses something, told in words.
    Missed(String),
    /// Callers begin to get code of a function that has not answered as its declared invocation asks, told in words.
    Untried(String),
    /// A function goes on to all its callers while the service that it goes with has not begun, told in words.
    Alone(String),
    /// Somebody outside changed what callers of this component's target see.
    ChangedByStranger(&'static str),
    /// A release arrived, by an upload or by a push.
    Arrived(Arrival),
    /// A client was answered.
    Answered {
        /// The act by which it asked.
        act: usize,
        /// Status and body.
        reply: Value,
    },
    /// An act of the scenario, by its number.
    Acted(usize),
    /// An execution ended.
    Ended {
        /// The execution.
        arn: String,
        /// How.
        status: String,
    },
    /// The planted secret stands in what a function was asked or has answered, as histories keep it.
    Leaked(String),
    /// An ending, or an answer, claimed what the targets did not show at that moment; in words.
    Untrue(String),
    /// The outbox has counted an ending: the deployment, and what it was.
    Counted((String, String)),
    /// An event was lost.
    EventLost,
}
