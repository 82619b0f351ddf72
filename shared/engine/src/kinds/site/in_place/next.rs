//! Pure: decides what to do next with a site in place, and gives the words, the value and the time of a change.

use super::plan::{Operation, OperationKind};
use crate::kinds::site::in_place::plan::{Change, Goal, Seen};
use crate::kinds::{Next, whose};
use serde_json::{Value, json};
use std::sync::Arc;
use windlass_domain::prose;
use windlass_domain::text::count::{agree, count, many};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;

/// Pure: what to do next. `owned` says in words which files of the site Windlass owns.
pub fn next(owned: &str, is: &Seen, wanted: &Goal) -> Next<Change> {
    let Some(way) = is.ways.get(&wanted.id()) else { return Next::Failed(unknown(&wanted.id())) };
    if !way.strange.is_empty() {
        return Next::Failed(strange(&way.strange, owned));
    }
    if !way.ops.is_empty() {
        return Next::Do(Change::Write(Arc::new(one_call(&way.ops).to_vec())));
    }
    match &is.unrecorded {
        Some(objects) => Next::Do(Change::Record(Arc::clone(objects))),
        None => Next::Done,
    }
}

/// Returns the change as the ledger records it: a digest of all ops that are left of its sort, which may be thousands.
/// So to go on is another change than to begin.
pub fn value(ops: &[Operation]) -> Value {
    let mut text = String::new();
    for op in ops {
        let what = match &op.what {
            OperationKind::Put(file) => ("put ", file.sha256.as_str()),
            OperationKind::Restore(object) => ("restore ", object.etag.as_str()),
            OperationKind::Delete => ("delete", ""),
        };
        text.extend([what.0, what.1, " ", &op.path, "\0"]);
    }
    json!({"write": Digest::of(text.as_bytes())})
}

/// Returns the change in words: how many files are left of its sort, and the first of them.
pub fn what(ops: &[Operation]) -> String {
    let of = |is: fn(&OperationKind) -> bool| ops.iter().filter(|op| is(&op.what)).count();
    let counts = [
        (of(|what| matches!(what, OperationKind::Put(_))), "write"),
        (of(|what| matches!(what, OperationKind::Restore(_))), "restore"),
        (of(|what| matches!(what, OperationKind::Delete)), "delete"),
    ];
    let parts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, verb)| format!("{verb} {count}")).collect();
    let first = ops.first().map_or("", |op| op.path.as_str());
    let files = many(ops.len(), "file");
    format!("{} {files}, first `{first}`", parts.join(", "))
}

fn strange(paths: &[String], owned: &str) -> Finding {
    let some: Vec<&str> = paths.iter().take(5).map(String::as_str).collect();
    Finding::new(
        FindingName::TargetChangedByOther,
        paths.first().cloned().unwrap_or_default(),
        format!(
            "{} {} neither what was there before nor what this deployment wrote: {}. {}",
            count(paths.len(), "file"),
            agree(paths.len(), "is", "are"),
            some.join(", "),
            whose(owned)
        ),
        prose!(
            "find out who wrote them (CloudTrail, the object's versions), put back what should be there, then use `recover` or {}",
            Redeploy::Again
        ),
    )
}

fn unknown(id: &str) -> Finding {
    Finding::new(
        FindingName::ChangeFailed,
        id,
        format!("the site's list {id} was not read, so the way to it is not known"),
        prose!("{}; if it stays, the ledger was edited by hand", Redeploy::Again),
    )
}

/// No write begins after this many milliseconds. Only a write that S3 has throttled may begin later: it is made again
/// after a pause of up to 0.4 s.
pub const SENDING_MS: u64 = 5_000;

/// The longest time that a write takes, in milliseconds.
const WITHIN_MS: u64 = 4_000;

/// The longest time that a write of a large file takes, in milliseconds. S3 copies such a file or puts it together.
const LARGE_WITHIN_MS: u64 = 24_000;

/// The seconds by which a switch with such a write may take longer.
const LARGE_LONGER_S: u64 = 20;

/// About how many writes a switch makes in a second. S3 answers one function so many over a minute, besides the
/// function's looks and notes.
const WRITES_PER_S: usize = 500;

/// Returns about how many seconds so many writes take. Meanwhile visitors meet files of two releases.
pub fn about_s(writes: usize) -> u64 {
    u64::try_from(writes.div_ceil(WRITES_PER_S)).unwrap_or(u64::MAX)
}

/// A switch in place that takes at least this many seconds is worth a warning.
const LONG_S: u64 = 10;

/// Pure: a warning if the switch of so many files in place takes long.
pub(super) fn long_switch(writes: usize, path: &str) -> Option<Finding> {
    let seconds = about_s(writes);
    (seconds >= LONG_S).then(|| {
        Finding::new(
            FindingName::MixedReleases,
            path,
            format!(
                "{} that visitors have {} changed in place: for about {seconds} s they meet pages of both releases",
                count(writes, "file"),
                agree(writes, "is", "are")
            ),
            "use the mode `prefix`, which goes live by one change of the distribution",
        )
    })
}

/// Returns the ops, of all that are left, that one call sends: those at the beginning that take about as long. So a
/// large file makes no other call longer. If the answer to a call is lost, the whole time of the call is waited for.
pub fn one_call(left: &[Operation]) -> &[Operation] {
    let slow = left.first().is_some_and(Operation::is_slow);
    let end = left.iter().position(|op| op.is_slow() != slow);
    &left[..end.unwrap_or(left.len())]
}

/// Returns how many seconds longer than usual the ops of one call may take.
pub fn takes_longer_s(ops: &[Operation]) -> u64 {
    if ops.iter().any(Operation::is_slow) { LARGE_LONGER_S } else { 0 }
}

/// Returns the milliseconds after which the write of an op is given up.
pub fn within_ms(op: &Operation) -> u64 {
    if op.is_slow() { LARGE_WITHIN_MS } else { WITHIN_MS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::site::files::Objects;
    use crate::kinds::site::in_place::plan::InPlacePlan;
    use crate::kinds::site::in_place::plan::ObjectList;
    use crate::ports::Replaces;

    fn is(ways: &[(&str, InPlacePlan)], unrecorded: bool) -> Seen {
        Seen {
            state: Goal::default(),
            noticed: Digest::of(b""),
            ways: Arc::new(ways.iter().map(|(id, way)| (Digest::of(id.as_bytes()).to_string(), way.clone())).collect()),
            forward: Goal::default(),
            unrecorded: unrecorded.then(list),
            calls: 0,
        }
    }

    fn list() -> Arc<ObjectList> {
        Arc::new(ObjectList::of(&Objects::new()).unwrap())
    }

    fn wanted(release: &str) -> Goal {
        Goal { release: Some(Digest::of(release.as_bytes())), ..Goal::default() }
    }

    fn way(strange: &[&str], deletes: &[&str]) -> InPlacePlan {
        let op = |path: &&str| Operation {
            path: (*path).to_owned(),
            what: OperationKind::Delete,
            replaces: Replaces::Nothing,
            additive: false,
            stage: 0,
        };
        InPlacePlan {
            ops: deletes.iter().map(op).collect(),
            strange: strange.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    #[test]
    fn first_all_files_then_the_list_then_done() {
        let there = is(&[("a", way(&[], &[])), ("b", way(&[], &["x", "y"]))], true);
        let Next::Do(change) = next("the files", &there, &wanted("b")) else {
            panic!("b is not reached");
        };
        assert_eq!(change, Change::Write(Arc::new(way(&[], &["x", "y"]).ops)));
        assert_eq!(next("the files", &there, &wanted("a")), Next::Do(Change::Record(list())));
        let kept = is(&[("a", way(&[], &[]))], false);
        assert_eq!(next("the files", &kept, &wanted("a")), Next::Done);
    }

    #[test]
    fn what_somebody_else_wrote_stops_it() {
        let there = is(&[("a", way(&["x"], &["y"]))], true);
        let Next::Failed(finding) = next("the files", &there, &wanted("a")) else {
            panic!("somebody else's file is overwritten");
        };
        assert_eq!(finding.name, FindingName::TargetChangedByOther);
        let ending = "wrote: x. Windlass owns the files; every other field is yours";
        assert!(finding.reason.written().ends_with(ending), "{finding:?}");
    }

    #[test]
    fn a_goal_that_was_not_read_is_a_failure() {
        assert!(matches!(next("the files", &is(&[], true), &wanted("a")), Next::Failed(_)));
    }

    #[test]
    fn a_change_is_the_files_that_are_left_whatever_they_replace() {
        let both = way(&[], &["x", "y"]).ops;
        let mut upon_others = both.clone();
        upon_others[0].replaces = Replaces::ETag("e".into());
        assert_eq!(value(&both), value(&upon_others));
        assert_ne!(value(&both), value(&both[..1]));
        // The words are the same.
        let others = way(&[], &["x", "z"]).ops;
        assert_eq!(what(&both), what(&others));
        assert_ne!(value(&both), value(&others));
    }

    #[test]
    fn the_words_say_what_is_left() {
        assert_eq!(what(&way(&[], &["x", "y"]).ops), "delete 2 files, first `x`");
    }
}

#[cfg(test)]
mod time_tests {
    use super::*;
    use crate::kinds::site::calls::Pace;
    use crate::kinds::site::files::Object;
    use crate::kinds::site::in_place::plan::OperationKind;
    use crate::ports::Replaces;

    fn op(bytes: u64) -> Operation {
        let object = Object { etag: String::new(), bytes, version_id: None, file: None, ours: true, copy_of: None };
        Operation {
            path: String::new(),
            what: OperationKind::Restore(object),
            replaces: Replaces::Nothing,
            additive: false,
            stage: 0,
        }
    }

    #[test]
    fn a_call_takes_longer_only_for_what_it_sends() {
        const MIB: u64 = 1024 * 1024;
        // The sizes of the files that are left, in MiB; how many of them one call sends; how many seconds longer it may
        // take.
        let table: [(&[u64], usize, u64); 6] = [
            (&[], 0, 0),
            (&[1, 1, 1], 3, 0),
            (&[1, 1, 9, 1], 2, 0),
            (&[9, 9, 1], 2, 20),
            (&[9], 1, 20),
            (&[1, 9], 1, 0),
        ];
        for (sizes, sent, longer_s) in table {
            let left: Vec<Operation> = sizes.iter().map(|mib| op(mib * MIB)).collect();
            let call = one_call(&left);
            assert_eq!((call.len(), takes_longer_s(call)), (sent, longer_s), "{sizes:?}");
        }
    }

    #[test]
    fn how_long_two_releases_are_met() {
        let table = [(0, 0), (1, 1), (500, 1), (501, 2), (32_000, 64)];
        for (writes, seconds) in table {
            assert_eq!(about_s(writes), seconds, "{writes}");
        }
    }

    #[test]
    fn a_long_switch_is_reported_with_its_time() {
        assert_eq!(long_switch(4_500, "components.web"), None);
        let found = long_switch(32_000, "components.web").unwrap();
        assert!(found.reason.written().contains("for about 64 s"), "{found:?}");
        assert!(found.remedy.written().contains("`prefix`"), "{found:?}");
    }

    #[test]
    fn every_write_ends_in_the_time_of_its_open_call() {
        let last_begins = SENDING_MS + Pace::pause_ms(2);
        assert!(last_begins + WITHIN_MS <= 10_000);
        assert!(last_begins + LARGE_WITHIN_MS <= 10_000 + LARGE_LONGER_S * 1000);
    }
}
