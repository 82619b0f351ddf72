use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::{Mishap, What};
use windlass_domain::environment::{Lock, Waiting};
use windlass_domain::time::Time;

/// How long one may wait beside a free lock where nothing fails: the way of the stream and of a turn,
/// and a call that takes almost all of its time.
const LONGEST_MS: u64 = 30_000;
/// And where the wake-up is lost: a period of the schedule more.
const UNTOLD_MS: u64 = LONGEST_MS + 300_000;

/// "The end of the running deployment wakes the newest that waits": nobody waits while the lock is
/// free, but for as long as the wake-up takes.
pub fn woken_in_time(outcome: &Outcome<'_>) -> Result<(), String> {
    let longest = match outcome.schedule.mishaps.as_slice() {
        [] => LONGEST_MS,
        [Mishap { what, .. }] => match what {
            What::Slow | What::EventDoubled => LONGEST_MS,
            What::EventLost | What::EventLate => UNTOLD_MS,
            _ => return Ok(()),
        },
        _ => return Ok(()),
    };
    let mut free_since: Option<Time> = None;
    let mut waiting = 0_u32;
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        let waited = waiting > 0;
        match (
            outcome.read::<Waiting>(change.before.as_ref(), "waiting#"),
            outcome.read::<Waiting>(change.after.as_ref(), "waiting#"),
        ) {
            (None, Some(_)) => waiting += 1,
            (Some(_), None) => waiting = waiting.saturating_sub(1),
            _ => {}
        }
        let Some(lock) = outcome.read::<Lock>(change.after.as_ref(), "lock") else {
            continue;
        };
        if lock.held.is_none() {
            free_since = Some(happening.at);
        } else if let Some(since) = free_since.take()
            && waited
            && happening.at.ms_since(since) > longest
        {
            return Err(format!(
                "someone waited beside a free lock from {since} to {}",
                happening.at
            ));
        }
    }
    Ok(())
}
