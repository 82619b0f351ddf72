use super::observe::Seen;
use super::time::one_call;
use crate::kinds::site::plan::{Op, What};
use crate::kinds::site::state::{Change, InPlace};
use crate::kinds::{Next, whose};
use serde_json::{Value, json};
use std::sync::Arc;
use windlass_domain::digest::Digest;
use windlass_domain::finding::{Finding, FindingName};

/// Pure: what to do next; `owned` tells what of the site Windlass owns.
pub fn next(owned: &str, is: &Seen, wanted: &InPlace) -> Next<Change> {
    let Some(way) = is.ways.get(&wanted.id()) else {
        return Next::Failed(unknown(&wanted.id()));
    };
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

/// The change as the ledger records it: a digest of what is left of its sort, which may be thousands of files,
/// so that going on is another change than beginning.
pub fn value(ops: &[Op]) -> Value {
    let mut text = String::new();
    for op in ops {
        let what = match &op.what {
            What::Put(file) => ("put ", file.sha256.as_str()),
            What::Restore(object) => ("restore ", object.etag.as_str()),
            What::Delete => ("delete", ""),
        };
        text.extend([what.0, what.1, " ", &op.path, "\0"]);
    }
    json!({"write": Digest::of(text.as_bytes())})
}

/// The change in words: how much is left of its sort, and with which file it begins.
pub fn what(ops: &[Op]) -> String {
    let count = |is: fn(&What) -> bool| ops.iter().filter(|op| is(&op.what)).count();
    let counts = [
        (count(|what| matches!(what, What::Put(_))), "write"),
        (count(|what| matches!(what, What::Restore(_))), "restore"),
        (count(|what| matches!(what, What::Delete)), "delete"),
    ];
    let parts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, verb)| format!("{verb} {count}"))
        .collect();
    let first = ops.first().map_or("", |op| op.path.as_str());
    format!("{} files, first `{first}`", parts.join(", "))
}

fn strange(paths: &[String], owned: &str) -> Finding {
    let some: Vec<&str> = paths.iter().take(5).map(String::as_str).collect();
    Finding::new(
        FindingName::TargetChangedByOther,
        paths.first().cloned().unwrap_or_default(),
        format!(
            "{} files are neither what was there before nor what this deployment wrote: {}. {}",
            paths.len(),
            some.join(", "),
            whose(owned)
        ),
        "find out who wrote them (CloudTrail, the object's versions), put back what should be there, then use `recover` or deploy again",
    )
}

fn unknown(id: &str) -> Finding {
    Finding::new(
        FindingName::ChangeFailed,
        id,
        format!("the site's list {id} was not read, so the way to it is not known"),
        "deploy again; if it stays, the ledger was edited by hand",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::site::files::Objects;
    use crate::kinds::site::plan::Way;
    use crate::kinds::site::state::Kept;
    use crate::ports::Replaces;

    fn is(ways: &[(&str, Way)], unrecorded: bool) -> Seen {
        Seen {
            state: InPlace::default(),
            noticed: Digest::of(b""),
            ways: Arc::new(
                ways.iter()
                    .map(|(id, way)| (Digest::of(id.as_bytes()).to_string(), way.clone()))
                    .collect(),
            ),
            unrecorded: unrecorded.then(list),
        }
    }

    fn list() -> Arc<Kept> {
        Arc::new(Kept::of(&Objects::new()).unwrap())
    }

    fn wanted(release: &str) -> InPlace {
        InPlace {
            release: Some(Digest::of(release.as_bytes())),
            ..InPlace::default()
        }
    }

    fn way(strange: &[&str], deletes: &[&str]) -> Way {
        let op = |path: &&str| Op {
            path: (*path).to_owned(),
            what: What::Delete,
            replaces: Replaces::Nothing,
            additive: false,
            stage: 0,
        };
        Way {
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
        assert_eq!(
            next("the files", &there, &wanted("a")),
            Next::Do(Change::Record(list()))
        );
        let kept = is(&[("a", way(&[], &[]))], false);
        assert_eq!(next("the files", &kept, &wanted("a")), Next::Done);
    }

    #[test]
    fn what_a_stranger_wrote_stops_it() {
        let there = is(&[("a", way(&["x"], &["y"]))], true);
        let Next::Failed(finding) = next("the files", &there, &wanted("a")) else {
            panic!("a stranger's file is overwritten");
        };
        assert_eq!(finding.name, FindingName::TargetChangedByOther);
        let ending = "wrote: x. Windlass owns the files; every other field is yours";
        assert!(finding.reason.ends_with(ending), "{finding}");
    }

    #[test]
    fn a_goal_that_was_not_read_is_a_failure() {
        assert!(matches!(
            next("the files", &is(&[], true), &wanted("a")),
            Next::Failed(_)
        ));
    }

    #[test]
    fn a_change_is_the_files_that_are_left_whatever_they_replace() {
        let both = way(&[], &["x", "y"]).ops;
        let mut upon_others = both.clone();
        upon_others[0].replaces = Replaces::ETag("e".into());
        assert_eq!(value(&both), value(&upon_others));
        assert_ne!(value(&both), value(&both[..1]));
        // In the same words.
        let others = way(&[], &["x", "z"]).ops;
        assert_eq!(what(&both), what(&others));
        assert_ne!(value(&both), value(&others));
    }

    #[test]
    fn the_words_say_what_is_left() {
        assert_eq!(
            what(&way(&[], &["x", "y"]).ops),
            "delete 2 files, first `x`"
        );
    }
}
