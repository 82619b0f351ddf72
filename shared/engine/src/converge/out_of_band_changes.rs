//! Judges what a look at a target is worth: it may show somebody else's change, or only an older state.
//!
//! AWS may answer with the state of a moment ago (Amazon ECS API Reference, DescribeServices: eventually consistent;
//! Lambda and CloudFront promise nothing). So what looks like somebody else's change, or like a target that is gone,
//! must be seen for as long as a look may be behind, before it is believed.

use super::drive::{DoubtfulLooks, Drive, SOONEST_MS};
use crate::converge::invocation::InvocationEnd;
use crate::kinds::{Kind, Noticed, Recorded, View, from_value, to_value};
use crate::ports::{Clock, DynamoDbApi, Result};
use serde_json::Value;
use windlass_domain::deployment::step::{SEEN_AFTER_MS, StepStatus};
use windlass_domain::prose;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;

/// The longest wait before another look, in milliseconds, when the last look is not believed.
const LATEST_MS: u64 = 5_000;

impl<K: Kind, P: DynamoDbApi + Clock> Drive<'_, '_, K, P> {
    /// Returns somebody else's change, if a look shows one.
    pub(super) fn out_of_band_change(&self, view: &View, is_done: bool) -> Result<Option<InvocationEnd>> {
        let is = &view.noticed;
        if let Some(expected) = self.expected()?
            && !expected.is_same(is)
        {
            let end = self.changed_by_other("since it was last seen", &expected.shown, view);
            return Ok(Some(end));
        }
        if is_done {
            return Ok(None);
        }
        let left = self.confirmed()?;
        if let Some(left) = &left
            && !left.is_same(is)
        {
            let end = self.changed_by_other("after Windlass had", &left.shown, view);
            return Ok(Some(end));
        }
        let unanswered = self.unanswered()?;
        let is_ours = |one: &Option<Noticed>| one.as_ref().is_some_and(|one| one.is_same(is));
        if unanswered.iter().any(is_ours) {
            return Ok(None);
        }
        if let Some(seen) = self.seen_otherwise(view)?
            && !unanswered.is_empty()
            && unanswered.iter().all(Option::is_some)
            && let Some(change) = self.attempt.last_unanswered()
        {
            let when = format!("while `{}` was sent", change.what);
            return Ok(Some(self.changed_by_other(&when, &seen.shown, view)));
        }
        match &self.refused_upon {
            Some(before) if left.is_none() && !before.is_same(is) => {
                let end = self.changed_by_other("at the same time", &before.shown, view);
                Ok(Some(end))
            }
            _ => Ok(None),
        }
    }

    /// Leaves the target to whoever has changed it. If AWS puts a condition on each change, the undo leaves it to them,
    /// too, and what was seen is kept for an `accept`.
    fn leave_to_them(&mut self, is: &K::Seen, view: &View) -> Result<()> {
        if !view.is_guarded {
            self.forget_unanswered();
        }
        let seen = self.seen()?.map(|seen| to_value(&seen)).transpose()?;
        let now = Recorded::of::<K>(&self.target, is)?;
        let step = &mut self.attempt.step.value;
        step.unanswered.clear();
        if view.is_guarded {
            step.confirmed = step.confirmed.take().or(seen);
            now.keep_in(step, K::share(is))?;
        }
        Ok(())
    }

    /// Notes what callers get since AWS itself has taken back what was sent. The state that was confirmed before does
    /// not hold any more, even if nobody comes to undo it.
    pub(super) fn note_taken_back(&mut self, is: &K::Seen) -> Result<()> {
        let now = Recorded::of::<K>(&self.target, is)?;
        let step = &mut self.attempt.step.value;
        step.unanswered.clear();
        step.confirmed = Some(to_value(&now.noticed)?);
        now.keep_in(step, K::share(is))
    }

    /// Forgets the last change that was not answered, where AWS puts no condition. There the undo goes back over
    /// somebody else's change, unless nothing of this deployment is in place: neither the result of the change that was
    /// not answered, nor the state upon which it was sent. A change that was refused after it shows nothing about it:
    /// it may well be in place.
    fn forget_unanswered(&mut self) {
        let is_looked_for = !self.attempt.step.value.unanswered.is_empty();
        let shown_by_a_refusal = self.refused_upon.is_some();
        if self.wave.is_some()
            && is_looked_for
            && !shown_by_a_refusal
            && let Some(change) = self.attempt.last_unanswered()
        {
            let change = change.change.clone();
            self.attempt.forget(&change, false);
        }
    }

    /// Returns what callers may get by the switching changes that were not answered. An entry is `None` if that is not
    /// known.
    fn unanswered(&self) -> Result<Vec<Option<Noticed>>> {
        let unanswered = self.attempt.step.value.unanswered.iter();
        let read = |state| from_value("state that was not answered", state);
        unanswered.map(read).collect()
    }

    /// Returns the same together with the result of this change. An entry is null if the result is not known.
    pub(super) fn unanswered_with(&self, after: Option<&Noticed>) -> Result<Vec<Value>> {
        let mut unanswered = self.attempt.step.value.unanswered.clone();
        let is_known = self.unanswered()?.iter().any(|known| match (known, after) {
            (Some(known), Some(after)) => known.is_same(after),
            (None, None) => true,
            _ => false,
        });
        if !is_known {
            unanswered.push(after.map(to_value).transpose()?.unwrap_or_default());
        }
        Ok(unanswered)
    }

    /// Believes what a look says once every look has said so for as long as one may be behind. Until then it waits for
    /// another look.
    pub(super) async fn unless_behind(&mut self, said: Result<InvocationEnd>) -> Result<Option<InvocationEnd>> {
        let doubt = self.doubt.filter(|doubt| doubt.round + 1 == self.rounds);
        let since = doubt.map_or_else(|| self.attempt.ports.now(), |doubt| doubt.since);
        let said_for = self.looked.ms_since(since);
        let left = SEEN_AFTER_MS.saturating_sub(said_for);
        if left == 0 {
            return said.map(Some);
        }
        self.doubt = Some(DoubtfulLooks { since, round: self.rounds });
        let paced = (said_for / 2).clamp(SOONEST_MS, LATEST_MS);
        let why = "what was seen may be older than what was changed last";
        Ok(self.pause(paced.min(left), why).await)
    }

    /// Leaves the target to somebody else once a look that shows their change is believed. It is believed at once if
    /// AWS promises that a look is not behind.
    pub(super) async fn leave_unless_behind(
        &mut self,
        is: &K::Seen,
        view: &View,
        other: InvocationEnd,
    ) -> Result<Option<InvocationEnd>> {
        let end = if view.is_consistent { Some(other) } else { self.unless_behind(Ok(other)).await? };
        if let Some(InvocationEnd::Failed(_)) = end {
            self.leave_to_them(is, view)?;
        }
        Ok(end)
    }

    /// Returns for how many milliseconds the last look after a switch is not believed, because it may be older than the
    /// switch. The forward goal was not there before, so it is believed when it is seen. The goal of an undo was there
    /// before. It is believed if nothing can have come since but the undo's own switch, which was confirmed upon a
    /// condition.
    pub(super) fn until_seen(&self, view: &View, is_done: bool) -> Option<u64> {
        let changes = &self.attempt.step.value.changes;
        let last = changes.iter().rfind(|change| change.switching)?;
        let is_believed = match (is_done, self.wave) {
            (true, Some(_)) => true,
            (true, None) => last.undo && (view.is_guarded || view.is_consistent),
            (false, _) => view.is_consistent,
        };
        let shown_from = last.shown_from();
        let may_be_older = !is_believed && self.looked < shown_from;
        may_be_older.then(|| shown_from.ms_since(self.attempt.ports.now()))
    }

    /// Returns what callers of the target must still get if nobody else changed it: the state before, until this
    /// deployment switched something; at the beginning of a later wave, what the wave before has reached. Where another
    /// component of this deployment touches the target before that, nobody knows it.
    fn expected(&self) -> Result<Option<Noticed>> {
        let (step, has_switched) = (&self.attempt.step.value, self.attempt.has_switched());
        let is_touched = self.wave == step.behind || (!has_switched && step.touched_first);
        if self.wave.is_none() || is_touched {
            return Ok(None);
        }
        if !has_switched {
            let before = Recorded::read("state before", &step.before)?;
            return Ok(Some(before.noticed));
        }
        match step.status {
            StepStatus::Changed => self.seen(),
            _ => Ok(None),
        }
    }

    /// Returns what callers got by the last confirmed change, if that is known.
    pub(super) fn confirmed(&self) -> Result<Option<Noticed>> {
        let confirmed = self.attempt.step.value.confirmed.as_ref();
        let read = |noticed| from_value("state that was confirmed", noticed);
        confirmed.map(read).transpose()
    }

    /// Returns what callers got when the target was seen last.
    fn seen(&self) -> Result<Option<Noticed>> {
        let seen = self.attempt.step.value.seen.as_ref();
        let seen = seen.map(|seen| Recorded::read("state seen", seen));
        Ok(seen.transpose()?.map(|seen| seen.noticed))
    }

    /// Returns the same, if callers get something else now.
    pub(super) fn seen_otherwise(&self, view: &View) -> Result<Option<Noticed>> {
        Ok(self.seen()?.filter(|seen| !seen.is_same(&view.noticed)))
    }

    pub(super) fn changed_by_other(&self, when: &str, was: &str, view: &View) -> InvocationEnd {
        let component = &self.attempt.step.value.component;
        let is = &view.noticed.shown;
        // The text shows a site in place by its release, and not by each of its files.
        let how =
            if was == is { format!("{is} are no longer all as they were") } else { format!("from {was} to {is}") };
        let owned = K::owned(&self.target);
        InvocationEnd::Failed(Finding::new(
            FindingName::TargetChangedByOther,
            format!("components.{component}"),
            format!(
                "Someone else changed the target of {component} {when}: {how}. Windlass owns {owned}; every other field is yours."
            ),
            prose!(
                "Find out who changed it (CloudTrail), make sure that nobody else changes what Windlass owns, then {}.",
                Redeploy::Again
            ),
        )
        .seen(is, was))
    }
}
