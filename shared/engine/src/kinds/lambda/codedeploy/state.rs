//! The traffic of an alias while CodeDeploy moves it.

use crate::kinds::codedeploy::{self, DeploymentRequest, Followed};
use crate::kinds::lambda::alias::Traffic;
use crate::kinds::lambda::state::{self as lambda, Observed};

/// The goal of a function whose alias CodeDeploy moves.
pub type Goal = codedeploy::Goal<lambda::Goal>;

/// The result of one look at it.
pub type Seen = codedeploy::Seen<Observed>;

/// One change of it.
pub type Change = codedeploy::Change<lambda::Change>;

impl Seen {
    /// Returns the versions to which the alias sends its callers.
    pub(super) fn traffic(&self) -> Traffic {
        let alias = self.of.alias.as_ref();
        alias.map_or_else(|| Traffic::all_to(""), |alias| alias.traffic.clone())
    }

    /// True while CodeDeploy takes ours back, or may be about to. Nobody else may move the alias then.
    pub(super) fn is_returning(&self) -> bool {
        self.followed.as_ref().is_some_and(|ours| ours.is_returning(self.now))
    }

    /// Returns whether the alias is at the first of the two versions that it was to be moved between, or shared between
    /// them.
    fn is_between(&self, begun: &DeploymentRequest) -> bool {
        let traffic = self.traffic();
        let mut shared = traffic.weights.iter();
        traffic.version == begun.from && shared.all(|(version, _)| *version == begun.to)
    }

    /// Returns whether the alias is at the second version.
    fn is_there(&self, begun: &DeploymentRequest) -> bool {
        self.traffic().same(&Traffic::all_to(&begun.to))
    }

    /// True if CodeDeploy cannot have left the alias as it is, because somebody else has moved it.
    pub(super) fn is_elsewhere(&self) -> bool {
        let begun = self.asked.as_ref();
        begun.is_some_and(|begun| !self.is_between(begun) && !self.is_there(begun))
    }

    /// Returns what callers get, as if nothing moved by itself. While CodeDeploy moves the alias between two versions,
    /// it is the second one, which all callers will get. Once our deployment is stopped, it is the first one. A stop
    /// that was not answered may not reach the deployment before that succeeds, and a stop that came too late changes
    /// nothing.
    pub(super) fn callers(&self) -> Traffic {
        let traffic = self.traffic();
        let Some(begun) = &self.asked else { return traffic };
        let (is_between, is_there) = (self.is_between(begun), self.is_there(begun));
        let is_mixed = is_between && !traffic.weights.is_empty();
        let is_active = self.followed.as_ref().is_some_and(|ours| !ours.is.is_over());
        let is_on_its_way = is_active || self.is_returning();
        let obeys = |ours: &Followed| match ours.stops {
            Some(_) if ours.is.is_over() => ours.is.is_gone(),
            stop => stop.is_some_and(|stop| stop.answered),
        };
        let is_stopped = self.followed.as_ref().is_some_and(obeys);
        match is_stopped {
            true if is_between || is_there => Traffic::all_to(&begun.from),
            false if is_mixed || is_on_its_way && (is_between || is_there) => Traffic::all_to(&begun.to),
            _ => traffic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::next::tests::{deployed, function, ours, seen, sends};
    use super::*;
    use crate::kinds::codedeploy::SentCalls;

    #[test]
    fn what_callers_get_does_not_move_by_itself() {
        let all_to = |version: &str| Traffic::all_to(version);
        for (traffic, status, wanted) in [
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
            assert_eq!(seen(traffic, status).callers(), wanted, "{traffic} {status}");
        }
        for traffic in ["1", "1+2@0.1", "2"] {
            for status in ["InProgress", "Stopped"] {
                let mut stopped = seen(traffic, status);
                ours(&mut stopped).stops = Some(sends(1, 1));
                assert_eq!(stopped.callers(), all_to("1"), "stopped: {traffic} {status}");
            }
            let mut unanswered = seen(traffic, "InProgress");
            let as_it_moves = unanswered.callers();
            ours(&mut unanswered).stops = Some(SentCalls { answered: false, ..sends(1, 1) });
            assert_eq!(unanswered.callers(), as_it_moves, "unanswered: {traffic}");
            let mut too_late = seen(traffic, "Succeeded");
            let without_a_stop = too_late.callers();
            ours(&mut too_late).stops = Some(sends(1, 1));
            assert_eq!(too_late.callers(), without_a_stop, "too late: {traffic}");
        }
        let mut returning = seen("1", "Stopped");
        ours(&mut returning).rollback = Some(deployed("d-2", "InProgress"));
        assert_eq!(returning.callers(), all_to("2"), "until it is over");
    }

    #[test]
    fn what_callers_get_is_final_when_nothing_moves_them() {
        let moving = |seen: &Seen| seen.moving().map(|of| of.id.clone()).unwrap_or_default();
        for (status, wanted) in [
            ("-", ""),
            ("", ""),
            ("Created", "d-1"),
            ("InProgress", "d-1"),
            ("Baking", "d-1"),
            ("Dreaming", "d-1"),
            ("Succeeded", ""),
            ("Stopped", ""),
        ] {
            assert_eq!(moving(&seen("1", status)), wanted, "{status}");
            let mut beside = seen("1", status);
            beside.other = Some(deployed("d-9", "InProgress"));
            beside.other_moves = true;
            let wanted = if wanted.is_empty() { "d-9" } else { wanted };
            assert_eq!(moving(&beside), wanted, "{status}");
        }
        let mut returning = seen("1", "Stopped");
        ours(&mut returning).rollback = Some(deployed("d-2", "InProgress"));
        assert_eq!(moving(&returning), "d-2");
    }
}
