//! The state of a call, and the changes of it.

use crate::kinds::task::state::{Direction, Work, started_by};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use windlass_domain::declaration::kinds::task::{CallEnd, CallOutcome, Called, FunctionCall, TaskUndo};
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

/// A call, with everything that was decided at `Prepare`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
    /// The function that is called, and its payload.
    pub call: FunctionCall,
    /// The work, with the digest of the artifact.
    pub work: Work,
    /// The call that takes it back; `None` if nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<TaskUndo>,
    /// True if what came before must not run after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub irreversible: bool,
    /// The page of the function's log group; absent where an earlier Windlass has planned the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// True if the last lines of its log are shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub show_log: bool,
    /// The seconds for which its answer is waited for.
    pub limit_s: u64,
    /// The work that succeeded last here, before this deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Work>,
}

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

/// The result of a look.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The time at which the look began.
    pub now: Time,
    /// The version that is called, or was.
    pub version: String,
    /// The call of the release.
    pub forward: CallState,
    /// The call that takes it back.
    pub back: CallState,
    /// The work that has succeeded last and was not taken back.
    pub done: Option<Work>,
}

/// One of the two calls.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallState {
    /// The events by which it was asked for, oldest first.
    pub starts: Vec<Start>,
    /// The ledger's item of it.
    pub called: Option<Called>,
    /// Its end, as the step has it.
    pub end: Option<EndedCall>,
}

/// An event that asks for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
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

impl EndedCall {
    /// Returns whether it did all that it had to.
    pub fn is_success(&self) -> bool {
        self.end.outcome == CallOutcome::Succeeded
    }

    /// Returns whether it may have begun its work.
    pub fn began(&self) -> bool {
        self.end.outcome != CallOutcome::NotBegun
    }

    /// The same, with the page of its log where it has one.
    #[must_use]
    pub fn with_log(self, target: &Target) -> Self {
        let log = target.log.clone().filter(|_| self.began());
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

fn start(change: &Value) -> Option<Start> {
    Some(Start {
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
