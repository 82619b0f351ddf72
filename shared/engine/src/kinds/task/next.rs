//! Pure: decides what to do next so that a task is run once, and taken back once.
//!
//! Each of the two tasks is asked for with one token, whoever asks. It is asked for again only as long as ECS surely
//! knows that token. A task that ECS does not show surely never ran, but only as long as ECS surely shows stopped
//! tasks. After that nobody knows, and a person is asked.

use super::once::{Directed, Goal, RunSort, started_by};
use super::state::{Change, InEcs, Seen, Sent, Target, TaskEnd, TaskState};
use super::{wording, words};
use crate::kinds::Next;
use crate::ports::Run;
use windlass_domain::declaration::kinds::task::{SHORT_S, STOPPED_WITHIN_S};
use windlass_domain::text::finding::Finding;

/// The seconds after the first request during which a task that ECS does not show surely never ran. ECS shows stopped
/// tasks for at least an hour (Amazon ECS API Reference, DescribeTasks), and knows a token for at least an hour (the
/// same, "Ensuring idempotency").
pub(super) const KNOWN_S: u64 = 50 * 60;

/// The seconds during which ECS may not show yet what it runs: after RunTask AWS advises to ask DescribeTasks again for
/// up to five minutes (Amazon ECS API Reference, RunTask: "eventual consistency").
pub(super) const SHOWN_S: u64 = 5 * 60;

/// The seconds between two looks at a task.
const POLL_S: u64 = 5;

/// One of the two tasks, on one of the two ways.
type DirectedTask<'a> = Directed<'a, InEcs, Option<String>, TaskState>;

/// Decides what to do next; see [`crate::kinds::Kind::next`].
pub(super) fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
    DirectedTask::next(target, seen, goal)
}

impl RunSort for DirectedTask<'_> {
    type End = TaskEnd;
    type Change = Change;

    fn until_its_end(&self) -> Result<TaskEnd, Next<Change>> {
        let side = self.side();
        if let Some(end) = self.known_end()? {
            return Ok(end);
        }
        Err(match (side.alive(), &side.sent) {
            (Some(run), sent) => self.running(run, sent.as_ref()),
            (None, Some(sent)) => self.missing(sent),
            (None, None) => match &self.seen.code {
                None => Next::Do(Change::Register),
                Some(definition) => Next::Do(Change::Run {
                    direction: self.direction,
                    definition: definition.clone(),
                    first: self.seen.now,
                }),
            },
        })
    }

    /// Stops it if it runs.
    fn over(&self) -> Result<Option<TaskEnd>, Next<Change>> {
        let side = self.side();
        if let Some(end) = self.known_end()? {
            return Ok(Some(end));
        }
        match (side.alive(), &side.sent) {
            (Some(run), _) => Err(self.stop(run, wording::stopped_by_undo())),
            (None, None) => Ok(None),
            (None, Some(sent)) if sent.answered.is_none() && self.is_known(sent) => self.never(),
            (None, Some(sent)) => Err(self.missing(sent)),
        }
    }

    fn failed(&self, end: &TaskEnd) -> Finding {
        wording::failed(self.target, self.direction, end)
    }

    fn irreversible(&self, end: &TaskEnd) -> Finding {
        words::irreversible(self.target, &wording::in_words(end), &wording::look(self.target, end))
    }
}

impl DirectedTask<'_> {
    /// Decides about a task whose answer was lost and that ECS does not show. It surely never ran if every look of the
    /// way back has not shown it for [`SHOWN_S`].
    ///
    /// - No call of it is under way: before the first look `converge` waits until the open call's `not_after` and five
    ///   seconds more, and a way back sends none.
    /// - A task that the call started is shown by then. The time counts from the first look that did not show it, which
    ///   is later than the call, and it is as long as AWS may be behind. One look alone would not do even then: a task
    ///   that stops between the two lists, each as old as it likes, is in neither.
    /// - It has not been forgotten: the first call is less than [`KNOWN_S`] ago.
    ///
    /// If it was shown on this way, its stop was sent, so it has run: then the time proves nothing.
    fn never(&self) -> Result<Option<TaskEnd>, Next<Change>> {
        let side = self.side();
        let is_shown_once = side.stops[usize::from(true)].is_some();
        match side.missed {
            None => Err(Next::Do(Change::Miss { direction: self.direction })),
            Some(at) if is_shown_once || self.seen.now.ms_since(at) < SHOWN_S * 1000 => Err(Next::Wait(POLL_S)),
            Some(_) => Ok(None),
        }
    }

    /// Returns how it ended, as the ledger has it. An end that only ECS shows is taken into the ledger first.
    fn known_end(&self) -> Result<Option<TaskEnd>, Next<Change>> {
        let side = self.side();
        if let Some(end) = &side.end {
            return Ok(Some(end.clone()));
        }
        match side.ended(self.target) {
            Some(end) if self.target.show_log && end.began && side.lines.is_none() => Err(Next::Do(Change::Read {
                direction: self.direction,
                task: end.task,
                stopped: side.run.as_ref().and_then(|run| run.stopped).unwrap_or(self.seen.now),
            })),
            Some(end) => Err(Next::Do(Change::Note { direction: self.direction, end: Box::new(end) })),
            None => Ok(None),
        }
    }

    /// Returns whether ECS surely knows it, if it ever ran.
    fn is_known(&self, sent: &Sent) -> bool {
        self.seen.now.ms_since(sent.first) < KNOWN_S * 1000
    }

    /// Decides about a task that was asked for and that ECS does not show.
    fn missing(&self, sent: &Sent) -> Next<Change> {
        if !self.is_known(sent) {
            return self.unknown(sent);
        }
        match &sent.answered {
            None => Next::Do(Change::Run {
                direction: self.direction,
                definition: sent.definition.clone(),
                first: sent.first,
            }),
            Some((_, at)) if self.seen.now.ms_since(*at) < SHOWN_S * 1000 => Next::Wait(POLL_S),
            Some(_) => self.unknown(sent),
        }
    }

    /// Gives up: nobody knows whether it ran.
    fn unknown(&self, sent: &Sent) -> Next<Change> {
        let deployment = &self.seen.deployment;
        let by = started_by(deployment, &self.target.component, self.direction);
        Next::Failed(wording::unknown(self.target, (self.direction, &by), sent))
    }

    /// Waits for a task that runs, and stops it at its limit. The limit counts from when ECS created the task, which
    /// may be long after it was asked for first.
    fn running(&self, run: &Run, sent: Option<&Sent>) -> Next<Change> {
        let first = run.created.or(sent.map(|sent| sent.first));
        let waited_ms = first.map_or(0, |first| self.seen.now.ms_since(first));
        if waited_ms > self.target.limit_s * 1000 {
            return self.stop(run, wording::stopped_at_limit(self.target));
        }
        if self.target.limit_s > SHORT_S { Next::wait_on(waited_ms, POLL_S) } else { Next::Wait(POLL_S) }
    }

    /// Sends its stop once on each way, and waits until it is seen to have stopped.
    fn stop(&self, run: &Run, why: String) -> Next<Change> {
        match self.side().stops[usize::from(self.is_back)] {
            None => {
                Next::Do(Change::Stop { direction: self.direction, is_back: self.is_back, task: run.arn.clone(), why })
            }
            Some(at) if self.seen.now.ms_since(at) > STOPPED_WITHIN_S * 1000 => {
                Next::Failed(wording::does_not_stop(self.target, run))
            }
            Some(_) => Next::Wait(POLL_S),
        }
    }
}

#[cfg(test)]
#[path = "next_tests.rs"]
pub(super) mod tests;
