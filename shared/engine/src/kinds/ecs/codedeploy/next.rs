//! Pure: decides the next step so that the callers of a service get what they must get.
//!
//! Forward, a task definition is registered and CodeDeploy brings it. Back, whatever CodeDeploy still does is stopped
//! and followed to its end, so that the former tasks get the callers again. If the callers then do not get what they
//! got before, CodeDeploy deploys once more.

use super::state::{Change, Goal, Seen, primary};
use super::wording::{self, WORDS};
use crate::kinds::Next;
use crate::kinds::codedeploy::wording::{beside, replaced};
use crate::kinds::codedeploy::{Followed, Moved, POLL_S, Replacement, again};
use crate::kinds::ecs::images;
use crate::kinds::ecs::next::goal as registered;
use crate::kinds::ecs::state::{self as ecs, Target};
use crate::kinds::ecs::verify::{fails_again, verify, wait_unless_overdue};
use crate::kinds::ecs::wording::service;
use crate::ports::{Deployed, DeploymentWait};
use windlass_domain::text::time::Time;

/// The time after a deployment has succeeded in which a look at the service may be behind, in seconds.
const SHOWN_S: u64 = 30;

/// Returns what to do next; see [`crate::kinds::Kind::next`].
pub(super) fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    let sent = seen.forward.as_deref().filter(|_| goal.of.task_definition.is_none());
    let Some(to) = sent.or_else(|| registered(&seen.of, &goal.of)) else {
        return Next::Do(Change::Of(ecs::Change::Register { images: images::texts(&goal.of.images) }));
    };
    let way = NextChange { target, seen, goal, to };
    match &seen.followed {
        Some(own) if own.is_own && own.is_to(to) => way.towards(own),
        Some(own) if own.is_own => way.away(own),
        Some(earlier) => way.past(earlier),
        None => way.arrive(),
    }
}

struct NextChange<'a> {
    target: &'a Target,
    seen: &'a Seen,
    goal: &'a Goal,
    /// The task definition to reach, by ARN.
    to: &'a str,
}

impl NextChange<'_> {
    /// Returns whether it is a way back: to the recorded task definition, and not to one that this deployment
    /// registers.
    fn is_back(&self) -> bool {
        self.goal.of.task_definition.is_some()
    }

    fn runs(&self) -> Option<&str> {
        let primary = primary(&self.seen.task_sets)?;
        Some(&primary.task_definition)
    }

    /// Decides for our own deployment that brings what is wanted.
    fn towards(&self, own: &Followed) -> Next<Change> {
        let Self { target, seen, .. } = self;
        if own.is.is_gone() {
            return self.gone(own);
        }
        if own.is.is_over() {
            return match self.runs() {
                Some(runs) if runs == self.to => self.steady(),
                _ if self.may_not_show_yet(&own.is) => Next::Wait(POLL_S),
                _ => Next::Theirs(wording::story(target, seen, own).moved_since()),
            };
        }
        if self.has_come(own) {
            return self.checked();
        }
        if own.is.status == "Ready" && self.continues() {
            return self.end_wait(own, DeploymentWait::Ready);
        }
        if let Some(finding) = fails_again(target, &seen.of, self.to, 0) {
            return Next::Failed(finding);
        }
        self.wait(own)
    }

    /// Returns whether it has ended so lately that a look at the service may be older than its end.
    fn may_not_show_yet(&self, ended: &Deployed) -> bool {
        let is_young = |at: Time| self.seen.now < at.plus_s(SHOWN_S);
        ended.completed.is_some_and(is_young)
    }

    fn continues(&self) -> bool {
        let group = self.target.codedeploy.as_ref();
        group.is_some_and(|group| group.continues)
    }

    /// Returns whether CodeDeploy has come as far as the goal says. A status that this build does not know reaches
    /// nothing.
    fn has_come(&self, own: &Followed) -> bool {
        let (seen, status) = (self.seen, own.is.status.as_str());
        let percent = seen.percent(self.to);
        let has_all = self.runs() == Some(self.to) && own.is_ending() && percent == Some(100);
        let is_known = ["InProgress", "Baking"].contains(&status);
        let has_some = has_all || is_known && percent.is_some_and(|percent| percent > 0);
        match self.goal.moved {
            Moved::Ready => has_some || status == "Ready",
            Moved::Some => has_some,
            Moved::All => has_all,
        }
    }

    /// Decides if our own deployment has failed, or was stopped.
    fn gone(&self, own: &Followed) -> Next<Change> {
        let Self { target, seen, .. } = self;
        if own.is_returning(seen.now) {
            return self.wait(own);
        }
        let is_newer = seen
            .asked
            .as_ref()
            .is_some_and(|asked| asked.stop.is_none() && asked.after.as_deref() == Some(own.is.id.as_str()));
        // A recovery tries the way back once more; what it has sent need not be listed yet.
        if self.is_back() && (seen.sent.as_deref() != Some(self.to) || is_newer) {
            return self.arrive();
        }
        if let Some(other) = &seen.other {
            return Next::Theirs(replaced(&WORDS, &service(target), other));
        }
        if seen.is_elsewhere() {
            return Next::Theirs(wording::story(target, seen, own).moved_since());
        }
        Next::TakenBack(wording::story(target, seen, own).taken_back(&wording::troubles(seen)))
    }

    /// Decides for our own deployment that brings something else, and that is gone back from.
    fn away(&self, own: &Followed) -> Next<Change> {
        if own.is_returning(self.seen.now) {
            return self.wait(own);
        }
        if !own.is.is_over() {
            return self.stop(own);
        }
        match &own.rollback {
            Some(rollback) if self.runs() != Some(self.to) && self.may_not_show_yet(rollback) => Next::Wait(POLL_S),
            _ => self.arrive(),
        }
    }

    /// Decides for a deployment of an earlier release. While it keeps the former tasks, it is the way back to them.
    /// Otherwise they are ended, so that the group is free.
    fn past(&self, earlier: &Followed) -> Next<Change> {
        let seen = self.seen;
        if earlier.is_returning(seen.now) {
            return self.wait(earlier);
        }
        if earlier.is.is_over() || self.runs() == Some(self.to) {
            return self.arrive();
        }
        let is_stopped = earlier.stops.is_some();
        if self.is_back() && (is_stopped || earlier.is_ending() && seen.still_has(self.to)) {
            return self.stop(earlier);
        }
        if earlier.is_ending() || earlier.ends.is_some() {
            return self.end_wait(earlier, DeploymentWait::Termination);
        }
        self.wait(earlier)
    }

    /// Ends a wait of CodeDeploy's.
    fn end_wait(&self, own: &Followed, waiting: DeploymentWait) -> Next<Change> {
        let sent = match waiting {
            DeploymentWait::Ready => own.goes,
            DeploymentWait::Termination => own.ends,
        };
        match again(sent, self.seen.now) {
            None => self.wait(own),
            Some(again) => Next::Do(Change::Continue { deployment: own.is.id.clone(), waiting, again }),
        }
    }

    fn stop(&self, own: &Followed) -> Next<Change> {
        let before = self.seen.asked.as_ref().filter(|asked| asked.stop.is_some());
        let from = before.map_or(&self.seen.of.task_definition, |asked| &asked.from);
        match again(own.stops, self.seen.now) {
            None => self.wait(own),
            Some(again) => Next::Do(Change::Stop { deployment: own.is.id.clone(), way: Some(self.way(from)), again }),
        }
    }

    /// Returns that callers leave this task definition for the one to reach.
    fn way(&self, from: &str) -> Replacement {
        let images = images::texts(&self.goal.of.images);
        Replacement { from: from.to_owned(), to: self.to.to_owned(), images }
    }

    /// Decides if nothing of Windlass's is under way in the group.
    fn arrive(&self) -> Next<Change> {
        let Self { target, seen, .. } = self;
        if let Some(other) = &seen.other {
            let is_since = seen.asked.is_some() && self.is_back();
            return beside((&WORDS, &service(target), target.codedeploy.as_ref()), other, is_since);
        }
        let Some(runs) = self.runs() else {
            return wait_unless_overdue(&seen.of, || wording::nobody(target)).map(Change::Of);
        };
        if runs == self.to {
            // It was asked for, and its deployment cannot be seen yet: nobody knows what the deployment does next.
            let is_unseen = seen.followed.is_none() && seen.sent.as_deref() == Some(self.to);
            return if is_unseen && !self.is_back() { Next::Wait(POLL_S) } else { self.steady() };
        }
        let own = seen.followed.as_ref().filter(|own| own.is_own);
        Next::Do(Change::Begin {
            way: self.way(runs),
            after: own.map(|own| own.is.id.clone()),
            at_once: self.is_back(),
        })
    }

    /// Checks whether as many tasks run as are wanted, with the right bytes. Callers get the goal, and nothing is under
    /// way.
    fn steady(&self) -> Next<Change> {
        let Self { target, seen, .. } = self;
        let tasks = primary(&seen.task_sets);
        let is_whole = tasks.is_some_and(|own| own.running == own.desired && own.pending == 0);
        if seen.of.desired == 0 {
            Next::Done
        } else if is_whole {
            self.checked()
        } else {
            let finding = || wording::not_steady(target, seen);
            wait_unless_overdue(&seen.of, finding).map(Change::Of)
        }
    }

    fn checked(&self) -> Next<Change> {
        if self.seen.of.desired == 0 {
            return Next::Done;
        }
        verify(self.target, &self.seen.of, &self.goal.of).map(Change::Of)
    }

    /// Waits for CodeDeploy: often at first, and rarely once it takes long.
    fn wait(&self, own: &Followed) -> Next<Change> {
        let Self { target, seen, .. } = self;
        if seen.of.overdue && !own.is.is_over() {
            return Next::Failed(wording::late(target, seen, own));
        }
        Next::wait_on(seen.of.waited_ms, POLL_S)
    }
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
