//! The order of releases: it tells which of two is newer.

use crate::identity::DeploymentId;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The place of a release in the order of its environment. Compare with [`Order::compare`].
///
/// Rule 6: semantic version if the environment's rule is a tag rule; else the manifest's `sequence` if both have one;
/// else the time of arrival; ties by the time of recording, and by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// The semantic version; present only if the environment's rule is a tag rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub version: Option<semver::Version>,
    /// The manifest's `sequence`: a CI run number or a commit time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The time at which Windlass accepted the release. For an upload or a push it is the time of the arrival, because
    /// its event may come late.
    pub accepted: Time,
    /// The time at which it was recorded. Events tell whole seconds: if two arrive in the same second, the one that is
    /// recorded later counts as newer.
    #[serde(default)]
    pub recorded: Time,
    /// The deployment, for ties.
    pub id: DeploymentId,
}

impl Order {
    /// Compares by the first measure that both have.
    pub fn compare(&self, other: &Self) -> Ordering {
        if let (Some(a), Some(b)) = (&self.version, &other.version)
            && a.cmp_precedence(b) != Ordering::Equal
        {
            return a.cmp_precedence(b);
        }
        if let (Some(a), Some(b)) = (self.sequence, other.sequence)
            && a != b
        {
            return a.cmp(&b);
        }
        self.arrival().cmp(&other.arrival())
    }

    fn arrival(&self) -> (Time, Time, &DeploymentId) {
        (self.accepted, self.recorded, &self.id)
    }

    /// Returns whether it arrived after `other`, whatever the numbers of both. Of any that are not the same one,
    /// exactly one arrived last.
    pub fn arrived_after(&self, other: &Self) -> bool {
        self.arrival() > other.arrival()
    }

    /// Returns whether both are of one arrival: the next attempt at a release stands where the first one did.
    pub fn is_same_arrival(&self, other: &Self) -> bool {
        let place = |order: &Self| (order.accepted, order.recorded);
        self.version == other.version && self.sequence == other.sequence && place(self) == place(other)
    }

    /// Returns whether this release is newer than `other`.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.compare(other) == Ordering::Greater
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(version: &str, sequence: u64, accepted: u64, id: &str) -> Order {
        Order {
            version: semver::Version::parse(version).ok(),
            sequence: (sequence > 0).then_some(sequence),
            accepted: Time(accepted),
            recorded: Time(0),
            id: DeploymentId(id.to_owned()),
        }
    }

    #[test]
    fn the_first_measure_that_both_have_and_that_differs_decides() {
        use Ordering::{Equal, Greater, Less};
        // version, sequence (0: none), accepted, id
        let table = [
            (("1.0.0", 9, 9, "b"), ("2.0.0", 1, 1, "a"), Less),
            (("1.0.0", 1, 9, "b"), ("1.0.0+build", 2, 1, "a"), Less),
            (("1.0.0", 9, 1, "a"), ("", 1, 2, "b"), Greater),
            (("", 9, 1, "a"), ("2.0.0", 1, 2, "b"), Greater),
            (("", 3, 1, "a"), ("", 3, 2, "a"), Less),
            (("", 3, 1, "b"), ("", 0, 2, "a"), Less),
            (("", 0, 2, "a"), ("", 9, 1, "b"), Greater),
            (("", 0, 2, "b"), ("", 0, 2, "a"), Greater),
            (("", 0, 2, "a"), ("", 0, 2, "a"), Equal),
        ];
        for (a, b, wanted) in table {
            let (one, other) = (order(a.0, a.1, a.2, a.3), order(b.0, b.1, b.2, b.3));
            assert_eq!(one.compare(&other), wanted, "{a:?} {b:?}");
            assert_eq!(other.compare(&one), wanted.reverse(), "{b:?} {a:?}");
            assert_eq!(one.is_newer_than(&other), wanted == Greater, "{a:?} {b:?}");
        }
    }

    #[test]
    fn of_two_that_arrived_in_the_same_second_the_one_that_was_recorded_later_is_newer() {
        let recorded = |at, id| Order { recorded: Time(at), ..order("", 0, 4, id) };
        let (older, newer) = (recorded(8, "b"), recorded(9, "a"));
        assert!(newer.is_newer_than(&older));
        assert!(!older.is_newer_than(&newer));
        let earlier = order("", 9, 3, "c");
        assert!(older.is_newer_than(&earlier));
        let all = [&earlier, &older, &newer];
        for (a, one) in all.iter().enumerate() {
            for (b, other) in all.iter().enumerate() {
                assert_eq!(one.arrived_after(other), a > b, "{one:?} {other:?}");
            }
        }
    }
}
