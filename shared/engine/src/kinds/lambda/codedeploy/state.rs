//! The goal of a function whose alias CodeDeploy moves, what is seen of it, and the changes of it.

use crate::kinds::codedeploy::{SentCalls, is_returning};
use crate::kinds::lambda::state::{self as lambda, Observed, Traffic};
use crate::ports::{Deployed, LifecycleEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::text::time::Time;

/// The goal of a function whose alias CodeDeploy moves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// The goal of any function.
    #[serde(flatten)]
    pub of: lambda::Goal,
    /// True if it is enough that CodeDeploy moves callers, and has not gone back by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moves: bool,
}

impl Goal {
    /// Returns this goal, to be reached with all callers moved.
    pub fn to(of: lambda::Goal) -> Self {
        Self { of, moves: false }
    }
}

/// The move that this deployment has asked CodeDeploy for, answered or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedMove {
    /// The version that the alias was to leave.
    pub from: String,
    /// The version that all callers were to get.
    pub to: String,
    /// The times at which it was asked for first, and last.
    pub at: (Time, Time),
}

impl RequestedMove {
    /// Finds the move among the changes of a step.
    pub fn of(changes: &[ChangeRecord]) -> Option<Self> {
        let mut begun: Option<Self> = None;
        for change in changes {
            let Some(asked) = change.change.get("begin") else {
                continue;
            };
            let version = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
            let first = begun.map_or(change.at, |known| known.at.0);
            begun = Some(Self { from: version("from"), to: version("to"), at: (first, change.at) });
        }
        begun
    }
}

/// The result of one look at a function, and at what CodeDeploy does with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The time at which the look began.
    pub now: Time,
    /// The function, its alias and the versions that matter.
    pub function: Observed,
    /// The move that this deployment has asked for.
    pub begun: Option<RequestedMove>,
    /// The deployment of CodeDeploy that came of it.
    pub ours: Option<Deployed>,
    /// The deployment by which CodeDeploy takes that back.
    pub rollback: Option<Deployed>,
    /// Somebody else's deployment in the same group that is not over.
    pub other: Option<Deployed>,
    /// True if this look has no goal: somebody only looks.
    pub only_looks: bool,
    /// The lifecycle events of ours.
    pub events: Vec<LifecycleEvent>,
    /// The sends of the stop of ours.
    pub stops: Option<SentCalls>,
}

/// One change of a function whose alias CodeDeploy moves.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A change that needs no CodeDeploy.
    Function(lambda::Change),
    /// Creates a deployment of CodeDeploy that moves the alias.
    Begin {
        /// The version that it must point to alone.
        from: String,
        /// The version that all its callers get in the end.
        to: String,
    },
    /// Stops a deployment of CodeDeploy, which takes it back by one of its own.
    Stop {
        /// Its id.
        deployment: String,
        /// The number of times that it was sent before.
        again: u32,
    },
}

impl Change {
    /// Returns the change as the ledger records it.
    pub fn value(&self) -> Value {
        match self {
            Self::Function(change) => change.value(),
            Self::Begin { from, to } => json!({"begin": {"from": from, "to": to}}),
            Self::Stop { deployment, again } => json!({"stop": deployment, "again": again}),
        }
    }
}

impl Seen {
    /// Returns the versions to which the alias sends its callers.
    pub(super) fn traffic(&self) -> Traffic {
        let alias = self.function.alias.as_ref();
        alias.map_or_else(|| Traffic::all_to(""), |alias| alias.traffic.clone())
    }

    /// True while CodeDeploy takes ours back, or may be about to. Nobody else may move the alias then.
    pub(super) fn is_returning(&self) -> bool {
        let stopped = self.stops.map(|sent| sent.last);
        let returns = |ours| is_returning(ours, self.rollback.as_ref(), stopped, self.now);
        self.ours.as_ref().is_some_and(returns)
    }

    /// Returns the deployment that may still change what callers get.
    pub(super) fn moving(&self) -> Option<&Deployed> {
        let is_under_way = |ours: &&Deployed| !ours.is_over() || self.is_returning();
        let ours = self.ours.as_ref().filter(is_under_way);
        ours.map(|ours| self.rollback.as_ref().unwrap_or(ours)).or(self.other.as_ref())
    }

    /// Returns whether the alias is at the first of the two versions that it was to be moved between, or shared between
    /// them.
    fn is_between(&self, begun: &RequestedMove) -> bool {
        let traffic = self.traffic();
        let mut shared = traffic.weights.iter();
        traffic.version == begun.from && shared.all(|(version, _)| *version == begun.to)
    }

    /// Returns whether the alias is at the second version.
    fn is_there(&self, begun: &RequestedMove) -> bool {
        self.traffic().same(&Traffic::all_to(&begun.to))
    }

    /// True if CodeDeploy cannot have left the alias as it is, because somebody else has moved it.
    pub(super) fn is_elsewhere(&self) -> bool {
        let begun = self.begun.as_ref();
        begun.is_some_and(|begun| !self.is_between(begun) && !self.is_there(begun))
    }

    /// Returns what callers get, as if nothing moved by itself. While CodeDeploy moves the alias between two versions,
    /// it is the second one, which all callers will get. Once our deployment is stopped, it is the first one. A stop
    /// that was not answered may not reach the deployment before that succeeds, and a stop that came too late changes
    /// nothing.
    pub(super) fn callers(&self) -> Traffic {
        let traffic = self.traffic();
        let Some(begun) = &self.begun else {
            return traffic;
        };
        let (is_between, is_there) = (self.is_between(begun), self.is_there(begun));
        let is_mixed = is_between && !traffic.weights.is_empty();
        let is_active = self.ours.as_ref().is_some_and(|ours| !ours.is_over());
        let is_on_its_way = is_active || self.is_returning();
        let obeys = |stop: SentCalls| match &self.ours {
            Some(ours) if ours.is_over() => ours.is_gone(),
            _ => stop.answered,
        };
        let is_stopped = self.stops.is_some_and(obeys);
        match is_stopped {
            true if is_between || is_there => Traffic::all_to(&begun.from),
            false if is_mixed || is_on_its_way && (is_between || is_there) => Traffic::all_to(&begun.to),
            _ => traffic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::next::tests::{deployed, function, seen, sends};
    use super::*;

    #[test]
    fn what_callers_get_does_not_move_by_itself() {
        let all_to = |version: &str| Traffic::all_to(version);
        for (traffic, ours, wanted) in [
            ("1", "-", all_to("1")),
            ("1+7@0.5", "-", function("1+7@0.5").alias.unwrap().traffic),
            ("1", "Created", all_to("2")),
            ("1", "InProgress", all_to("2")),
            ("1+2@0.1", "InProgress", all_to("2")),
            ("2", "InProgress", all_to("2")),
            ("2", "Succeeded", all_to("2")),
            ("1", "Stopped", all_to("1")),
            // As it was left, until the undo ends it.
            ("1+2@0.1", "Stopped", all_to("2")),
            ("1+2@0.1", "", all_to("2")),
            // Somebody else's.
            ("3", "InProgress", all_to("3")),
            ("1+7@0.5", "InProgress", function("1+7@0.5").alias.unwrap().traffic),
            ("1", "Succeeded", all_to("1")),
        ] {
            assert_eq!(seen(traffic, ours).callers(), wanted, "{traffic} {ours}");
        }
        for traffic in ["1", "1+2@0.1", "2"] {
            for ours in ["InProgress", "Stopped"] {
                let mut stopped = seen(traffic, ours);
                stopped.stops = Some(sends(1, 1));
                assert_eq!(stopped.callers(), all_to("1"), "stopped: {traffic} {ours}");
            }
            let mut unanswered = seen(traffic, "InProgress");
            let as_it_moves = unanswered.callers();
            unanswered.stops = Some(sends(1, 1));
            unanswered.stops.as_mut().unwrap().answered = false;
            assert_eq!(unanswered.callers(), as_it_moves, "unanswered: {traffic}");
            let mut too_late = seen(traffic, "Succeeded");
            let without_a_stop = too_late.callers();
            too_late.stops = Some(sends(1, 1));
            assert_eq!(too_late.callers(), without_a_stop, "too late: {traffic}");
        }
        let mut returning = seen("1", "Stopped");
        returning.rollback = Some(deployed("d-2", "InProgress"));
        assert_eq!(returning.callers(), all_to("2"), "until it is over");
    }

    #[test]
    fn what_callers_get_is_final_when_nothing_moves_them() {
        let moving = |seen: &Seen| seen.moving().map(|of| of.id.clone()).unwrap_or_default();
        for (ours, wanted) in [
            ("-", ""),
            ("", ""),
            ("Created", "d-1"),
            ("InProgress", "d-1"),
            ("Baking", "d-1"),
            ("Dreaming", "d-1"),
            ("Succeeded", ""),
            ("Stopped", ""),
        ] {
            assert_eq!(moving(&seen("1", ours)), wanted, "{ours}");
            let mut beside = seen("1", ours);
            beside.other = Some(deployed("d-9", "InProgress"));
            let wanted = if wanted.is_empty() { "d-9" } else { wanted };
            assert_eq!(moving(&beside), wanted, "{ours}");
        }
        let mut returning = seen("1", "Stopped");
        returning.rollback = Some(deployed("d-2", "InProgress"));
        assert_eq!(moving(&returning), "d-2");
    }
}
