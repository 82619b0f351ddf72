//! The state of a call, and the changes of it.

use crate::kinds::task::once::{self, Direction, RunEnd, started_by};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use windlass_domain::declaration::kinds::task::{CallEnd, CallOutcome, Called, FunctionCall};
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// The things with which a function is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByCall {
    /// The function that is called, and its payload.
    pub call: FunctionCall,
    /// The page of the function's log group; absent where an earlier Windlass has planned the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// A call, with everything that was decided at `Prepare`.
pub type Target = once::Target<ByCall>;

/// The event, which asks `run-task` for a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRequest {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The component that is the task.
    pub component: ComponentName,
    /// The call, of the two.
    pub direction: Direction,
    /// The number of the try.
    pub attempt: u32,
    /// The version that is called.
    pub version: String,
    /// The time after which it is too late to begin.
    pub not_after: Time,
}

/// The result of a look. What is run is the version that is called, or was.
pub type Seen = once::Seen<String, CallState>;

/// One of the two calls.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallState {
    /// The events by which it was asked for, oldest first.
    pub starts: Vec<CallStart>,
    /// The ledger's item of it.
    pub called: Option<Called>,
    /// Its end, as the step has it.
    pub end: Option<EndedCall>,
}

/// An event that asks for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallStart {
    /// The number of the try for which it asks.
    pub attempt: u32,
    /// The version.
    pub version: String,
    /// The time after which it is too late to begin anything.
    pub not_after: Time,
}

/// The end of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedCall {
    /// The version that was called.
    pub version: String,
    /// The seconds that it took.
    pub took_s: u64,
    /// The end, as the ledger has it.
    pub end: CallEnd,
    /// The page of its log; absent where it never began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

impl RunEnd for EndedCall {
    fn is_success(&self) -> bool {
        self.end.outcome == CallOutcome::Succeeded
    }

    fn began(&self) -> bool {
        self.end.outcome != CallOutcome::NotBegun
    }
}

impl EndedCall {
    /// The same, with the page of its log where it has one.
    #[must_use]
    pub fn with_log(self, target: &Target) -> Self {
        let log = target.how.log.clone().filter(|_| self.began());
        Self { log, ..self }
    }
}

impl CallState {
    /// Returns how it ended, as the step or the ledger has it; `None` while that is not known.
    pub fn ended(&self) -> Option<EndedCall> {
        let of_call = || {
            let called = self.called.as_ref()?;
            let end = called.end.as_ref()?;
            (called.outcome()? != CallOutcome::Unknown).then(|| of(called, end.clone()))
        };
        self.end.clone().or_else(of_call)
    }

    /// Returns whether a call of it may be under way, or may still begin.
    pub fn may_run(&self, now: Time) -> bool {
        if self.ended().is_some() {
            return false;
        }
        let is_barred = self.called.as_ref().is_some_and(|called| called.barred);
        let may_begin = !is_barred && self.starts.iter().any(|start| now <= start.not_after);
        let called = self.called.as_ref();
        may_begin || called.is_some_and(|called| called.may_run(now))
    }
}

/// Returns the end of a call, from the ledger's item.
pub fn of(called: &Called, end: CallEnd) -> EndedCall {
    EndedCall {
        version: called.version.clone(),
        took_s: called.begun.map_or(0, |begun| end.at.ms_since(begun) / 1000),
        end: CallEnd { outcome: called.outcome().unwrap_or(end.outcome), ..end },
        log: None,
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Asks for a call.
    Start {
        /// The call, of the two.
        direction: Direction,
        /// The number of the try.
        attempt: u32,
        /// The number of the event among those of its direction, from 1.
        nth: usize,
        /// The version that is called.
        version: String,
        /// The time after which it is too late to begin anything.
        not_after: Time,
    },
    /// Lets no call begin any more.
    Bar {
        /// The call, of the two.
        direction: Direction,
    },
    /// Takes the end of a call into the step, where people read it. It changes nothing.
    Note {
        /// The call, of the two.
        direction: Direction,
        /// The end.
        end: Box<EndedCall>,
    },
}

impl Change {
    /// Returns the change as the ledger records it.
    pub fn value(&self) -> Value {
        match self {
            Self::Start { direction, attempt, nth, version, not_after } => json!({
                "start": direction, "attempt": attempt, "nth": nth, "version": version, "not_after": not_after,
            }),
            Self::Bar { direction } => json!({"bar": direction}),
            Self::Note { direction, end } => json!({"ended": direction, "end": end}),
        }
    }
}

/// Returns everything that the step has recorded of one of the calls.
pub fn recorded(changes: &[ChangeRecord], direction: Direction) -> CallState {
    let mut side = CallState::default();
    for record in changes {
        let is_of = |member: &str| record.change[member] == direction.as_str();
        if is_of("start") {
            side.starts.extend(start(&record.change));
        } else if is_of("ended") {
            side.end = EndedCall::deserialize(&record.change["end"]).ok();
        }
    }
    side
}

fn start(change: &Value) -> Option<CallStart> {
    Some(CallStart {
        attempt: u32::deserialize(&change["attempt"]).ok()?,
        version: change["version"].as_str()?.to_owned(),
        not_after: Time::deserialize(&change["not_after"]).ok()?,
    })
}

/// Returns the key by which a function recognizes its call. It is of a deployment, a component and a direction, and
/// never of a try.
pub fn key(deployment: &DeploymentId, component: &ComponentName, direction: Direction) -> String {
    started_by(deployment, component, direction)
}
