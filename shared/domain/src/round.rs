//! Looking for arrivals that no event told: round after round over everything, a part at a time.

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// How long an event may take before its arrival is looked after.
const GRACE_MS: u64 = 10 * 60 * 1000;

/// By how much the clocks of a service and of a function may differ.
const SKEW_MS: u64 = 60 * 1000;

/// A round over everything, and how far it has come. Every part of it costs the same, however much
/// there is: a large place only makes the round longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// What arrived before was told, or looked after, in the round before.
    pub since: Time,
    /// When it began.
    pub began: Time,
    /// After what the next part begins; the beginning if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Round {
    /// The first round. What was there before Windlass looked is nobody's arrival.
    pub fn first(now: Time) -> Self {
        Self {
            since: now,
            began: now,
            after: None,
        }
    }

    /// Whether what arrived then is looked after now: its event should have come, and no earlier
    /// round has looked after it.
    pub fn concerns(&self, arrived: Time, now: Time) -> bool {
        arrived >= self.since && arrived.plus_ms(GRACE_MS) <= now
    }

    /// The round after a part of it: further on, or a new one.
    #[must_use]
    pub fn next(self, after: Option<String>, now: Time) -> Self {
        match after {
            Some(_) => Self { after, ..self },
            None => Self {
                // What came too late for this round, by any clock.
                since: Time(self.began.0.saturating_sub(GRACE_MS + SKEW_MS)).max(self.since),
                began: now,
                after: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn at(minutes: u64) -> Time {
        Time(1_000_000_000 + minutes * MINUTE)
    }

    #[test]
    fn what_was_there_before_is_no_arrival() {
        let round = Round::first(at(100));
        assert!(!round.concerns(at(99), at(200)));
        assert!(round.concerns(at(100), at(110)));
        assert!(
            !round.concerns(at(101), at(110)),
            "its event may still come"
        );
    }

    #[test]
    fn a_round_goes_on_where_it_stopped_and_begins_anew_at_its_end() {
        let round = Round::first(at(0)).next(Some("k".into()), at(15));
        assert_eq!(round.after.as_deref(), Some("k"));
        assert_eq!(round.began, at(0));
        let round = round.next(None, at(30));
        assert_eq!((round.since, round.began), (at(0), at(30)));
        let round = round.next(None, at(45));
        assert_eq!((round.since, round.began), (at(19), at(45)));
    }

    #[test]
    fn whatever_arrives_concerns_a_round() {
        // A round of three parts, one each 15 minutes; whatever its place, each minute's arrival is
        // seen, and in no more than three rounds, which overlap.
        for place in 0..3_u64 {
            for minute in 1..200 {
                let mut round = Round::first(at(0));
                let mut seen = vec![];
                for run in 0..24 {
                    let now = at(run * 15);
                    let there = minute <= run * 15;
                    if run % 3 == place && there && round.concerns(at(minute), now) {
                        seen.push(run);
                    }
                    let after = (run % 3 != 2).then(|| run.to_string());
                    round = round.next(after, now);
                }
                assert!((1..=3).contains(&seen.len()), "{place} {minute} {seen:?}");
            }
        }
    }
}
