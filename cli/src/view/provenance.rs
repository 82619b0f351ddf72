//! A deployment in short: its requester, its commit and its reason, beside what it brought.

use windlass_domain::document::git::Git;
use windlass_domain::release::Part;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::request::Requester;
use windlass_domain::shown::api::deployments::Provenance;
use windlass_domain::text::time::Time;

/// Returns the words of a deployment, such as `rollback, asked by ann: checkout is broken`.
pub fn words(asked: &Provenance) -> String {
    format!("{}, {}", asked.action, by_whom(asked))
}

/// Returns its words where nothing else says what it brings: `of 1.4.0 (deploy, asked by tom)`, `(rollback to
/// 1.0.0, snapshot 3; asked by ann: checkout is broken)`.
pub fn in_full(asked: &Provenance) -> String {
    if asked.action == ActionName::Deploy {
        return format!("of {} ({})", asked.version, words(asked));
    }
    format!("({}; {})", asked.summary().called(), by_whom(asked))
}

fn by_whom(asked: &Provenance) -> String {
    let reason = asked.reason.iter().map(|reason| format!(": {reason}"));
    let who = who(&asked.requester);
    format!("asked by {who}{}", reason.collect::<String>())
}

/// Returns the requester in few letters: the end of an ARN is enough for a person, and the record has the whole.
pub fn who(requester: &Requester) -> String {
    requester.principal.as_deref().map_or_else(|| requester.to_string(), short)
}

/// Returns the requester in few letters, with a mark where nobody vouches for it.
pub fn asked_by(requester: &Requester, vouched: bool) -> String {
    format!("{}{}", who(requester), unvouched(vouched))
}

/// Returns the mark behind a requester for whom nobody vouches; nothing where somebody does.
pub fn unvouched(vouched: bool) -> &'static str {
    if vouched { "" } else { " (not vouched for)" }
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
        let by = |principal: Option<&str>| who(&Requester::new(Route::S3, principal.map(Into::into)));
        let role = "arn:aws:sts::111111111111:assumed-role/ci/run-812";
        assert_eq!(by(Some(role)), "assumed-role/ci/run-812");
        assert_eq!(by(Some("an upload")), "an upload");
        assert_eq!(by(None), "an upload");
        let asked = |vouched| asked_by(&Requester::new(Route::Api, Some(role.into())), vouched);
        assert_eq!(asked(true), "assumed-role/ci/run-812");
        assert_eq!(asked(false), "assumed-role/ci/run-812 (not vouched for)");
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
