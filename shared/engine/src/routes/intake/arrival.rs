//! An arrival: what arrived, how it became known, and what came of it.

use crate::faults::Faults;
use crate::ledger::Started;
use crate::pin;
use crate::ports::{Clock, Result, SnsApi, StepFunctionsApi};
use serde_json::Value;
use windlass_domain::arrival_sweep::ArrivalSweep;
use windlass_domain::request::{ObjectRef, Requester};
use windlass_domain::time::Time;

/// The number of arrivals that one run looks after, also in vain, so that it ends in time after a long outage.
pub const ARRIVALS: usize = 100;

/// The ports that intake needs.
pub trait Ports: pin::Ports + StepFunctionsApi + SnsApi + Clock {}
impl<P: pin::Ports + StepFunctionsApi + SnsApi + Clock> Ports for P {}

/// An object that was created, as S3 tells it (Amazon S3 User Guide, "EventBridge event message
/// structure"; the key is not URL-encoded there).
pub struct Created {
    pub object: ObjectRef,
    pub requester: Requester,
    /// The time at which it was created, if that is known.
    pub arrived: Option<Time>,
    /// The text that tells this serving of it from another one.
    pub seed: String,
}

/// The way in which an arrival became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discovery {
    /// By an event, which was sent at this time, in whole seconds.
    Told(Option<Time>),
    /// By looking; it had arrived at this time.
    Found(Time),
}

impl Discovery {
    /// Returns the time at which it arrived, if that is known.
    pub fn arrived(self) -> Option<Time> {
        match self {
            Self::Told(sent) => sent,
            Self::Found(arrived) => Some(arrived),
        }
    }
}

/// The outcome of an arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArrivalOutcome {
    /// Nobody asks for it, as far as is known by now. It is found again, for a while.
    Nothing,
    /// It needs no execution.
    Served,
    /// An execution was started for it.
    Started(Started),
}

/// Returns the time at which an event was sent; `None` if the event does not tell it.
pub fn sent(event: &Value) -> Option<Time> {
    Time::parse(event.get("time")?.as_str()?)
}

/// Notes what came of an arrival in the round that looked after it. Returns whether there was something to do, be it in
/// vain: the arrival was not known to be served.
pub fn note(
    round: &mut ArrivalSweep,
    (what, arrived): (&str, Time),
    came: Result<Option<ArrivalOutcome>>,
    faults: &mut Faults,
) -> bool {
    let came = faults.take(what, came);
    if matches!(came, None | Some(Some(ArrivalOutcome::Started(_)))) {
        round.look_again(arrived);
    }
    !matches!(came, Some(None))
}
