//! The version that a Git tag gives to a release where a tag rule takes it. Pure.

use crate::document::git_rule::{GitRef, version_of_tag};
use crate::text::finding::{Finding, FindingName, repeated};

/// Returns the semantic version that a tag has behind the prefix of a tag rule.
pub fn version_behind(prefix: &str, tag: &str) -> Option<semver::Version> {
    version_of_tag(tag.strip_prefix(prefix)?)
}

/// Returns the semantic version by which a release is ordered where the rule is a tag rule with this prefix: that of
/// its tag, or else its own. A tag may have another prefix than the rule: that of the environment from which the release is
/// promoted, or the one that the rule had when it was recorded.
pub fn version_to_order_by(version: &str, reference: Option<&str>, prefix: &str) -> Option<semver::Version> {
    let of_tag = match reference.map(GitRef::of) {
        Some(GitRef::Tag(tag)) => version_behind(prefix, tag).or_else(|| version_of_tag(tag)),
        _ => None,
    };
    of_tag.or_else(|| version_of_tag(version))
}

/// Returns a finding if a release of a Git tag has another version than the tag, and goes to an environment whose rule
/// is a tag rule with this prefix. There the tag is the version, because it gives the order of releases (rule 6).
/// `path` is where the version is written.
///
/// Nothing is wrong with a branch, nor with a tag that is no semantic version behind the prefix. No tag rule matches
/// such a tag, so a person named the environment.
pub fn tag_version_differs(version: &str, reference: &str, prefix: &str, path: &str) -> Option<Finding> {
    let GitRef::Tag(tag) = GitRef::of(reference) else { return None };
    let of_tag = version_behind(prefix, tag)?;
    if version_of_tag(version).as_ref() == Some(&of_tag) {
        return None;
    }
    Some(
        Finding::new(
            FindingName::VersionNotOfTag,
            path,
            format!(
                "`{}` is not the version of the tag `{}`, and where tags are deployed the tag is the \
             version.",
                repeated(version),
                repeated(tag)
            ),
            format!("Write `{of_tag}` as the version, or release the tag of the version that is meant."),
        )
        .seen(repeated(version), &of_tag),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_with_another_prefix_than_the_rule_has_a_place_in_the_order() {
        for (version, reference, prefix, wanted) in [
            ("1.4.0", Some("refs/tags/v1.4.0"), "", Some("1.4.0")),
            ("1.4.0", Some("refs/tags/shop-v1.4.0"), "shop-v", Some("1.4.0")),
            // The rule had no prefix when it was recorded.
            ("1.3.0", Some("refs/tags/v1.3.0"), "shop-v", Some("1.3.0")),
            ("spring", Some("refs/tags/v1.3.0"), "shop-v", Some("1.3.0")),
            // It is promoted from an environment with another prefix.
            ("1.3.0", Some("refs/tags/shop-rc-v1.3.0"), "shop-v", Some("1.3.0")),
            ("1.3.0", Some("refs/tags/shop-rc-v1.3.0"), "", Some("1.3.0")),
            ("1.3.0", Some("refs/heads/main"), "shop-v", Some("1.3.0")),
            ("v1.3.0", None, "shop-v", Some("1.3.0")),
            ("spring", Some("refs/tags/shop-rc-v1.3.0"), "shop-v", None),
            ("spring", Some("refs/heads/main"), "", None),
        ] {
            let found = version_to_order_by(version, reference, prefix);
            assert_eq!(found.map(|found| found.to_string()).as_deref(), wanted, "{version} {reference:?} {prefix}");
        }
    }

    #[test]
    fn where_tags_are_deployed_the_tag_is_the_version() {
        for (version, reference, prefix, differs) in [
            ("2.1.0", "refs/tags/v2.1.0", "", false),
            ("v2.1.0", "refs/tags/2.1.0", "", false),
            ("2.1.0-rc.1", "refs/tags/v2.1.0-rc.1", "", false),
            ("spring-release", "refs/tags/v2.1.0", "", true),
            ("2.1.1", "refs/tags/v2.1.0", "", true),
            ("2.1.0-rc.1", "refs/tags/v2.1.0", "", true),
            ("2.1", "refs/tags/v2.1.0", "", true),
            ("spring-release", "refs/tags/spring", "", false),
            ("spring-release", "refs/heads/v2.1.0", "", false),
            ("spring-release", "refs/pull/1/head", "", false),
            ("2.1.0", "refs/tags/shop-v2.1.0", "shop-v", false),
            ("v2.1.0", "refs/tags/@acme/shop@2.1.0", "@acme/shop@", false),
            ("shop-v2.1.0", "refs/tags/shop-v2.1.0", "shop-v", true),
            ("2.1.1", "refs/tags/shop-v2.1.0", "shop-v", true),
            ("2.1.1", "refs/tags/v2.1.0", "shop-v", false),
        ] {
            let found = tag_version_differs(version, reference, prefix, "version");
            assert_eq!(found.is_some(), differs, "{version} {reference} {prefix}");
            if let Some(found) = found {
                assert_eq!(found.name, FindingName::VersionNotOfTag);
                assert!(found.remedy.written().contains("2.1.0`"), "{found:?}");
            }
        }
    }
}
