//! The names of the events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The names of the events: each is the `detail-type` of its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EventName {
    /// A request became a deployment.
    DeploymentAccepted,
    /// Its plan asks people for approval: it was drawn, or drawn anew, or one has approved it and others are missing.
    ApprovalAsked,
    /// A person has approved its plan.
    ApprovalGiven,
    /// It took the lock.
    DeploymentStarted,
    /// Its changes are being undone.
    UndoStarted,
    /// A recovery took over.
    RecoveryStarted,
    /// A target of it waits for a person: AWS goes on where somebody of the team says so.
    TargetWaits,
    /// A person has paused it while it watched.
    WatchPaused,
    /// The pause has ended: a person has ended it, or it was over.
    WatchContinued,
    /// A person has skipped the rest of a bake.
    BakeSkipped,
    /// It has its ending.
    DeploymentEnded,
    /// Nothing of a release runs any more: a newer release, a rollback, a drill or a person has taken it away.
    ReleaseGone,
    /// A release that was gone runs again.
    ReleaseBack,
    /// A request could not become a deployment.
    RequestRefused,
    /// Automatic deployments are held.
    HoldSet,
    /// Automatic deployments go on.
    HoldReleased,
    /// An environment, or a whole application, has let go of something: its targets may be another component's.
    Removed,
    /// An environment went to the version before and came back.
    DrillProved,
    /// A drill did not work. The cause says what failed and what runs.
    DrillFailed,
    /// A release, a rollback or a person came in between.
    DrillOvertaken,
    /// A drill could not begin.
    DrillRefused,
    /// The record of a component, or of all of an environment, has another owner: it was renamed or handed over. If the
    /// two owners are two environments, each gets an event of its own.
    Moved,
    /// A look found a target that is not as Windlass left it. It is the second look after a recovery, or an hourly one.
    DriftFound,
    /// The second look after a recovery could not see the targets.
    DriftUnknown,
    /// A difference that an hourly look had found is gone.
    DriftGone,
    /// The snapshot to which a rollback goes that names none can no longer be reached.
    WayBackLost,
    /// A rollback that names no snapshot can go somewhere again, or goes nowhere any more.
    WayBackFound,
}

crate::text::name::displayed!(EventName, std::fmt::Debug::fmt);
