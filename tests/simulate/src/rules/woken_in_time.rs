use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::{Mishap, What};
use windlass_domain::environment::{Lock, Waiting};
use windlass_domain::time::Time;

/// How long one may wait beside a free lock where nothing fails: the way of the stream and of a turn,
/// and a call that takes almost all of its time.
const LONGEST_MS: u64 = 30_000;

/// "The end of the running deployment wakes the newest that waits": nobody waits while the lock is
/// free, but for as long as the wake-up takes.
pub fn woken_in_time(outcome: &Outcome<'_>) -> Result<(), String> {
    let mishaps = outcome.schedule.mishaps.as_slice();
    if !matches!(
        mishaps,
        [] | [Mishap {
            what: What::Slow,
            ..
        }]
    ) {
        return Ok(());
    }
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
            && happening.at.ms_since(since) > LONGEST_MS
        {
            return Err(format!(
                "someone waited beside a free lock from {since} to {}",
                happening.at
            ));
        }
    }
    Ok(())
}
