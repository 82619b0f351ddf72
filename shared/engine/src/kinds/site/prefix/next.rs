use crate::kinds::site::state::{Change, Prefix, State};
use crate::kinds::{Next, whose};
use windlass_domain::finding::{Finding, FindingName};

/// How long to wait before looking again whether all edges have the configuration, in seconds.
const EDGES_S: u64 = 10;

/// Pure: what to do next.
pub fn next(is: &Prefix, wanted: &Prefix) -> Next<Change> {
    if is.origin_path == wanted.origin_path {
        return if is.deployed {
            Next::Done
        } else {
            Next::Wait(EDGES_S)
        };
    }
    if is.strange {
        return Next::Failed(strange(is));
    }
    Next::Do(Change::Switch {
        etag: is.etag.clone(),
        from: is.origin_path.clone(),
        to: wanted.origin_path.clone(),
    })
}

/// What visitors get once the origin path is switched.
pub fn after(to: &str, is: &State) -> Option<State> {
    match is {
        State::Prefix(is) => Some(State::Prefix(Prefix {
            origin_path: to.to_owned(),
            ..is.clone()
        })),
        State::InPlace(_) => None,
    }
}

/// Somebody else pointed the distribution elsewhere.
pub fn strange(is: &Prefix) -> Finding {
    Finding::new(
        FindingName::TargetChangedByOther,
        is.origin_path.clone(),
        format!(
            "the origin path is `{}`, which is neither that of before nor the release's. {}",
            is.origin_path,
            whose(&is.owned)
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

    fn at(path: &str, deployed: bool, strange: bool) -> Prefix {
        Prefix {
            origin_path: path.into(),
            deployed,
            etag: "E1".into(),
            strange,
            owned: "the path".into(),
            ..Prefix::default()
        }
    }

    #[test]
    fn switch_then_wait_for_the_edges_then_done() {
        let wanted = at("/b", true, false);
        let switch = Next::Do(Change::Switch {
            etag: "E1".into(),
            from: "/a".into(),
            to: "/b".into(),
        });
        assert_eq!(next(&at("/a", true, false), &wanted), switch);
        // Another change may still be on its way to the edges: that does not hinder the next one.
        assert_eq!(next(&at("/a", false, false), &wanted), switch);
        assert_eq!(next(&at("/b", false, false), &wanted), Next::Wait(EDGES_S));
        assert_eq!(next(&at("/b", true, false), &wanted), Next::Done);
    }

    #[test]
    fn a_strangers_origin_path_is_not_overwritten() {
        let Next::Failed(finding) = next(&at("/c", true, true), &at("/b", true, false)) else {
            panic!("it is overwritten");
        };
        assert_eq!(finding.name, FindingName::TargetChangedByOther);
        let ending = "release's. Windlass owns the path; every other field is yours";
        assert!(finding.reason.ends_with(ending), "{finding}");
    }
}
