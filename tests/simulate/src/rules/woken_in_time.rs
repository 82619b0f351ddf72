use crate::deed::Deed;
use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::{Mishap, What};
use std::collections::BTreeMap;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{Lock, Waiting};
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::time::Time;

/// The longest wait beside a free lock if nothing fails, in milliseconds: the way of the stream and of a turn, and a
/// call that takes almost all of its time.
const LONGEST_MS: u64 = 30_000;
/// The longest wait if the wake-up is lost: a period of the schedule more.
const LOST_MS: u64 = LONGEST_MS + PERIOD_MS;
/// The period of the schedule.
const PERIOD_MS: u64 = 300_000;
/// The longest wait if the woken execution dies: until it is recovered.
const DEAD_MS: u64 = LOST_MS + 60_000;
/// The longest wait if a mishap lasts: as long as the longest of those, and a quarter of an hour more. That is the
/// period in which a deployment whose recoveries have died is recovered again.
const LASTS_MS: u64 = DEAD_MS + 600_000 + 900_000;

/// The time for which a deployment waits before it gives up (`AwaitTurn`), less the time until it is in the queue, in
/// milliseconds.
const DAY_MS: u64 = 86_400_000 - LONGEST_MS;

/// "The end of the running deployment wakes the newest that waits": nobody waits while the lock is free for longer than
/// the wake-up takes. Nobody gives up before a day is over, so others have held the lock for all of that day.
///
/// Safety: lock: The end of a deployment wakes who waits, within a period of the schedule where the wake-up is lost.
pub fn woken_in_time(outcome: &Outcome<'_>) -> Result<(), String> {
    let longest = longest(&outcome.schedule.mishaps);
    let mut queue = Queue { is_free: outcome.lock_before.held.is_none(), ..Queue::default() };
    for happening in &outcome.happened {
        let change = match &happening.what {
            Event::Wrote(_, change) => change,
            Event::Acted(n) => {
                if let Some(Deed::ReplaceAccess(file)) = outcome.scenario.acts.get(*n).map(|act| act.deed)
                    && file.approve.is_none()
                {
                    queue.asks_nobody(happening.at);
                }
                continue;
            }
            _ => continue,
        };
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        if let Some(lock) = outcome.read::<Lock>(after, "lock") {
            queue.is_free = lock.held.is_none();
        }
        if let Some(waiting) = outcome.read::<Waiting>(after, "waiting#") {
            queue.waits(&waiting, happening.at);
        } else if let Some(waiting) = outcome.read::<Waiting>(before, "waiting#") {
            queue.leaves(outcome, &waiting.deployment, happening.at)?;
        }
        queue.look(happening.at, longest)?;
    }
    match queue.beside {
        Some(since) => Err(format!("someone waits beside a free lock since {since}")),
        None => Ok(()),
    }
}

fn longest(mishaps: &[Mishap]) -> u64 {
    let each = mishaps.iter().map(|mishap| match mishap.what {
        What::Slow | What::EventDoubled => LONGEST_MS,
        What::EventLost | What::EventLate => LOST_MS,
        What::ThrottledLong | What::DeniedLong | What::FunctionsThrottled | What::IndexLate => LASTS_MS,
        _ => DEAD_MS,
    });
    each.sum::<u64>().max(LONGEST_MS)
}

/// The deployments that wait.
#[derive(Default)]
struct Queue {
    is_free: bool,
    /// The time since which each waits.
    since: BTreeMap<DeploymentId, Time>,
    /// The time since which someone waits beside a free lock.
    beside: Option<Time>,
    /// The time by which what asks for approval is woken, because a new file wants none.
    approved_by: Option<Time>,
}

impl Queue {
    /// Who waits for a moment is woken by the next run of the schedule after it, and waits for a turn only then.
    fn waits(&mut self, waiting: &Waiting, at: Time) {
        let from = waiting.until.map_or(at, |until| until.plus_ms(PERIOD_MS));
        let from = self.approved_by.filter(|_| waiting.asks).map_or(from, |by| by.max(at).min(from));
        let since = self.since.entry(waiting.deployment.clone()).or_insert(from);
        if waiting.until.is_some() || *since > at {
            *since = from;
        }
    }

    /// From now on nobody has to approve. Who waits for that is woken by the next run of the schedule.
    fn asks_nobody(&mut self, at: Time) {
        let by = at.plus_ms(PERIOD_MS);
        self.approved_by = Some(by);
        self.since.values_mut().for_each(|since| *since = (*since).min(by));
    }

    fn look(&mut self, at: Time, longest: u64) -> Result<(), String> {
        let is_anyone = self.since.values().any(|since| *since <= at);
        if self.is_free && is_anyone {
            self.beside.get_or_insert(at);
        }
        let Some(since) = self.beside else {
            return Ok(());
        };
        if !self.is_free || !is_anyone {
            self.beside = None;
        }
        if at.ms_since(since) > longest {
            return Err(format!("someone waited beside a free lock from {since} to {at}"));
        }
        Ok(())
    }

    fn leaves(&mut self, outcome: &Outcome<'_>, id: &DeploymentId, at: Time) -> Result<(), String> {
        let Some(since) = self.since.remove(id) else {
            return Ok(());
        };
        let records = outcome.records();
        let record = records.iter().find(|record| record.id == *id);
        if record.is_some_and(|record| gave_up(record)) && at.ms_since(since) < DAY_MS {
            return Err(format!("deployment {id} gave up at {at}, and had waited only since {since}"));
        }
        Ok(())
    }
}

fn gave_up(record: &Deployment) -> bool {
    let ended = record.ending.as_ref();
    ended.is_some_and(|ended| ended.cause_name == "WaitedTooLong")
}
