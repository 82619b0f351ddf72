use crate::kinds::site::state::{Prefix, State};
use crate::kinds::site::target::Target;
use crate::kinds::site::{Knowledge, Site, SitePorts};
use crate::ports::Answered;
use windlass_domain::fault::{Fault, FaultName};

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
