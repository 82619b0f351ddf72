//! The order of versions: which of two is the newer one, and how lists of them are sorted. Pure.

use crate::document::git_rule::version_of_tag;
use semver::Version;
use std::cmp::Ordering;

/// Compares two semantic versions by their precedence, and two builds of one version by their numbers (`1.4.0+7`,
/// `1.4.0+8`). Equal where neither decides.
///
/// Build metadata has no precedence (Semantic Versioning 2.0.0, 10). Windlass compares it all the same where it is a
/// number, because two builds are two releases of which one has to be the newer (rule 6), and who counts builds means
/// the higher one. What follows a dot does not count: it may be the digits of a release's bytes. Any other metadata,
/// such as a commit, has no order: what decides then is what decides without a version.
pub fn compare(one: &Version, other: &Version) -> Ordering {
    one.cmp_precedence(other).then_with(|| match (build(one), build(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => Ordering::Equal,
    })
}

fn build(version: &Version) -> Option<u64> {
    version.build.as_str().split('.').next()?.parse().ok()
}

/// Compares two versions as a list of them is sorted: semantic versions as such, with or without a leading `v`, behind
/// all other texts. Only the same text is equal.
pub fn in_lists(one: &str, other: &str) -> Ordering {
    (version_of_tag(one), one).cmp(&(version_of_tag(other), other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_builds_of_one_version_are_compared_by_their_numbers() {
        use Ordering::{Equal, Greater, Less};
        let table = [
            ("1.4.0+7", "1.4.0+8", Less),
            ("1.4.0+9", "1.4.0+10", Less),
            ("1.4.0+9.3f9a1c225566", "1.4.0+10.1a2b3c4d5e6f", Less),
            ("1.4.0+007", "1.4.0+7", Equal),
            ("1.4.1+1", "1.4.0+8", Greater),
            ("1.4.0-rc.1+9", "1.4.0+8", Less),
            ("1.4.0+7", "1.4.0", Equal),
            ("1.4.0+7", "1.4.0+4be1c3a", Equal),
            ("1.4.0+ci.7", "1.4.0+ci.8", Equal),
        ];
        for (one, other, wanted) in table {
            let read = |text| Version::parse(text).unwrap();
            assert_eq!(compare(&read(one), &read(other)), wanted, "{one} {other}");
            assert_eq!(compare(&read(other), &read(one)), wanted.reverse(), "{other} {one}");
        }
    }

    #[test]
    fn a_list_of_versions_is_sorted_by_versions_and_not_by_letters() {
        let sorted = ["blue", "main+3f9a", "1.9.0-rc.1", "v1.9.0", "1.10.0", "1.10.0+9", "1.10.0+10", "v2.0.0"];
        let mut all = sorted;
        all.sort_unstable();
        all.sort_by(|one, other| in_lists(one, other));
        assert_eq!(all, sorted);
    }
}
