//! The words for what a deployment brings, where people read of it. Pure.
//!
//! A rollback, a drill and a restoring bring no release of their own. Before their turn nobody knows where they go, and
//! their record has the action's name in the place of a version. That name is no version, and is told to nobody as one.

use crate::deployment::Deployment;
use crate::request::ActionName;

/// The part of a listed deployment that says what it brings.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseSummary<'a> {
    /// The action that was asked for.
    pub action: ActionName,
    /// The version in the record, if there is one.
    pub version: Option<&'a str>,
    /// The snapshot that it goes to, once that is known.
    pub snapshot: Option<u64>,
}

impl ReleaseSummary<'_> {
    /// Returns the version that it brings; `None` where nobody knows it yet, or it brings none.
    pub fn version(&self) -> Option<&str> {
        let is_release = self.action == ActionName::Deploy;
        self.version.filter(|version| is_release || **version != self.action.to_string())
    }

    /// Returns where it goes, if it goes to a snapshot and that is known: `1.0.0, snapshot 3`.
    pub fn goal(&self) -> Option<String> {
        if !self.action.is_to_a_snapshot() || self.action == ActionName::Withdraw {
            return None;
        }
        match (self.version(), self.snapshot) {
            (Some(version), Some(number)) => Some(format!("{version}, snapshot {number}")),
            (Some(version), None) => Some(version.to_owned()),
            (None, Some(number)) => Some(format!("snapshot {number}")),
            (None, None) => None,
        }
    }

    /// Returns the words for it: the version of a release, or the action with where it goes, such as `rollback to 1.0.0,
    /// snapshot 3`.
    pub fn called(&self) -> String {
        match (self.action, self.version, self.goal()) {
            (ActionName::Deploy, Some(version), _) => version.to_owned(),
            (ActionName::Withdraw, ..) => "withdrawal".to_owned(),
            (action, _, Some(goal)) => format!("{action} to {goal}"),
            (action, _, None) => action.to_string(),
        }
    }
}

impl Deployment {
    /// Returns what it brings, in the words that [`ReleaseSummary`] has for it.
    pub fn summary(&self) -> ReleaseSummary<'_> {
        ReleaseSummary { action: self.action, version: Some(&self.release.version), snapshot: self.snapshot }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_action_is_told_as_a_version() {
        use ActionName::{Check, Deploy, Drill, Restore, Rollback};
        let table = [
            ((Deploy, "1.4.0", None), Some("1.4.0"), "1.4.0"),
            ((Deploy, "rollback", None), Some("rollback"), "rollback"),
            ((Rollback, "rollback", None), None, "rollback"),
            ((Rollback, "rollback", Some(3)), None, "rollback to snapshot 3"),
            ((Rollback, "1.0.0", Some(3)), Some("1.0.0"), "rollback to 1.0.0, snapshot 3"),
            ((Drill, "drill", None), None, "drill"),
            ((Drill, "1.0.0", Some(3)), Some("1.0.0"), "drill to 1.0.0, snapshot 3"),
            ((Restore, "1.0.0", None), Some("1.0.0"), "restore to 1.0.0"),
            ((Check, "check", None), None, "check"),
        ];
        for ((action, version, snapshot), named, called) in table {
            let summary = ReleaseSummary { action, version: Some(version), snapshot };
            assert_eq!(summary.version(), named, "{summary:?}");
            assert_eq!(summary.called(), called);
        }
    }
}
