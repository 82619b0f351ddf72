//! Pure: decides what to do next so that a function is called once, and called once more to take that back.
//!
//! A call cannot be stopped. So its end is waited for, until the function that made the call has recorded it or surely
//! no longer runs. In the latter case nobody knows what came of the call, and it is made again only if the function is
//! declared repeatable.

use super::state::{ByCall, CallState, Change, EndedCall, Seen, Target, of};
use super::wording;
use crate::kinds::Next;
use crate::kinds::task::once::{Directed, Direction, Goal, RunEnd as _, RunSort};
use crate::kinds::task::words;
use windlass_domain::declaration::kinds::task::{CallEnd, CallOutcome, Called};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::time::Time;

/// The seconds during which an event that asks for a call may begin it.
pub(super) const BEGINS_S: u64 = 60;

/// The most seconds by which clocks differ.
const CLOCKS_S: u64 = 5;

/// The seconds after the first event for which events that came to nothing are sent again. A call that takes another
/// back has to be made, so that more patience is worth while.
const PATIENT_S: u64 = 4 * 60;
const PATIENT_BACK_S: u64 = 20 * 60;

/// The seconds after which a request counts as a new one, if nothing was asked for meanwhile.
const PAUSE_S: u64 = 5 * 60;

/// The seconds between two looks.
const POLL_S: u64 = 5;

/// The seconds for which a call is young, and the seconds between two looks after that.
const YOUNG_S: u64 = 60;
const SELDOM_S: u64 = 30;

/// One of the two calls.
type DirectedCall<'a> = Directed<'a, ByCall, String, CallState>;

/// Decides what to do next; see [`crate::kinds::Kind::next`].
pub(super) fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    DirectedCall::next(target, seen, goal)
}

impl RunSort for DirectedCall<'_> {
    type End = EndedCall;
    type Change = Change;

    fn until_its_end(&self) -> Result<EndedCall, Next<Change>> {
        let side = self.side();
        if let Some(end) = self.known_end()? {
            return Ok(end);
        }
        Err(match &side.called {
            None => self.start(1),
            Some(called) if called.barred => Next::Failed(wording::unknown(self.target, self.direction, called)),
            Some(called) if called.never_began() => self.start_later(called),
            Some(called) if self.may_run(called) => self.wait(called),
            Some(called) if called.spent() < self.target.how.call.tries() => self.start(called.attempt + 1),
            Some(called) => Next::Failed(wording::unknown(self.target, self.direction, called)),
        })
    }

    fn over(&self) -> Result<Option<EndedCall>, Next<Change>> {
        let side = self.side();
        if let Some(end) = self.known_end()? {
            return Ok(Some(end));
        }
        let may_begin = |called: &Called| {
            let mut starts = side.starts.iter();
            !called.barred && starts.any(|start| start.attempt > called.attempt)
        };
        let bar = Next::Do(Change::Bar { direction: self.direction });
        match &side.called {
            None if side.starts.is_empty() => Ok(None),
            None => Err(bar),
            Some(called) if called.begun.is_none() => Ok(None),
            Some(called) if may_begin(called) => Err(bar),
            Some(called) if self.may_run(called) => Err(self.wait(called)),
            Some(called) if self.target.how.call.repeatable => Ok(Some(unknown(called, self.seen.now))),
            Some(called) => Err(Next::Failed(wording::unknown(self.target, self.direction, called))),
        }
    }

    fn failed(&self, end: &EndedCall) -> Finding {
        wording::failed(self.target, self.direction, end)
    }

    fn irreversible(&self, end: &EndedCall) -> Finding {
        words::irreversible(self.target, &wording::of(self.direction, end), &wording::look(self.target))
    }
}

impl DirectedCall<'_> {
    /// Returns whether the function may be at work. Once the answer is lost of a function that must not be called
    /// again, it makes no difference.
    fn may_run(&self, called: &Called) -> bool {
        let is_lost = called.end.is_some() && !self.target.how.call.repeatable;
        !is_lost && called.may_run(self.seen.now)
    }

    /// Waits: for a short time while the call is young, and for a long one when it is not, or when its answer is lost.
    fn wait(&self, called: &Called) -> Next<Change> {
        let begun = called.begun.unwrap_or(self.seen.now);
        let is_young = self.seen.now.ms_since(begun) < YOUNG_S * 1000;
        Next::Wait(if is_young && called.end.is_none() { POLL_S } else { SELDOM_S })
    }

    /// Asks again, after a pause, for a call that Lambda has not run. Once its patience is over it fails; a later
    /// recovery asks again.
    fn start_later(&self, called: &Called) -> Next<Change> {
        let ended = called.end.as_ref().map_or(Time(0), |end| end.at);
        if self.tried_s() >= self.patience_s() {
            Next::Failed(if called.lost == 0 {
                wording::not_begun(self.target, called)
            } else {
                wording::unknown(self.target, self.direction, called)
            })
        } else if self.seen.now.ms_since(ended) < SELDOM_S * 1000 {
            Next::Wait(SELDOM_S)
        } else {
            self.start(called.attempt + 1)
        }
    }

    /// Returns for how many seconds it has been asked for without a pause.
    fn tried_s(&self) -> u64 {
        let mut since = self.seen.now;
        for start in self.side().starts.iter().rev() {
            if since.ms_since(start.not_after) > PAUSE_S * 1000 {
                break;
            }
            since = start.not_after;
        }
        self.seen.now.ms_since(since) / 1000
    }

    fn patience_s(&self) -> u64 {
        match self.direction {
            Direction::Forward => PATIENT_S,
            Direction::Undo => PATIENT_BACK_S,
        }
    }

    /// Returns how it ended, as the step has it. An end that only the ledger has is taken into the step first. A call
    /// that takes another back and that Lambda has not run has no end yet: it still has to be made.
    fn known_end(&self) -> Result<Option<EndedCall>, Next<Change>> {
        let side = self.side();
        let ended = side.ended();
        let is_to_come = self.direction == Direction::Undo;
        match (&side.end, ended.filter(|end| end.began() || !is_to_come)) {
            (Some(end), _) => Ok(Some(end.clone())),
            (None, Some(end)) => {
                Err(Next::Do(Change::Note { direction: self.direction, end: Box::new(end.with_log(self.target)) }))
            }
            (None, None) => Ok(None),
        }
    }

    /// Asks for it by one event after another. Each may begin it for a while, and the second one finds that it was
    /// begun.
    fn start(&self, attempt: u32) -> Next<Change> {
        let (side, now) = (self.side(), self.seen.now);
        let mut of_try = side.starts.iter().filter(|start| start.attempt == attempt);
        if of_try.any(|start| now <= start.not_after.plus_s(CLOCKS_S)) {
            return Next::Wait(1);
        }
        if self.tried_s() >= self.patience_s() {
            return Next::Failed(wording::never_begins(self.target, self.direction));
        }
        Next::Do(Change::Start {
            direction: self.direction,
            attempt,
            nth: side.starts.len() + 1,
            version: self.seen.code.clone(),
            not_after: now.plus_s(BEGINS_S),
        })
    }
}

/// The unknown end of a call of a function that may be called again.
fn unknown(called: &Called, now: Time) -> EndedCall {
    let end = called.end.clone();
    of(called, end.unwrap_or(CallEnd { at: now, outcome: CallOutcome::Unknown, why: String::new(), lines: vec![] }))
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
