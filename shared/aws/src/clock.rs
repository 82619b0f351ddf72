//! The clock, and times, counts and sizes as AWS's answers give them: counts have a sign, though none is below zero.

use crate::Aws;
use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use windlass_domain::text::time::Time;
use windlass_engine::ports::Clock;

impl Clock for Aws {
    fn now(&self) -> Time {
        time(SystemTime::now())
    }

    async fn sleep_ms(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    async fn back_off_ms(&self, at_most: u64) {
        self.sleep_ms(fastrand::u64(pauses(at_most))).await;
    }
}

/// Returns the possible lengths of a pause. It has at least half of the limit, so that the pauses of a caller that
/// tries again grow.
fn pauses(at_most: u64) -> RangeInclusive<u64> {
    at_most / 2..=at_most
}

/// Returns a time of the system; one before 1970 is 1970.
fn time(at: SystemTime) -> Time {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Returns a time of the SDK; one before 1970 is 1970.
pub(crate) fn time_of(at: &aws_smithy_types::DateTime) -> Time {
    Time(at.to_millis().ok().and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0))
}

/// Returns a time for the SDK.
pub(crate) fn date_time(at: Time) -> aws_smithy_types::DateTime {
    aws_smithy_types::DateTime::from_millis(i64::try_from(at.0).unwrap_or(i64::MAX))
}

/// Returns a count, or 0 for a number that is none.
pub(crate) fn count<N: TryFrom<i32> + Default>(number: i32) -> N {
    N::try_from(number).unwrap_or_default()
}

/// Returns a size in bytes, or 0 where the answer gives none.
pub(crate) fn size(given: Option<i64>) -> u64 {
    given.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_of_a_random_length_up_to_its_bound() {
        let drawn: Vec<u64> = (0..1_000).map(|_| fastrand::u64(pauses(100))).collect();
        assert!(drawn.iter().all(|ms| (50..=100).contains(ms)), "{drawn:?}");
        assert!(drawn.iter().any(|ms| *ms != drawn[0]));
        assert_eq!(pauses(0), 0..=0);
        assert_eq!(pauses(1), 0..=1);
    }
}
