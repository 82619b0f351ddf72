//! The actions that may be asked for. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The actions that may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-instead" = serde_json::json!({
    "cancel": "Stop the deployment's execution in the console of Step Functions: a recovery undoes what it changed. Or \
               call `POST /apps/<app>/environments/<environment>/deployments/<id>/cancel {\"reason\":\"…\"}`.",
})))]
pub enum ActionName {
    /// Bring a release into an environment.
    Deploy,
    /// Go back to an earlier snapshot that passed.
    Rollback,
    /// Go to the version before and come back, so that the way back is known to work.
    Drill,
    /// Bring what runs back to what is recorded, of all components or of one. Windlass asks for it by itself, of those
    /// that have drifted and are declared `heal: restore`.
    Restore,
    /// Take files of a site away now and for good.
    Withdraw,
    /// Finish a deployment whose execution died, or undo again out of `NeedsOperator`.
    Recover,
    /// Make what is observed the truth, and unlock.
    Accept,
    /// Hold automatic deployments.
    Hold,
    /// Release the hold.
    ReleaseHold,
    /// Look what a release of every component would need, and change nothing.
    Check,
    /// Let the wave that is watched not pass, for a time; its gates are judged meanwhile.
    Pause,
    /// End the pause.
    Continue,
    /// Let the wave that is watched pass at its next look, where no gate is red then.
    SkipBake,
    /// Approve the plan of a deployment that waits for that, by the plan's hash.
    Approve,
    /// Let go of a component that is not declared any more, of places that one has left, of all of an environment that
    /// is not declared any more, or of the whole application.
    Remove,
    /// Give a component, an environment or an application another name: what is recorded of it goes with it.
    Rename,
    /// Give what is recorded of a component, or of all of an environment, to another environment or application.
    HandOver,
}

impl ActionName {
    /// Returns whether it steers a deployment that watches, see [`crate::deployment::steering`].
    pub const fn is_of_the_wheel(self) -> bool {
        matches!(self, Self::Pause | Self::Continue | Self::SkipBake)
    }

    /// Returns whether it moves a record to another owner, see [`crate::moving`].
    pub const fn moves(self) -> bool {
        matches!(self, Self::Rename | Self::HandOver)
    }

    /// Returns whether it takes components to the present snapshot: what comes instead goes further back.
    pub const fn is_to_the_present(self) -> bool {
        matches!(self, Self::Restore | Self::Withdraw)
    }

    /// Returns whether its request can name data that may be lost (`may_lose`).
    pub const fn takes_losses(self) -> bool {
        matches!(self, Self::Deploy | Self::Rollback)
    }

    /// Returns whether it brings no release, and takes components to a snapshot.
    pub const fn is_to_a_snapshot(self) -> bool {
        matches!(self, Self::Rollback | Self::Drill | Self::Restore | Self::Withdraw)
    }
}

crate::text::name::displayed!(ActionName, Serialize::serialize);
