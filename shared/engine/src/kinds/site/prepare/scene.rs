//! The knowledge of a site while it is prepared: the state that is asked for or recorded, and the distribution that
//! serves the bucket.

use crate::kinds::PrepareInput;
use crate::kinds::archive::Entry;
use crate::kinds::site::in_place::plan as in_place;
use crate::kinds::site::lists::Lists;
use crate::kinds::site::prefix::state as prefix;
use crate::kinds::site::rules::{Build, SiteRules};
use crate::kinds::site::target::Target;
use crate::ports::{Distribution, Origin};
use crate::trouble::Trouble;
use serde::Deserialize;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::Finding;

/// The state that is asked for.
pub(in crate::kinds::site) enum WantedSite<G> {
    /// The files of an archive: the release, and the entries that the archive's directory declares.
    Release(Digest, Vec<Entry>),
    /// A recorded state.
    Recorded(G),
}

impl WantedSite<RecordedSite> {
    /// Returns the same in the declared mode. A state that was recorded in the other mode cannot be reached.
    pub(super) fn in_mode<G>(self, of: impl Fn(RecordedSite) -> Option<G>) -> Result<WantedSite<G>, Trouble> {
        match self {
            Self::Release(release, entries) => Ok(WantedSite::Release(release, entries)),
            Self::Recorded(state) => of(state).map(WantedSite::Recorded).ok_or_else(|| {
                Finding::not_supported(
                    "mode",
                    "the recorded state belongs to the other mode of a site",
                    "deploy a release instead of going back: a rollback cannot change the mode",
                )
                .into()
            }),
        }
    }
}

/// Everything that is known so far.
pub(in crate::kinds::site) struct SiteScene<'a, P> {
    /// The ports at the target's place.
    pub(in crate::kinds::site) at: &'a P,
    /// The lists in the artifacts bucket.
    pub(in crate::kinds::site) lists: Lists<'a, P>,
    pub(in crate::kinds::site) input: &'a PrepareInput<'a>,
    pub(in crate::kinds::site) target: Target,
    pub(in crate::kinds::site) rules: SiteRules,
    /// What the files of the archive show of each other, if the site is in place. Otherwise only the publisher asks.
    pub(in crate::kinds::site) build: Build,
    pub(in crate::kinds::site) warnings: Vec<Finding>,
}

/// The state that is recorded of a site. It may be of either mode, because a person may have changed the mode since.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum RecordedSite {
    /// The state of a site that is changed in place.
    InPlace(in_place::Goal),
    /// The state of a site with a folder per release.
    Prefix(prefix::Goal),
}

impl RecordedSite {
    pub(crate) fn in_place(self) -> Option<in_place::Goal> {
        match self {
            Self::InPlace(goal) => Some(goal),
            Self::Prefix(_) => None,
        }
    }

    pub(crate) fn prefix(self) -> Option<prefix::Goal> {
        match self {
            Self::Prefix(goal) => Some(goal),
            Self::InPlace(_) => None,
        }
    }
}

/// A distribution that serves a site, by the origin that is its bucket.
pub(in crate::kinds::site) struct Serving {
    pub id: String,
    pub distribution: Distribution,
    pub origin: Origin,
}

/// The trouble of a site that needs a distribution, and names none.
pub(super) fn no_distribution(input: &PrepareInput<'_>) -> Trouble {
    Finding::missing_field(
        input.path("distribution"),
        "with mode `prefix` a release goes live by the distribution's origin path, but there is no distribution",
        "name the distribution, or use mode `in_place`",
    )
    .into()
}

/// Returns whether an origin's domain is the bucket's: `bucket.s3.region.amazonaws.com`, `bucket.s3.amazonaws.com`, or
/// its website (Amazon S3 User Guide, "Website endpoints").
pub(in crate::kinds::site) fn is_of_bucket(domain: &str, bucket: &str) -> bool {
    domain
        .strip_prefix(bucket)
        .and_then(|rest| rest.strip_prefix(".s3"))
        .is_some_and(|rest| rest.starts_with('.') || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_domains_are_the_bucket() {
        let table = [
            ("web.s3.eu-west-1.amazonaws.com", true),
            ("web.s3.amazonaws.com", true),
            ("web.s3-website-eu-west-1.amazonaws.com", true),
            ("web2.s3.amazonaws.com", false),
            ("web.s3x.example", false),
            ("my-web.s3.amazonaws.com", false),
            ("web.example", false),
        ];
        for (domain, expected) in table {
            assert_eq!(is_of_bucket(domain, "web"), expected, "{domain}");
        }
    }
}
