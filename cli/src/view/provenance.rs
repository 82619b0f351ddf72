//! A deployment in short: its requester, its commit and its reason, beside what it brought.

use serde::{Deserialize, Serialize};
use windlass_domain::document::git::Git;
use windlass_domain::environment::ACCEPTED;
use windlass_domain::release::Part;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Resolved;
use windlass_domain::release::request::Requester;
use windlass_domain::shown::message::ReleaseSummary;
use windlass_domain::text::foreign;
use windlass_domain::text::time::Time;

/// A deployment in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The action that was asked for.
    pub action: ActionName,
    /// The release's version.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// The snapshot that it goes to, if it goes to one and that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<u64>,
    /// Its origin in Git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<Git>,
    /// The components that it brought, or containers of them.
    #[serde(default)]
    pub components: Vec<Part>,
    /// The requester.
    pub requester: Requester,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "foreign::maybe")]
    pub reason: Option<String>,
    /// The time at which it was accepted.
    pub accepted: Time,
    /// The time at which it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Time>,
    /// The time at which it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Time>,
    /// The person who accepted what it had left, where it could not be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
}

impl Provenance {
    /// Returns the person who accepted what runs by this name, where the deployment left that.
    pub fn accepted_as(&self, version: &str) -> Option<&Resolved> {
        self.resolved.as_ref().filter(|_| version == ACCEPTED)
    }

    /// Returns its words, such as `rollback, asked by ann: checkout is broken`.
    pub fn words(&self) -> String {
        format!("{}, {}", self.action, self.by_whom())
    }

    /// Returns its words where nothing else says what it brings: `of 1.4.0 (deploy, asked by tom)`, `(rollback to
    /// 1.0.0, snapshot 3; asked by ann: checkout is broken)`.
    pub fn in_full(&self) -> String {
        if self.action == ActionName::Deploy {
            return format!("of {} ({})", self.version, self.words());
        }
        format!("({}; {})", self.summary().called(), self.by_whom())
    }

    /// Returns what it brings.
    pub fn summary(&self) -> ReleaseSummary<'_> {
        ReleaseSummary { action: self.action, version: Some(&self.version), snapshot: self.snapshot }
    }

    fn by_whom(&self) -> String {
        let reason = self.reason.iter().map(|reason| format!(": {reason}"));
        let who = who(&self.requester);
        format!("asked by {who}{}", reason.collect::<String>())
    }
}

/// Returns the requester in few letters: the end of an ARN is enough for a person, and the record has the whole.
pub fn who(requester: &Requester) -> String {
    requester.principal.as_deref().map_or_else(|| requester.to_string(), short)
}

/// Returns a principal in few letters.
pub fn short(principal: &str) -> String {
    principal.strip_prefix("arn:").and_then(|arn| arn.splitn(5, ':').nth(4)).unwrap_or(principal).to_owned()
}

/// Returns the commit in few letters, with `+dirty` where there was more than it.
pub fn commit(git: Option<&Git>) -> String {
    let commit = git.and_then(|git| git.commit.as_deref());
    let short = commit.map(|commit| commit.get(..7).unwrap_or(commit));
    match (short, git.is_some_and(|git| git.dirty)) {
        (Some(commit), true) => format!("{commit}+dirty"),
        (Some(commit), false) => commit.to_owned(),
        (None, true) => "unknown+dirty".to_owned(),
        (None, false) => "-".to_owned(),
    }
}

/// Returns the names of components in one word.
pub fn names(components: &[Part]) -> String {
    if components.is_empty() {
        return "-".to_owned();
    }
    components.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Returns the time that something took: `1h02m`, `4m12s`, `9s`; `-` where it has not begun or not ended.
pub fn took(started: Option<Time>, ended: Option<Time>) -> String {
    let (Some(started), Some(ended)) = (started, ended) else {
        return "-".to_owned();
    };
    let seconds = ended.ms_since(started) / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::release::request::Route;

    #[test]
    fn principals_commits_and_times_are_short() {
        let by = |principal: Option<&str>| who(&Requester { route: Route::S3, principal: principal.map(Into::into) });
        let role = "arn:aws:sts::111111111111:assumed-role/ci/run-812";
        assert_eq!(by(Some(role)), "assumed-role/ci/run-812");
        assert_eq!(by(Some("an upload")), "an upload");
        assert_eq!(by(None), "an upload");
        let git = |commit: Option<&str>, dirty| {
            let git = serde_json::json!({"ref": "refs/heads/main", "commit": commit, "dirty": dirty});
            commit_of(&serde_json::from_value(git).unwrap())
        };
        assert_eq!(git(Some("9f2c61d4a0b3"), false), "9f2c61d");
        assert_eq!(git(Some("9f2c61d"), true), "9f2c61d+dirty");
        assert_eq!(git(None, true), "unknown+dirty");
        assert_eq!(git(None, false), "-");
        assert_eq!(commit(None), "-");
        let at = |seconds: u64| Some(Time(seconds * 1000));
        assert_eq!(took(at(1), at(10)), "9s");
        assert_eq!(took(at(0), at(252)), "4m12s");
        assert_eq!(took(at(0), at(3725)), "1h02m");
        assert_eq!(took(at(0), None), "-");
    }

    fn commit_of(git: &Git) -> String {
        commit(Some(git))
    }
}
