//! Steps: what the ledger keeps of one component's change within one deployment.
//!
//! The step item is written at `Prepare`, before anything changes (rule 2), and from then on only
//! by the function that changes the component.

use crate::fault::Fault;
use crate::finding::Finding;
use crate::identity::DeploymentId;
use crate::name::{AppName, ComponentName, EnvironmentName};
use crate::place::Place;
use crate::plan::KindName;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One component's part in a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The application: with the environment it names the lock that fences this step.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
    /// Its kind.
    pub kind: KindName,
    /// Where its target is.
    pub place: Place,
    /// Its target, as the kind writes it.
    pub target: Value,
    /// The state before, as the kind observed it at `Prepare`. Undo converges towards it.
    pub before: Value,
    /// The wanted state per wave number.
    pub goals: BTreeMap<u32, Value>,
    /// The fence's second half: each invocation claims the next attempt.
    pub attempt: u64,
    /// The switching call that may be under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenCall>,
    /// How it stands.
    pub status: StepStatus,
    /// The last wave whose goal it went for; absent before the first change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<u32>,
    /// Each change that was made, oldest first.
    #[serde(default)]
    pub changes: Vec<ChangeRecord>,
    /// What was seen last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Value>,
    /// The same in words, such as `40 at 100 %`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// Why it failed on the way to a goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Why it could not be brought back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_failure: Option<Failure>,
    /// Warnings that do not stop the deployment, such as an invalidation that failed.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// How far additive work is that takes several invocations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// Milliseconds that functions worked on this step.
    #[serde(default)]
    pub worked_ms: u64,
    /// Invocations on this step.
    #[serde(default)]
    pub invocations: u64,
}

/// How far additive work is, such as the upload of a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// Files that are done.
    pub files_done: u64,
    /// Files altogether.
    pub files_total: u64,
    /// Bytes that are done.
    pub bytes_done: u64,
    /// Bytes altogether.
    pub bytes_total: u64,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Nothing has been done.
    Planned,
    /// On its way to a wave's goal; the target may have changed.
    Changing,
    /// The goal of the last wave that it took part in is reached and was seen.
    Changed,
    /// It failed on the way to a goal.
    Failed,
    /// On its way back.
    Undoing,
    /// The state before was seen.
    Undone,
    /// It could not be brought back.
    UndoFailed,
}

impl StepStatus {
    /// Whether an undo has anything to do here.
    pub fn may_have_changed(self) -> bool {
        !matches!(self, Self::Planned | Self::Undone)
    }
}

/// A switching call that was recorded before it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenCall {
    /// What it does, for a person.
    pub what: String,
    /// No send starts after this; whoever comes next waits until this plus [`OPEN_CALL_GRACE_S`].
    pub not_after: Time,
}

/// How far ahead `not_after` may be, in seconds.
pub const OPEN_CALL_S: u64 = 15;

/// How long after `not_after` a call that was sent may still take effect, in seconds.
pub const OPEN_CALL_GRACE_S: u64 = 5;

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeRecord {
    /// When its intent was recorded.
    pub at: Time,
    /// What was done, for a person, such as `alias live 41 → 42 at 10 %`.
    pub what: String,
    /// Whether its answer arrived.
    pub answered: bool,
    /// Whether it was part of the undo.
    pub undo: bool,
    /// Whether callers of the target could notice it. A step without such a change has nothing to
    /// undo.
    #[serde(default)]
    pub switching: bool,
    /// The lock's token under which it was made: a recovery, which has another one, may make the
    /// same change again.
    #[serde(default)]
    pub token: u64,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The target said no, or is in a state from which the goal cannot be reached.
    Finding(Finding),
    /// Something went wrong while doing.
    Fault(Fault),
}
