//! The distribution that serves a site, and the origin of it that is the site's bucket.

use crate::kinds::PrepareInput;
use crate::ports::{Distribution, Origin};
use crate::trouble::Trouble;
use windlass_domain::finding::{Finding, FindingName};

/// A distribution that serves a site, by the origin that is its bucket.
pub(in crate::kinds::site) struct Serving {
    pub id: String,
    pub distribution: Distribution,
    pub origin: Origin,
}

/// The trouble of a site that needs a distribution, and names none.
pub(super) fn no_distribution(input: &PrepareInput<'_>) -> Trouble {
    Finding::new(
        FindingName::MissingField,
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
