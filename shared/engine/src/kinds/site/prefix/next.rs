use super::observe::Seen;
use crate::kinds::site::state::{Change, Prefix};
use crate::kinds::{Next, Noticed, whose};
use windlass_domain::finding::{Finding, FindingName};

/// How long to wait before looking again whether all edges have the configuration, in seconds.
const EDGES_S: u64 = 10;

/// Pure: what to do next; `owned` tells what of the distribution Windlass owns.
pub fn next(owned: &str, is: &Seen, wanted: &Prefix) -> Next<Change> {
    let from = &is.state.origin_path;
    if *from == wanted.origin_path {
        return if is.state.deployed {
            Next::Done
        } else {
            Next::Wait(EDGES_S)
        };
    }
    if is.strange {
        return Next::Failed(strange(owned, is));
    }
    Next::Do(Change::Switch {
        etag: is.etag.clone(),
        from: from.clone(),
        to: wanted.origin_path.clone(),
    })
}

/// What visitors get once the origin path is switched.
pub fn after(to: &str, is: &Seen) -> Noticed {
    let after = Prefix {
        origin_path: to.to_owned(),
        ..is.state.clone()
    };
    after.noticed()
}

/// Somebody else pointed the distribution elsewhere.
fn strange(owned: &str, is: &Seen) -> Finding {
    let path = &is.state.origin_path;
    Finding::new(
        FindingName::TargetChangedByOther,
        path.clone(),
        format!(
            "the origin path is `{path}`, which is neither that of before nor the release's. {}",
            whose(owned)
        ),
        "find out who changed the distribution (CloudTrail), set the origin path that should be there, then use `recover` or deploy again",
    )
}

/// The declaration changed the mode in the middle of a deployment.
pub fn other_mode() -> Finding {
    Finding::new(
        FindingName::NotSupported,
        "mode",
        "the recorded state belongs to the other mode of a site",
        "deploy a release instead of going back: a rollback cannot change the mode",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, deployed: bool, strange: bool) -> Seen {
        Seen {
            state: wanted(path, deployed),
            etag: "E1".into(),
            strange,
        }
    }

    fn wanted(path: &str, deployed: bool) -> Prefix {
        Prefix {
            origin_path: path.into(),
            deployed,
            ..Prefix::default()
        }
    }

    #[test]
    fn switch_then_wait_for_the_edges_then_done() {
        let wanted = wanted("/b", true);
        let switch = Next::Do(Change::Switch {
            etag: "E1".into(),
            from: "/a".into(),
            to: "/b".into(),
        });
        assert_eq!(next("the path", &at("/a", true, false), &wanted), switch);
        // Another change may still be on its way to the edges: that does not hinder the next one.
        assert_eq!(next("the path", &at("/a", false, false), &wanted), switch);
        assert_eq!(
            next("the path", &at("/b", false, false), &wanted),
            Next::Wait(EDGES_S)
        );
        assert_eq!(
            next("the path", &at("/b", true, false), &wanted),
            Next::Done
        );
    }

    #[test]
    fn a_strangers_origin_path_is_not_overwritten() {
        let Next::Failed(finding) = next("the path", &at("/c", true, true), &wanted("/b", true))
        else {
            panic!("it is overwritten");
        };
        assert_eq!(finding.name, FindingName::TargetChangedByOther);
        let ending = "release's. Windlass owns the path; every other field is yours";
        assert!(finding.reason.ends_with(ending), "{finding}");
    }
}
