//! Rules by which Git refs and image tags choose an environment.

// Overlapping rules are refused and never decided by their order: chance would decide where a release goes. Of an
// image tag only a commit or a run number may follow the branch: `main-experiment` is another branch's image. Tag
// rules match semantic versions alone, because these give the order of releases.

use crate::text::finding::{Finding, FindingName};
use crate::text::name::EnvironmentName;
use globset::{GlobBuilder, GlobMatcher};
use std::fmt;

/// The rule of an environment: which branches or tags it deploys by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitRule {
    /// Pushes to branches that match one of these globs. `*` stops at `/`, `**` does not.
    Branches(Vec<String>),
    /// Tags that are semantic versions.
    Tag(TagRule),
}

/// A rule for tags that are semantic versions behind a prefix. Other tags never match, because semantic versions give
/// the order of releases (rule 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRule {
    /// The text before the version, such as `shop-v` of `shop-v1.4.0`; empty where the tag is the version.
    pub prefix: String,
    /// The versions that it takes.
    pub is: TagClass,
}

/// The versions that a tag rule takes. A leading `v` is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagClass {
    /// Versions with a pre-release part, such as `v1.4.0-rc.1`.
    ReleaseCandidate,
    /// Versions without one, such as `v1.4.0`.
    Stable,
    /// Versions whose text matches a glob, such as `v*.*.0-rc*`.
    Glob(String),
}

/// A Git ref by its sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitRef<'a> {
    /// `refs/heads/…`
    Branch(&'a str),
    /// `refs/tags/…`
    Tag(&'a str),
    /// Anything else, such as a pull request: it is never deployed.
    Other,
}

impl<'a> GitRef<'a> {
    /// Finds the sort of a full ref.
    pub fn of(full: &'a str) -> Self {
        if let Some(branch) = full.strip_prefix("refs/heads/") {
            Self::Branch(branch)
        } else if let Some(tag) = full.strip_prefix("refs/tags/") {
            Self::Tag(tag)
        } else {
            Self::Other
        }
    }
}

/// Returns the semantic version that a tag is, with or without a leading `v`.
pub fn version_of_tag(tag: &str) -> Option<semver::Version> {
    semver::Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()
}

/// Makes a matcher for a glob whose `*` stops at `/`.
///
/// # Errors
/// A sentence that says what is wrong with the glob.
pub fn glob(text: &str) -> Result<GlobMatcher, String> {
    GlobBuilder::new(text)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| objection(error.kind()).to_owned())
}

fn objection(kind: &globset::ErrorKind) -> &'static str {
    use globset::ErrorKind as Kind;
    match kind {
        Kind::UnclosedClass => "a `[` is not closed",
        Kind::InvalidRange(..) => "a range in `[…]` goes backwards",
        Kind::UnopenedAlternates => "a `}` was not opened",
        Kind::UnclosedAlternates => "a `{` is not closed",
        Kind::DanglingEscape => "a `\\` stands at its end",
        _ => "it is too large, or has `**` beside other letters",
    }
}

/// Returns whether a text is one of a glob's; no text is one of a glob that is wrong.
pub fn glob_matches(pattern: &str, text: &str) -> bool {
    glob(pattern).is_ok_and(|glob| glob.is_match(text))
}

/// Writes the rule so that it follows the environment's name: `takes the branches main`.
impl fmt::Display for GitRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branches(globs) => write!(f, "takes the branches `{}`", globs.join("`, `")),
            Self::Tag(rule) => write!(f, "{rule}"),
        }
    }
}

/// Images have no prefix: Amazon ECR takes neither `/` nor `@` in a tag, and the repository is the application's own.
impl fmt::Display for TagRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.prefix.as_str(), &self.is) {
            ("", TagClass::ReleaseCandidate) => f.write_str("takes tags such as `v1.4.0-rc.1`"),
            ("", TagClass::Stable) => f.write_str("takes tags such as `v1.4.0`"),
            ("", TagClass::Glob(glob)) => write!(f, "takes tags that are semantic versions and match `{glob}`"),
            (prefix, TagClass::ReleaseCandidate) => {
                write!(f, "takes tags such as `{prefix}1.4.0-rc.1`, and `1.4.0-rc.1` of images")
            }
            (prefix, TagClass::Stable) => write!(f, "takes tags such as `{prefix}1.4.0`, and `1.4.0` of images"),
            (prefix, TagClass::Glob(glob)) => {
                write!(f, "takes tags that are `{prefix}` and then a semantic version that matches `{glob}`")
            }
        }
    }
}

impl TagRule {
    /// Returns whether a tag matches.
    pub fn matches(&self, tag: &str) -> bool {
        tag.strip_prefix(self.prefix.as_str()).is_some_and(|version| self.takes(version))
    }

    /// Returns whether a version matches: what follows the prefix of a tag, with or without a leading `v`.
    pub fn takes(&self, text: &str) -> bool {
        let Some(version) = version_of_tag(text) else { return false };
        match &self.is {
            TagClass::ReleaseCandidate => !version.pre.is_empty(),
            TagClass::Stable => version.pre.is_empty(),
            TagClass::Glob(pattern) => glob_matches(pattern, text),
        }
    }

    /// Returns tags that it is likely to match, to try on another rule.
    fn samples(&self) -> Vec<String> {
        let mut versions: Vec<String> = ["v1.0.0", "v1.0.0-rc.1", "1.0.0", "1.0.0-rc.1"].map(str::to_owned).into();
        if let TagClass::Glob(glob) = &self.is {
            versions.extend(samples(glob));
        }
        versions.into_iter().map(|version| format!("{}{version}", self.prefix)).collect()
    }
}

impl GitRule {
    /// Returns what stands before the version in the tags that it takes; empty of a branch rule, too.
    pub fn prefix(&self) -> &str {
        match self {
            Self::Tag(rule) => &rule.prefix,
            Self::Branches(_) => "",
        }
    }

    /// Returns whether a ref matches.
    pub fn matches(&self, reference: GitRef<'_>) -> bool {
        match (self, reference) {
            (Self::Branches(globs), GitRef::Branch(name)) => globs.iter().any(|glob| glob_matches(glob, name)),
            (Self::Tag(rule), GitRef::Tag(tag)) => rule.matches(tag),
            _ => false,
        }
    }

    /// Returns whether an image tag matches.
    ///
    /// A tag rule takes it as what follows the prefix of a Git tag. A branch rule takes it as the branch with `/`
    /// written as `-`, alone or followed by `-` and the commit (7 to 40 hexadecimal digits) or a run number (up to 19
    /// digits): `main`, `main-9f2c1ab`, `feature-login-128`. Any other suffix is another branch: an image of
    /// `main-experiment` must not go where `main` goes.
    pub fn matches_image_tag(&self, tag: &str) -> bool {
        match self {
            Self::Tag(rule) => rule.takes(tag),
            Self::Branches(globs) => globs.iter().any(|glob| {
                let glob = glob.replace('/', "-");
                glob_matches(&glob, tag) || without_build_suffix(tag).is_some_and(|name| glob_matches(&glob, name))
            }),
        }
    }

    /// Returns an example of a ref that both rules match, if that can be decided without trying every ref: the same
    /// glob, a glob and a literal, the same class of tags.
    pub fn overlap(&self, other: &Self) -> Option<String> {
        match (self, other) {
            (Self::Branches(mine), Self::Branches(theirs)) => {
                mine.iter().find_map(|a| theirs.iter().find_map(|b| globs_overlap(a, b)))
            }
            (Self::Tag(mine), Self::Tag(theirs)) => tags_overlap(mine, theirs),
            _ => None,
        }
    }
}

fn without_build_suffix(tag: &str) -> Option<&str> {
    let (name, suffix) = tag.rsplit_once('-')?;
    let commit =
        (7..=40).contains(&suffix.len()) && suffix.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let run = (1..=19).contains(&suffix.len()) && suffix.bytes().all(|b| b.is_ascii_digit());
    (commit || run).then_some(name)
}

/// Returns texts that a glob is likely to match, to try on another glob.
fn samples(glob: &str) -> Vec<String> {
    ["a", "1", "0"]
        .iter()
        .map(|filler| glob.replace("**", filler).replace(['*', '?'], filler))
        .filter(|sample| glob_matches(glob, sample))
        .collect()
}

fn globs_overlap(a: &str, b: &str) -> Option<String> {
    samples(a)
        .into_iter()
        .find(|text| glob_matches(b, text))
        .or_else(|| samples(b).into_iter().find(|text| glob_matches(a, text)))
}

fn tags_overlap(a: &TagRule, b: &TagRule) -> Option<String> {
    [a, b].into_iter().flat_map(TagRule::samples).find(|tag| a.matches(tag) && b.matches(tag))
}

/// Returns the one environment whose rule matches.
pub(crate) fn the_one<'a>(
    matching: impl Iterator<Item = &'a EnvironmentName>,
    path: &str,
    seen: &str,
) -> Result<Option<EnvironmentName>, Finding> {
    let matching: Vec<&EnvironmentName> = matching.collect();
    match matching.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one).clone())),
        several => {
            let names: Vec<&str> = several.iter().map(|name| name.as_str()).collect();
            Err(Finding::new(
                FindingName::AmbiguousRef,
                path,
                format!("`{seen}` matches the rules of {}.", names.join(" and ")),
                "Name the environment in the request, or make the rules in the declaration differ.",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branches(globs: &[&str]) -> GitRule {
        GitRule::Branches(globs.iter().map(ToString::to_string).collect())
    }

    fn behind(prefix: &str, is: TagClass) -> GitRule {
        GitRule::Tag(TagRule { prefix: prefix.to_owned(), is })
    }

    fn tags(glob: &str) -> GitRule {
        behind("", TagClass::Glob(glob.to_owned()))
    }

    fn stable() -> GitRule {
        behind("", TagClass::Stable)
    }

    fn candidate() -> GitRule {
        behind("", TagClass::ReleaseCandidate)
    }

    #[test]
    fn branches_match_by_glob() {
        for (glob, branch, matches) in [
            ("main", "main", true),
            ("main", "main2", false),
            ("feature/*", "feature/login", true),
            ("feature/*", "feature/login/2", false),
            ("feature/**", "feature/login/2", true),
            ("*", "feature/login", false),
            ("**", "feature/login", true),
            ("release/{1,2}.*", "release/2.0", true),
        ] {
            let rule = branches(&[glob]);
            assert_eq!(rule.matches(GitRef::Branch(branch)), matches, "{glob} {branch}");
            assert!(!rule.matches(GitRef::Tag(branch)), "{glob} {branch}");
        }
    }

    #[test]
    fn tags_match_by_semantic_version() {
        let (candidate, stable) = (candidate(), stable());
        for (tag, is_candidate, is_stable) in [
            ("v1.4.0", false, true),
            ("1.4.0", false, true),
            ("1.4.0+build.7", false, true),
            ("v1.4.0-rc.1", true, false),
            ("1.4", false, false),
            ("latest", false, false),
            ("V1.4.0", false, false),
        ] {
            assert_eq!(candidate.matches(GitRef::Tag(tag)), is_candidate, "{tag}");
            assert_eq!(stable.matches(GitRef::Tag(tag)), is_stable, "{tag}");
            assert_eq!(stable.matches_image_tag(tag), is_stable, "{tag}");
        }
        assert!(!tags("*").matches(GitRef::Tag("nightly")));
        assert!(tags("v*.*.0-rc*").matches(GitRef::Tag("v1.4.0-rc1")));
    }

    #[test]
    fn tags_of_a_monorepo_match_behind_their_prefix() {
        for (prefix, tag, is_candidate, is_stable) in [
            ("shop-v", "shop-v1.4.0", false, true),
            ("shop-v", "shop-v1.4.0-rc.1", true, false),
            ("@acme/shop@", "@acme/shop@1.4.0", false, true),
            ("web/v", "web/v1.4.0", false, true),
            ("web/", "web/v1.4.0", false, true),
            ("shop-v", "v1.4.0", false, false),
            ("shop-v", "1.4.0", false, false),
            ("shop-v", "web-v1.4.0", false, false),
            ("shop-v", "shop-v1.4", false, false),
            ("shop", "shop-v1.4.0", false, false),
        ] {
            let (candidate, stable) = (behind(prefix, TagClass::ReleaseCandidate), behind(prefix, TagClass::Stable));
            assert_eq!(candidate.matches(GitRef::Tag(tag)), is_candidate, "{prefix} {tag}");
            assert_eq!(stable.matches(GitRef::Tag(tag)), is_stable, "{prefix} {tag}");
        }
        let two = behind("shop-v", TagClass::Glob("2.*.*".into()));
        assert!(two.matches(GitRef::Tag("shop-v2.4.0")) && !two.matches(GitRef::Tag("shop-v1.4.0")));
        // An image is in a repository of the application's own, and no tag of one has a `/`.
        let stable = behind("web/v", TagClass::Stable);
        assert!(stable.matches_image_tag("1.4.0") && !stable.matches_image_tag("web-v1.4.0"));
    }

    #[test]
    fn image_tags_of_other_branches_stay_out() {
        let main = branches(&["main"]);
        for tag in ["main", "main-9f2c1ab", "main-128"] {
            assert!(main.matches_image_tag(tag), "{tag}");
        }
        for tag in ["main-experiment", "main-", "mainline", "latest", "main-9F2C1AB"] {
            assert!(!main.matches_image_tag(tag), "{tag}");
        }
        let features = branches(&["feature/*"]);
        assert!(features.matches_image_tag("feature-login-9f2c1ab"));
        assert!(!features.matches_image_tag("featurelogin"));
    }

    #[test]
    fn rules_that_overlap_are_seen() {
        let overlapping = [
            (branches(&["main"]), branches(&["dev", "main"])),
            (branches(&["main"]), branches(&["m*"])),
            (branches(&["feature/**"]), branches(&["feature/*"])),
            (branches(&["**"]), branches(&["release/x"])),
            (tags("v*"), stable()),
            (tags("v*.*.0-rc*"), candidate()),
            (behind("shop-v", TagClass::Stable), behind("shop-v", TagClass::Stable)),
            (behind("web/", TagClass::Stable), behind("web/v", TagClass::Stable)),
            (behind("shop-", TagClass::Stable), behind("shop-1", TagClass::Stable)),
            (behind("v", TagClass::Stable), stable()),
            (behind("1.0.0-", TagClass::Stable), candidate()),
            (behind("shop-v", TagClass::Glob("2.*.*".into())), behind("shop-", TagClass::Stable)),
        ];
        for (a, b) in overlapping {
            assert!(a.overlap(&b).is_some() && b.overlap(&a).is_some(), "{a:?} {b:?}");
        }
        let apart = [
            (branches(&["main"]), branches(&["staging", "feature/**"])),
            (branches(&["main"]), stable()),
            (candidate(), stable()),
            (tags("v*.*.0-rc*"), stable()),
            (behind("shop-v", TagClass::Stable), stable()),
            (behind("shop-v", TagClass::Stable), behind("web-v", TagClass::Stable)),
            (behind("shop-v", TagClass::Stable), behind("shop-v", TagClass::ReleaseCandidate)),
        ];
        for (a, b) in apart {
            assert_eq!(a.overlap(&b), None, "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_ref_of_two_environments_goes_nowhere() {
        let [a, b] = ["dev", "test"].map(|name| EnvironmentName::new(name).unwrap());
        let finding = the_one([&a, &b].into_iter(), "git.ref", "refs/heads/x").unwrap_err();
        assert_eq!(finding.name, FindingName::AmbiguousRef);
        assert_eq!(the_one([&a].into_iter(), "git.ref", "x"), Ok(Some(a.clone())));
        assert_eq!(the_one(std::iter::empty(), "git.ref", "x"), Ok(None));
    }
}
