//! The distributions of the account with an origin on a site's bucket. A component names one of them: a release
//! switches or invalidates that one alone, and no folder is pruned that any of them points at.

use crate::kinds::site::prepare::scene::is_of_bucket;
use crate::kinds::site::target::folder_of;
use crate::ports::{CloudFrontApi, ListedDistribution};
use windlass_domain::declaration::kinds::site::StaticSite;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::{Fault, FaultName};

/// The most pages that are listed. A page has up to 100 distributions (Amazon CloudFront API Reference,
/// ListDistributions), and an account up to 500 unless AWS raises its quota (Amazon CloudFront Developer Guide,
/// "Quotas").
const PAGES: usize = 10;

/// A distribution with an origin on a bucket.
#[derive(Debug, PartialEq)]
pub(super) struct OnBucket {
    /// Its id.
    pub id: String,
    /// True if it answers requests.
    pub enabled: bool,
    /// The folders of the bucket that its origins point at: without leading slash, empty or with a trailing slash.
    pub folders: Vec<String>,
}

/// The reason why it is not known which distributions have an origin on a bucket.
#[derive(Debug)]
pub(super) enum NotKnown {
    /// CloudFront refuses to list them, or does not answer.
    Unlisted(Fault),
    /// The account has more of them than are listed.
    TooMany,
}

impl NotKnown {
    /// Returns whether the role may not list distributions.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Unlisted(fault) if fault.name == FaultName::AccessDenied)
    }

    /// Returns the reason in words.
    pub fn in_words(&self) -> String {
        match self {
            Self::Unlisted(fault) => fault.message.clone(),
            Self::TooMany => {
                format!("the account has more distributions than {} of up to 100 hold", count(PAGES, "page"))
            }
        }
    }

    /// Returns the next step in words.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unlisted(_) if self.is_denied() => ALLOW_LISTING,
            Self::Unlisted(_) => "nothing, if it passes: the next release asks again",
            Self::TooMany => "look for the bucket among the origins of all (`aws cloudfront list-distributions`)",
        }
    }
}

const ALLOW_LISTING: &str = "allow `cloudfront:ListDistributions`, which takes no narrower resource than `*`, to the \
                             roles of Windlass, or to the role that is assumed for this environment";

impl OnBucket {
    fn of(listed: ListedDistribution, bucket: &str) -> Option<Self> {
        let origins = listed.origins.iter().filter(|it| is_of_bucket(&it.domain, bucket));
        let folders: Vec<String> = origins.map(|it| folder_of(&it.path)).collect();
        (!folders.is_empty()).then_some(Self { id: listed.id, enabled: listed.enabled, folders })
    }

    /// Returns whether its visitors get files of a site; one that is disabled has none. Another folder of the bucket is
    /// another site's. Where pages are looked at before visitors get a release, some address shows the whole bucket for
    /// that, and need not follow.
    pub fn serves(&self, site: &StaticSite) -> bool {
        let serves = |folder: &String| {
            let (is_within, is_above) = (folder.starts_with(&site.prefix), site.prefix.starts_with(folder));
            if site.is_tried { is_within && !is_above } else { is_within || is_above }
        };
        self.enabled && self.folders.iter().any(serves)
    }

    /// Returns whether an origin points at a folder, or at something in it. One that is disabled may be enabled again.
    pub fn points_into(&self, folder: &str) -> bool {
        self.folders.iter().any(|it| it.starts_with(folder))
    }
}

/// Returns the distributions with an origin on a bucket, of the account whose ports these are.
///
/// # Errors
/// The reason, if not all of them are known.
pub(super) async fn distributions_of(ports: &impl CloudFrontApi, bucket: &str) -> Result<Vec<OnBucket>, NotKnown> {
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..PAGES {
        let page = ports.distributions(after).await.map_err(NotKnown::Unlisted)?;
        found.extend(page.distributions.into_iter().filter_map(|it| OnBucket::of(it, bucket)));
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
    Err(NotKnown::TooMany)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Origin;
    use serde_json::{from_value, json};

    #[test]
    fn who_serves_a_site_and_points_into_a_folder() {
        // The site's folder, whether pages are looked at before the switch, the path of the origin; whether it serves
        // the site, and points into the folder `releases/0a/`.
        let table = [
            ("releases/", false, "", true, false),
            ("releases/", false, "/releases", true, false),
            ("releases/", false, "/releases/0a", true, true),
            ("releases/", false, "/releases/0a/docs", true, true),
            ("releases/", false, "/releases/0ab", true, false),
            ("releases/", false, "/other/0a", false, false),
            ("releases/", true, "", false, false),
            ("releases/", true, "/releases/0a", true, true),
            ("", false, "/other", true, false),
            ("", true, "", false, false),
            ("", true, "/0a", true, false),
        ];
        for (prefix, is_tried, path, serves, points) in table {
            let site: StaticSite = from_value(json!({
                "bucket": "b", "prefix": prefix, "mode": "prefix", "is_tried": is_tried, "cache": [], "hashed": [],
            }))
            .unwrap();
            let origin = |domain: &str| Origin { id: "o".into(), domain: domain.into(), path: path.into() };
            let listed = |domain: &str, enabled| {
                let origins = vec![origin(domain)];
                ListedDistribution { id: "E2".into(), enabled, origins }
            };
            for enabled in [true, false] {
                let found = OnBucket::of(listed("b.s3.eu-west-1.amazonaws.com", enabled), "b").unwrap();
                let is = (found.serves(&site), found.points_into("releases/0a/"));
                assert_eq!(is, (serves && enabled, points), "{prefix} {path} {enabled}");
            }
            assert_eq!(OnBucket::of(listed("other.s3.amazonaws.com", true), "b"), None);
        }
    }
}
