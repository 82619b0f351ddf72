//! Looks for arrivals that no event reported: round after round over everything, a part at a time. Those that came to
//! nothing, because nobody asks for them, are listed, so that they are never silent.

use crate::release::request::Requester;
use crate::text::finding::Finding;
use crate::text::foreign;
use crate::text::name::AppName;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The time that an event may take before its arrival is looked after.
const GRACE_MS: u64 = 10 * 60 * 1000;

/// The most by which the clocks of a service and of a function may differ.
const SKEW_MS: u64 = 60 * 1000;

/// The seconds for which it is noted that an arrival was served. After that nobody can distinguish an older arrival
/// that was served from one that never was, so older arrivals are not looked after.
pub const NOTED_FOR_S: u64 = 30 * 24 * 60 * 60;

/// The time for which an arrival is looked at again until it came to something.
const UNSETTLED_FOR_MS: u64 = 24 * 60 * 60 * 1000;

/// A round over everything, and its progress. Every part of it costs the same, however much there is: a large place
/// only makes the round longer.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivalSweep {
    /// Arrivals before this time were announced, or were looked after in the round before.
    pub since: Time,
    /// The time at which it began.
    pub began: Time,
    /// The key after which the next part begins; the beginning if absent.
    pub after: Option<String>,
    /// The oldest arrival that the next round looks at again.
    pub unsettled: Option<Time>,
    /// True if a part was passed over: the next round looks at everything that this one had to look at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passed: bool,
}

impl ArrivalSweep {
    /// Makes the first round. Things that were there before Windlass looked are nobody's arrival.
    pub fn first(now: Time) -> Self {
        Self { since: now, began: now, after: None, unsettled: None, passed: false }
    }

    /// Notes that a part cannot be looked at now. The next round begins as far back as this one, however long that goes
    /// on.
    pub fn pass_over(&mut self) {
        self.passed = true;
    }

    /// Notes that an arrival of this time has not come to anything yet. The next round looks at it again.
    pub fn look_again(&mut self, arrived: Time) {
        let oldest = self.unsettled.map_or(arrived, |known| known.min(arrived));
        self.unsettled = Some(oldest);
    }

    /// Returns whether an arrival of this time is looked after now. Its event should have come, no earlier round has
    /// looked after it, and a note that it was served would still be there.
    pub fn concerns(&self, arrived: Time, now: Time) -> bool {
        let noted = now.plus_ms(GRACE_MS + SKEW_MS).0;
        let noted = Time(noted.saturating_sub(NOTED_FOR_S * 1000));
        arrived >= self.since.max(noted) && arrived.plus_ms(GRACE_MS) <= now
    }

    /// Returns the round after a part of it: further on, or a new one.
    #[must_use]
    pub fn next(self, after: Option<String>, now: Time) -> Self {
        match after {
            Some(_) => Self { after, ..self },
            None => Self { since: self.next_since(now), ..Self::first(now) },
        }
    }

    /// Returns the time from which the next round looks. It looks at arrivals that came too late for this round by any
    /// clock, that have not come to anything yet, or that were passed over.
    fn next_since(&self, now: Time) -> Time {
        if self.passed {
            return self.since;
        }
        let came_late = Time(self.began.0.saturating_sub(GRACE_MS + SKEW_MS)).max(self.since);
        let unsettled = self.unsettled.unwrap_or(came_late).min(came_late);
        let oldest = Time(now.0.saturating_sub(UNSETTLED_FOR_MS)).min(came_late);
        unsettled.max(oldest)
    }
}

/// The seconds for which an arrival is listed that was not taken: 30 days.
pub const LISTED_FOR_S: u64 = 30 * 24 * 60 * 60;

/// An upload whose key means nothing, an artifact of no component, an image of no declared repository or with a tag
/// that no rule matches, or what its environment does not take from this way in; or the access file of all applications
/// with mistakes. It was no request of an application, so nobody is notified.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IgnoredArrival {
    /// The application that it seems meant for, declared or not; absent if it names none.
    pub app: Option<AppName>,
    /// The subject, for a person: a key, or an image.
    #[serde(deserialize_with = "foreign::one")]
    pub about: String,
    /// The person or service that brought it.
    pub requester: Requester,
    /// The execution whose input it was, if it was one.
    pub execution: Option<String>,
    /// The findings: why nothing came of it, and what to do.
    pub findings: Vec<Finding>,
    /// The time of the last look at it.
    pub at: Time,
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
        let round = ArrivalSweep::first(at(100));
        assert!(!round.concerns(at(99), at(200)));
        assert!(round.concerns(at(100), at(110)));
        assert!(!round.concerns(at(101), at(110)), "its event may still come");
    }

    #[test]
    fn a_round_goes_on_where_it_stopped_and_begins_anew_at_its_end() {
        let round = ArrivalSweep::first(at(0)).next(Some("k".into()), at(15));
        assert_eq!(round.after.as_deref(), Some("k"));
        assert_eq!(round.began, at(0));
        let round = round.next(None, at(30));
        assert_eq!((round.since, round.began), (at(0), at(30)));
        let round = round.next(None, at(45));
        assert_eq!((round.since, round.began), (at(19), at(45)));
    }

    #[test]
    fn what_has_come_to_nothing_yet_is_looked_at_again_for_a_day() {
        let mut round = ArrivalSweep::first(at(0)).next(None, at(60)).next(None, at(120));
        assert_eq!(round.since, at(49));
        round.look_again(at(55));
        round.look_again(at(50));
        round = round.next(Some("k".into()), at(180));
        round = round.next(None, at(200));
        assert_eq!(round.since, at(50), "the oldest, also of an earlier part");
        assert_eq!(round.clone().next(None, at(215)).since, at(189), "it is settled");
        round.look_again(at(50));
        assert_eq!(round.next(None, at(50 + 24 * 60 + 30)).since, at(80));
    }

    #[test]
    fn what_was_passed_over_is_looked_at_for_as_long_as_it_is_noted_what_was_served() {
        let days = |days: u64| at(days * 24 * 60);
        let mut round = ArrivalSweep::first(at(0));
        for day in 1..40 {
            round.pass_over();
            round.look_again(days(day));
            round = round.next(None, days(day));
            assert_eq!(round.since, at(0), "{day}");
            assert!(!round.passed, "the next one may come to it");
            assert_eq!(round.concerns(at(60), days(day)), day <= 30, "{day}");
        }
        // Its note may be gone at any moment now.
        assert!(round.concerns(at(12), days(30)));
        assert!(!round.concerns(at(10), days(30)));
        assert_eq!(round.next(None, days(40)).since.ms_since(at(0)), days(39).ms_since(at(11)));
    }

    #[test]
    fn whatever_arrives_concerns_a_round() {
        // A round of three parts, one each 15 minutes; whatever its place, each minute's arrival is
        // seen, and in no more than three rounds, which overlap.
        for place in 0..3_u64 {
            for minute in 1..200 {
                let mut round = ArrivalSweep::first(at(0));
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
