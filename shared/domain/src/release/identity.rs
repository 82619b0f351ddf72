//! The ids of deployments, and the order of releases: the same request always has the same id, and of two releases it
//! is known which is newer.

use crate::release::action::ActionName;
use crate::release::version_order;
use crate::text::digest::Digest;
use crate::text::name::{AppName, EnvironmentName};
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// An environment, which only the name of its application and its own distinguish from all others. It borrows both, so
/// that whatever has them can be asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvironmentId<'a> {
    app: &'a AppName,
    environment: &'a EnvironmentName,
}

impl<'a> EnvironmentId<'a> {
    /// The environment of these two names.
    pub fn new(app: &'a AppName, environment: &'a EnvironmentName) -> Self {
        Self { app, environment }
    }

    /// Returns the application.
    pub const fn app(self) -> &'a AppName {
        self.app
    }

    /// Returns the environment's own name.
    pub const fn environment(self) -> &'a EnvironmentName {
        self.environment
    }
}

impl fmt::Display for EnvironmentId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.app, self.environment)
    }
}

/// A deployment's id: 16 hexadecimal digits. They are made from application, environment, action, and what identifies
/// the request: for an arrival the digest of the pinned release and the attempt, else the idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DeploymentId(pub String);

impl DeploymentId {
    /// Returns the id of a deployment. The same five things always give the same id.
    pub fn of(of: EnvironmentId<'_>, action: ActionName, release: &Digest, attempt: u32) -> Self {
        let (app, environment) = (of.app(), of.environment());
        let text = format!("{app}\n{environment}\n{action}\n{release}\n{attempt}");
        Self(Digest::of(text.as_bytes()).as_str()[..16].to_owned())
    }

    /// Returns the id of a request with an idempotency key: the same key is the same request, whatever it is for.
    pub fn keyed(of: EnvironmentId<'_>, action: ActionName, key: &str) -> Self {
        let (app, environment) = (of.app(), of.environment());
        // No attempt has such a name: nobody can choose a key that meets the id of an arrival.
        let text = format!("{app}\n{environment}\n{action}\nkey {key}");
        Self(Digest::of(text.as_bytes()).as_str()[..16].to_owned())
    }

    /// Returns the id for an execution that only plans.
    pub fn planned(execution: &str) -> Self {
        let text = format!("plan {execution}");
        Self(Digest::of(text.as_bytes()).as_str()[..16].to_owned())
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes a readable execution name such as `shop-prod-1.4.0-3f9a1c2255667788`. The id decides: names may have hyphens,
/// so the other parts may be those of another environment.
///
/// Step Functions takes up to 80 characters without white space, brackets, wildcards or
/// `" # % \ ^ | ~ $ & , ; : /` (Step Functions API Reference, StartExecution, `name`).
pub fn execution_name(parts: &[&str], id: &str) -> String {
    let clean = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' }).collect()
    };
    let suffix = clean(&execution_suffix(id));
    let stem = clean(&parts.join("-"));
    let stem: String = stem.chars().take(80 - suffix.len()).collect();
    format!("{stem}{suffix}")
}

/// The digits of an id in the name of an execution. With eight of them somebody could find a release of their own whose
/// execution stands in the way of another one's.
const ID_DIGITS: usize = 16;

/// Returns the end of the names of a deployment's executions: `-3f9a1c2255667788`.
pub fn execution_suffix(id: &str) -> String {
    let digits: String = id.chars().take(ID_DIGITS).collect();
    format!("-{digits}")
}

/// The place of a release in the order of its environment. Two places are compared by the first measure that both have.
///
/// Rule 6: semantic version, and the number of its build, if the environment's rule is a tag rule; else the manifest's
/// `sequence` if both have one; else the time of arrival; ties by the time of recording, and by id.
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
    /// The time at which it was recorded. Events have whole seconds: if two arrive in the same second, the one that is
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
            && version_order::compare(a, b) != Ordering::Equal
        {
            return version_order::compare(a, b);
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
mod tests_of_order {
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
            (("1.0.0+9", 2, 9, "b"), ("1.0.0+10", 1, 1, "a"), Less),
            (("1.0.0+9", 0, 2, "a"), ("1.0.0+4be1c3a", 0, 1, "b"), Greater),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::identity::EnvironmentId;

    #[test]
    fn the_same_five_things_are_the_same_deployment_and_no_other() {
        let of = |app: &str, environment: &str, action, release: &[u8], attempt| {
            let (app, environment) = (AppName::new(app), EnvironmentName::new(environment));
            let release = Digest::of(release);
            DeploymentId::of(EnvironmentId::new(&app.unwrap(), &environment.unwrap()), action, &release, attempt)
        };
        let one = of("shop", "prod", ActionName::Deploy, b"1", 1);
        assert_eq!(one, of("shop", "prod", ActionName::Deploy, b"1", 1));
        assert_eq!(one.as_str().len(), 16);
        assert_eq!(one.to_string(), one.as_str());
        for other in [
            of("bank", "prod", ActionName::Deploy, b"1", 1),
            of("shop", "test", ActionName::Deploy, b"1", 1),
            of("shop", "prod", ActionName::Rollback, b"1", 1),
            of("shop", "prod", ActionName::Deploy, b"2", 1),
            of("shop", "prod", ActionName::Deploy, b"1", 2),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn the_same_key_is_the_same_request_within_its_environment_and_action() {
        let of = |app: &str, environment: &str, action, key| {
            let (app, environment) = (AppName::new(app), EnvironmentName::new(environment));
            DeploymentId::keyed(EnvironmentId::new(&app.unwrap(), &environment.unwrap()), action, key)
        };
        let one = of("shop", "prod", ActionName::Deploy, "run-812");
        assert_eq!(one, of("shop", "prod", ActionName::Deploy, "run-812"));
        assert_eq!(one.as_str().len(), 16);
        for other in [
            of("bank", "prod", ActionName::Deploy, "run-812"),
            of("shop", "test", ActionName::Deploy, "run-812"),
            of("shop", "prod", ActionName::Rollback, "run-812"),
            of("shop", "prod", ActionName::Deploy, "run-813"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn an_executions_name_is_one_that_step_functions_takes() {
        let id = "3f9a1c2255667788";
        let table = [
            (vec!["shop", "prod", "1.4.0"], "shop-prod-1.4.0-3f9a1c2255667788"),
            (vec!["shop", "a_b+c:d é"], "shop-a_b-c-d---3f9a1c2255667788"),
        ];
        for (parts, name) in table {
            assert_eq!(execution_name(&parts, id), name);
        }
        let long = execution_name(&["x".repeat(200).as_str()], id);
        assert_eq!(long.len(), 80);
        assert!(long.ends_with("x-3f9a1c2255667788"));
        assert_eq!(execution_suffix(id), "-3f9a1c2255667788");
    }
}
