//! A site with a folder per release.

pub(super) mod copies;
mod prepare;

use super::state::{Change, Prefix, State};
use super::target::Target;
use super::{Knowledge, Site, SitePorts};
use crate::kinds::{Next, Noticed, whose};
use crate::ports::Answered;
pub(super) use prepare::prepare;
use windlass_domain::fault::{Fault, FaultName};
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

/// What one look shows.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What is recorded of it.
    pub state: Prefix,
    /// The ETag of the distribution's configuration.
    pub etag: String,
    /// Whether the origin path is neither that of before nor the goal's.
    pub strange: bool,
}

impl<P: SitePorts> Site<P> {
    /// Looks at the distribution.
    pub(in crate::kinds::site) async fn observe_prefix(&self, target: &Target) -> Answered<Seen> {
        observe(&self.at, &self.known, target).await
    }
}

/// What the distribution, at the target's place, is like.
async fn observe<P: SitePorts>(at: &P, known: &Knowledge, target: &Target) -> Answered<Seen> {
    let (id, origin) = distribution_of(target)?;
    let found = at.distribution(id).await?;
    let origin = found.origins.iter().find(|it| it.id == origin);
    let origin = origin.ok_or_else(|| {
        let text = format!("the distribution {id} has no such origin any more");
        Fault::new(FaultName::NotFound, text)
    })?;
    let known = [&known.forward.0, &known.before.0];
    let there = known.into_iter().find_map(|state| match state {
        State::Prefix(state) if state.origin_path == origin.path => Some(state),
        _ => None,
    });
    Ok(Seen {
        state: Prefix {
            release: there.and_then(|state| state.release.clone()),
            origin_path: origin.path.clone(),
            deployed: found.deployed,
        },
        etag: found.etag,
        strange: there.is_none(),
    })
}

/// The distribution and its origin.
pub fn distribution_of(target: &Target) -> Answered<(&str, &str)> {
    match (&target.site.distribution, &target.origin) {
        (Some(distribution), Some(origin)) => Ok((distribution, origin)),
        _ => Err(Fault::internal(
            "a site with a prefix has no distribution or origin",
        )),
    }
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
