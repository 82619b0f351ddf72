//! Patterns that no branch and no tag can match, by the rules of Git and of semantic versions. An environment with such
//! a rule would wait for what never comes. Nothing is refused of which that is not sure. Pure.

use crate::document::git_rule::{GitRule, version_of_tag};
use crate::document::glob_form::forms;
use crate::document::shape::nearest;
use crate::document::version_form::is_version;
use serde_json::Value;

/// The letters with which a pattern leaves something open.
const OPEN: [char; 5] = ['*', '?', '[', '{', '\\'];

/// Returns the reason why no ref has this name, whole or without what stands before it, for the end of a sentence
/// (git-check-ref-format(1)).
pub fn fault(name: &str) -> Option<&'static str> {
    let parts = || name.split('/');
    if name.contains(|c: char| c.is_ascii_control()) {
        Some("it has a control character")
    } else if name.contains([' ', '~', '^', ':', '?', '*', '[', '\\']) {
        Some("no ref has a blank, or one of `~ ^ : ? * [ \\`")
    } else if name.contains("..") || name.contains("@{") {
        Some("no ref has `..` or `@{`")
    } else if parts().any(str::is_empty) {
        Some("no ref begins or ends with `/`, or has two of them together")
    } else if parts().any(|part| part.starts_with('.') || part.strip_suffix(".lock").is_some()) {
        Some("no part of a ref begins with `.` or ends with `.lock`")
    } else {
        name.ends_with('.').then_some("no ref ends with `.`")
    }
}

/// Returns the reason why no ref matches a pattern of a rule, for the end of a sentence.
pub(crate) fn unmatched(rule: &GitRule, pattern: &str) -> Option<&'static str> {
    match rule {
        GitRule::Branches(_) => no_branch(pattern),
        GitRule::Tag(_) => {
            no_version(pattern).then_some("no semantic version matches it, and only tags of such a version are taken")
        }
    }
}

fn no_branch(pattern: &str) -> Option<&'static str> {
    let faults = forms(pattern)?.iter().map(|form| fault(form)).collect::<Option<Vec<_>>>()?;
    faults.first().copied()
}

/// Returns whether no semantic version matches a pattern, with or without a leading `v`.
pub fn no_version(pattern: &str) -> bool {
    if !pattern.contains(OPEN) {
        return version_of_tag(pattern).is_none();
    }
    forms(pattern).is_some_and(|forms| !forms.iter().any(|form| is_version(form)))
}

/// Returns whether a text in the place of a tag may be a branch's name: it leaves nothing open, and has no number.
pub(crate) fn is_like_branch(text: &str) -> bool {
    !text.starts_with("refs/")
        && !text.contains(OPEN)
        && !text.contains(|c: char| c.is_ascii_digit())
        && fault(text).is_none()
}

/// Returns what was probably meant by a pattern that no ref matches, as it is written in the rule.
pub(crate) fn meant(rule: &GitRule, pattern: &str) -> Option<String> {
    match rule {
        GitRule::Branches(_) => {
            let parts: Vec<&str> = pattern.split('/').map(str::trim).collect();
            let branch = parts.join("/").replace(' ', "-");
            let branch = branch.trim_start_matches('/');
            let branch = branch.strip_suffix('/').map_or_else(|| branch.to_owned(), |folder| format!("{folder}/**"));
            (no_branch(&branch).is_none() && branch != pattern).then_some(branch)
        }
        GitRule::Tag(rule) => {
            let words = ["stable", "release-candidate"].map(str::to_owned);
            let word = nearest(&pattern.to_lowercase(), &words).cloned();
            let begun = pattern.trim_end_matches('.');
            let more = || [begun.to_owned(), format!("{begun}.*")].into_iter().find(|more| !no_version(more));
            word.or_else(|| behind_prefix(&rule.prefix, pattern)).or_else(more)
        }
    }
}

/// Returns the rule that was probably meant by a pattern of whole tags, which have something before the version. It
/// takes the tags that the pattern was to take. The pattern may repeat a prefix.
fn behind_prefix(prefix: &str, pattern: &str) -> Option<String> {
    if !prefix.is_empty() {
        return pattern.strip_prefix(prefix).and_then(|behind| rule_behind(prefix, behind));
    }
    let head = pattern.find(OPEN).unwrap_or(pattern.len());
    let cuts = pattern.char_indices().map(|(at, _)| at).filter(|at| (1..=head).contains(at));
    cuts.filter_map(|at| pattern.split_at_checked(at)).find_map(|(prefix, behind)| rule_behind(prefix, behind))
}

/// Returns the rule of a prefix and of what follows. A number is not cut, nor is a version before its first number.
fn rule_behind(prefix: &str, behind: &str) -> Option<String> {
    let is_cut = prefix.ends_with(|c: char| c.is_ascii_digit() || c == '.');
    let is_version = !behind.starts_with('v') && !no_version(behind);
    if is_cut || !is_version || fault(&format!("{prefix}1.0.0")).is_some() {
        return None;
    }
    let is_any = behind.chars().all(|letter| letter == '*');
    let is = if is_any { "stable".to_owned() } else { Value::from(behind).to_string() };
    Some(format!("{{prefix: {}, is: {is}}}", Value::from(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::git_rule::{TagClass, TagRule};

    fn tag(pattern: &str) -> GitRule {
        GitRule::Tag(TagRule { prefix: String::new(), is: TagClass::Glob(pattern.to_owned()) })
    }

    /// Holds that a pattern matches nothing, and that this was meant by it.
    fn hold(rule: &GitRule, pattern: &str, wanted: Option<&str>) {
        assert!(unmatched(rule, pattern).is_some(), "{pattern}");
        assert_eq!(meant(rule, pattern).as_deref(), wanted, "{pattern}");
    }

    #[test]
    fn a_pattern_that_no_tag_matches_is_known_with_what_was_meant() {
        for (pattern, wanted) in [
            ("shop-v*", Some(r#"{prefix: "shop-v", is: stable}"#)),
            ("@acme/shop@*", Some(r#"{prefix: "@acme/shop@", is: stable}"#)),
            ("release/*", Some(r#"{prefix: "release/", is: stable}"#)),
            ("web/v**", Some(r#"{prefix: "web/v", is: stable}"#)),
            ("V*", Some(r#"{prefix: "V", is: stable}"#)),
            ("Stable", Some("stable")),
            ("stabel", Some("stable")),
            ("Release-Candidates", Some("release-candidate")),
            ("v1.2", Some("v1.2.*")),
            ("v?.?", Some("v?.?.*")),
            ("v[0-9].[0-9]", Some("v[0-9].[0-9].*")),
            ("v{1,2}", Some("v{1,2}.*")),
            ("v1.*.", Some("v1.*")),
            ("{latest,stable}", None),
            ("v1.?.00", None),
            ("v01.?.0", None),
            ("v1.0.0*/x", None),
            ("vv*", Some(r#"{prefix: "vv", is: stable}"#)),
            ("latest", None),
            ("01.*", None),
            ("v01.*", None),
            ("v2024.01.*", None),
            ("shop-v1.*", Some(r#"{prefix: "shop-v", is: "1.*"}"#)),
            ("release/1.*", Some(r#"{prefix: "release/", is: "1.*"}"#)),
            ("V1.*", Some(r#"{prefix: "V", is: "1.*"}"#)),
            ("vv1.*", Some(r#"{prefix: "vv", is: "1.*"}"#)),
            ("shop-v1.2.3", Some(r#"{prefix: "shop-v", is: "1.2.3"}"#)),
            ("größe-2024.*", Some(r#"{prefix: "größe-", is: "2024.*"}"#)),
            ("v*/x", None),
            ("v1.*_rc", None),
            ("x[12]", None),
            ("a..*", None),
        ] {
            hold(&tag(pattern), pattern, wanted);
        }
    }

    #[test]
    fn a_pattern_that_repeats_its_prefix_is_known_with_what_was_meant() {
        let behind = |prefix: &str, pattern: &str| {
            GitRule::Tag(TagRule { prefix: prefix.to_owned(), is: TagClass::Glob(pattern.to_owned()) })
        };
        for (prefix, pattern, wanted) in [
            ("shop-v", "shop-v1.*", Some(r#"{prefix: "shop-v", is: "1.*"}"#)),
            ("shop-v", "v1", Some("v1.*")),
            ("web-v", "shop-v1.*", None),
        ] {
            hold(&behind(prefix, pattern), pattern, wanted);
        }
        // The tags of images have the version alone, with or without a `v`.
        for (prefix, pattern) in [("shop-v", "1.*"), ("shop-v", "v1.*"), ("shop-", "v1.*"), ("shop-v", "*")] {
            assert_eq!(unmatched(&behind(prefix, pattern), pattern), None, "{prefix} {pattern}");
        }
    }

    #[test]
    fn a_pattern_that_a_version_matches_is_none_of_them() {
        for version in ["1.0.0", "v1.4.0-rc.1", "v0.10.200+build.7", "1.2.3-0.a-b.11+x.01", "0.0.0"] {
            assert!(!no_version(version), "{version}");
            for from in 0..version.len() {
                for to in from + 1..=version.len() {
                    let pattern = format!("{}*{}", &version[..from], &version[to..]);
                    assert!(tag(&pattern).matches_image_tag(version) && !no_version(&pattern), "{pattern} {version}");
                }
            }
        }
        for pattern in [
            "v?.*",
            "v[12].*",
            "{v,}1.*",
            "v1.{2,3}.*",
            "{latest,v*}",
            "v?.?.?",
            "v1.*[!a]",
            "[v]*-{alpha,rc}.[0-9]",
            r"v1.0.0\-01a",
            "**/v*",
            "*+0?",
            "*-rc*",
            "*",
        ] {
            assert!(!no_version(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_no_branch_matches_is_known_with_what_was_meant() {
        let rule = GitRule::Branches(Vec::new());
        for (pattern, wanted) in [
            ("/main", Some("main")),
            ("/{a,b}", Some("{a,b}")),
            ("feature/", Some("feature/**")),
            ("/feature/", Some("feature/**")),
            ("feature//*", None),
            ("my branch", Some("my-branch")),
            ("feature /x", Some("feature/x")),
            ("my feature/{a,b}", Some("my-feature/{a,b}")),
            ("{/a,b/}", None),
            ("{a,b}//[c]", None),
            ("[ab]~1", None),
            ("{a,b}.lock", None),
            (r"a\*b", None),
            ("a:b*", None),
            ("HEAD~1", None),
            ("a..b", None),
            (".github/*", None),
            ("release/*.lock", None),
            ("main.", None),
            ("a\tb", None),
        ] {
            hold(&rule, pattern, wanted);
        }
        for pattern in [
            "main",
            "feature/**",
            "**/x",
            "*",
            "?",
            "[ab]*",
            "release/{1,2}.*",
            "{/a,b}",
            "[.]x",
            "größe",
            "a@b",
            "origin/x",
        ] {
            assert_eq!(unmatched(&rule, pattern), None, "{pattern}");
        }
    }
}
