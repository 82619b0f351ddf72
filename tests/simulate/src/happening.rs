//! The log of a run: everything that happened, in order, as far as the rules ask for it.

use crate::arrivals::Arrival;
use crate::schedule::Counted;
use crate::service_waits::ServiceWait;
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::text::time::Time;
use windlass_engine::converge::Work;
use windlass_world::dynamodb::Written;

/// The number of points so far, of each sort that is numbered.
pub type Counts = BTreeMap<Counted, u64>;

/// The process that did something.
#[derive(Debug, Clone, PartialEq)]
pub struct Who {
    /// The number of the process, or of the execution.
    pub number: u64,
    /// The function.
    pub function: Rc<str>,
    /// The execution that invoked it.
    pub execution: Option<Rc<str>>,
    /// The work that a deployer was asked to do.
    pub work: Option<Rc<Work>>,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Happening {
    /// The time.
    pub at: Time,
    /// The event.
    pub what: Event,
}

/// An event of a run.
#[derive(Debug, Clone)]
pub enum Event {
    /// The ledger was written.
    Wrote(Who, Written),
    /// The callers of a component's target see something else, because of a call that was sent at this time. The sender
    /// may work for another component.
    Switched {
        /// The sender.
        who: Who,
        /// The component.
        component: &'static str,
        /// The call.
        call: &'static str,
        /// The time at which it was sent.
        sent: Time,
    },
    /// A deployer has looked at its own component's target, as callers see it.
    Looked(Who, &'static str),
    /// A deployer has learnt whether its target waits for something that only somebody else can end.
    ServiceWait(Who, ServiceWait),
    /// A visitor of the site misses something; the text says what.
    Missed(String),
    /// Callers begin to get code of a function that has not passed its declared invocation; the text says which.
    Untried(String),
    /// Callers begin to get a version of a function that cannot run yet; the text says which.
    Unready(String),
    /// A function goes on to all its callers while the service that it goes with has not begun; the text says which.
    Alone(String),
    /// Somebody outside changed the target of this component as callers see it.
    ChangedByOther(&'static str),
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
        /// Its status.
        status: String,
    },
    /// The planted secret is in a function's input or answer, which histories keep.
    Leaked(String),
    /// An ending, or an answer, claimed something that the targets did not show at that moment; in words.
    Untrue(String),
    /// The outbox has counted an ending: the deployment and its outcome.
    Counted((String, String)),
    /// A batch of the ledger's stream never came, or was given up: it lies in the queue of unsent events.
    Unsent(Rc<Vec<Written>>),
}
