//! The origin of a release in Git: options name it, else the CI's environment, else `git` itself.

// The commit that would be recorded is compared with HEAD, because `GITHUB_SHA` of a `workflow_run` is not what was
// checked out. To take HEAD without a word would release a wrong commit under a right ref.
//
// Git runs programs that a folder's own configuration names (filters, hooks, `gpg`), and the folder may be
// somebody's archive. What an option can switch off is switched off. Where the repository itself names a filter, it
// is not known whether the tree is clean. A person's own filters run.

use crate::ground::arguments;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::Command;
use windlass_domain::document::git::Git;
use windlass_domain::document::git_rule::version_of_tag;
use windlass_domain::text::finding::{Finding, FindingName};

/// The origin of a release, with its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseOrigin {
    /// Ref and commit.
    pub git: Git,
    /// Their source, in words.
    pub source: &'static str,
    /// True if tracked files have changes that are in no commit; `None` where that is not known.
    pub dirty: Option<bool>,
    /// The commit that is checked out where it is another one than is recorded, and nobody gave that one.
    pub other_head: Option<String>,
    /// The ref of the tag that what is checked out has, where it has one: of several that of the version.
    pub tag: Option<String>,
}

impl ReleaseOrigin {
    fn new(reference: String, commit: Option<String>, source: &'static str) -> Self {
        let git = Git { reference, commit, time: None, dirty: false };
        Self { git, source, dirty: None, other_head: None, tag: None }
    }

    /// Returns the finding that the bytes are likely another commit's than the one that would be recorded.
    pub fn finding(&self) -> Option<Finding> {
        let head = self.other_head.as_ref()?;
        let commit = self.git.commit.as_deref().unwrap_or("unknown");
        Some(Finding::new(
            FindingName::BadValue,
            "git.commit",
            format!(
                "`{commit}` would be recorded ({}, of `{}`), and `{head}` is checked out.",
                self.source, self.git.reference
            ),
            format!(
                "Check out what is released, or name it by its ref with `--git-ref`; or give the commit that was built: \
                 `--git-commit {head}` where it is the one that is checked out."
            ),
        ))
    }
}

/// The options that name the origin of a release.
#[derive(Debug, Args)]
pub struct OriginOptions {
    /// The Git ref, such as `refs/tags/v1.4.0`; else the CI's, else what is checked out.
    #[arg(long, value_name = "REF", value_parser = arguments::text)]
    git_ref: Option<String>,
    /// The commit that was built; else the one of `--git-ref`, else the CI's. Without this option it must be the one
    /// that is checked out.
    #[arg(long, value_name = "HASH", value_parser = arguments::text)]
    git_commit: Option<String>,
    /// The time of the commit, in RFC 3339, such as `2026-11-20T14:02:05Z`; else the one that the repository around
    /// the present folder has.
    #[arg(long, value_name = "TIME", value_parser = arguments::text)]
    git_time: Option<String>,
    /// Name neither ref nor commit.
    #[arg(long, conflicts_with_all = ["git_ref", "git_commit", "git_time"])]
    no_git: bool,
}

impl OriginOptions {
    /// Returns the origin in Git of a release of this version: by the options, else the CI, else what is checked out.
    pub fn found(&self, version: &str) -> Option<ReleaseOrigin> {
        if self.no_git {
            return None;
        }
        let mut from = match &self.git_ref {
            Some(reference) => named(reference),
            None => of_ci().or_else(|| from_folder(Some(version)))?,
        };
        if let Some(given) = &self.git_commit {
            from.git.commit = Some(given.clone());
        } else if let Some(head) = head() {
            let recorded = from.git.commit.get_or_insert_with(|| head.clone());
            from.other_head = (!is_commit(&head, recorded)).then_some(head);
        }
        from.tag = tag_at_head(Some(version));
        let commit = from.git.commit.as_deref();
        from.dirty = is_dirty(commit);
        from.git.time = self.git_time.clone().or_else(|| time_of(commit?));
        from.git.dirty = from.dirty == Some(true);
        Some(from)
    }
}

/// Returns the origin at a ref that is named. Where the repository does not have it, such as a tag that is not made
/// yet, the commit is the CI's if that runs for this ref.
fn named(reference: &str) -> ReleaseOrigin {
    let of_ci = || of_ci().filter(|ci| ci.git.reference == reference)?.git.commit;
    let commit = commit_at(reference).or_else(of_ci);
    ReleaseOrigin::new(reference.to_owned(), commit, "given by `--git-ref`")
}

fn of_ci() -> Option<ReleaseOrigin> {
    from_ci(|name| std::env::var(name).ok())
}

/// Returns the ref and commit that a CI names in its environment variables.
///
/// GitHub Actions ("Default environment variables"), GitLab CI/CD ("Predefined CI/CD variables
/// reference"), AWS CodeBuild ("Environment variables in build environments"), Bitbucket Pipelines
/// ("Variables and secrets").
pub fn from_ci(variable: impl Fn(&str) -> Option<String>) -> Option<ReleaseOrigin> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    let tag = |name: &str| given(name).map(|tag| format!("refs/tags/{tag}"));
    let branch = |name: &str| given(name).map(|branch| format!("refs/heads/{branch}"));
    // Of these events the ref and the commit are not those of what a job builds (GitHub Docs, "Events that trigger
    // workflows").
    let github = match given("GITHUB_EVENT_NAME").as_deref() {
        Some("workflow_run") => "named by GitHub Actions, for `workflow_run` the newest of the default branch",
        Some("pull_request") => "named by GitHub Actions, for `pull_request` a trial merge",
        Some("pull_request_target") => "named by GitHub Actions, for `pull_request_target` that of the base",
        _ => "named by GitHub Actions",
    };
    let known = [
        (github, given("GITHUB_REF"), given("GITHUB_SHA")),
        ("named by GitLab CI", tag("CI_COMMIT_TAG").or_else(|| branch("CI_COMMIT_BRANCH")), given("CI_COMMIT_SHA")),
        ("named by CodeBuild", given("CODEBUILD_WEBHOOK_HEAD_REF"), given("CODEBUILD_RESOLVED_SOURCE_VERSION")),
        (
            "named by Bitbucket Pipelines",
            tag("BITBUCKET_TAG").or_else(|| branch("BITBUCKET_BRANCH")),
            given("BITBUCKET_COMMIT"),
        ),
    ];
    known.into_iter().find_map(|(source, reference, commit)| Some(ReleaseOrigin::new(reference?, commit, source)))
}

/// Returns the branch that is checked out in the present folder. It returns a tag only where no branch is checked out,
/// so that working on a tagged commit does not look like releasing it.
pub fn from_folder(version: Option<&str>) -> Option<ReleaseOrigin> {
    let (reference, source) = match git(&["symbolic-ref", "HEAD"]) {
        Some(branch) => (branch, "the branch that is checked out"),
        None => (tag_at_head(version)?, "HEAD is detached at this tag"),
    };
    Some(ReleaseOrigin::new(reference, head(), source))
}

/// Returns the ref of the tag at HEAD: of several the one of the version, else the one that Git describes HEAD by.
fn tag_at_head(version: Option<&str>) -> Option<String> {
    let tags = git(&["tag", "--points-at", "HEAD"])?;
    let wanted = version.and_then(version_of_tag);
    let is_wanted = |tag: &&str| Some(*tag) == version || wanted.is_some() && version_of_tag(tag) == wanted;
    let of_version = tags.lines().find(is_wanted).or_else(|| behind_a_prefix(&tags, version?)).map(str::to_owned);
    let tag = of_version.or_else(|| git(&["describe", "--exact-match", "--tags", "HEAD"]))?;
    Some(format!("refs/tags/{tag}"))
}

/// Returns the one tag that has a version behind something, such as `shop-v1.4.0` of a monorepo. Where two have it,
/// only the person knows which is meant.
fn behind_a_prefix<'t>(tags: &'t str, version: &str) -> Option<&'t str> {
    let is_whole = |before: &str| !before.ends_with(|last: char| last.is_ascii_digit() || last == '.');
    let mut behind = tags.lines().filter(|tag| tag.strip_suffix(version).is_some_and(is_whole));
    behind.next().filter(|_| behind.next().is_none())
}

/// Returns whether tracked files of the present folder differ from what is checked out there. Untracked files do not
/// count: they are what was built. Nor do files within a submodule, whose own configuration names programs as well.
/// `None` where there is no repository, or its configuration names a filter, which would have to run; and where nothing
/// differs, but another commit than this one is checked out.
fn is_dirty(commit: Option<&str>) -> Option<bool> {
    let head = head()?;
    if has_filters()? {
        return None;
    }
    let changed = output(&["status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty"])?;
    let is_known = commit.is_none_or(|commit| is_commit(&head, commit));
    (!changed.is_empty() || is_known).then_some(!changed.is_empty())
}

/// Returns whether the configuration of the folder's own repository names a filter: a program that Git runs for the
/// contents of files, also to compare them (gitattributes, `filter`). One of the person or the machine is their own.
fn has_filters() -> Option<bool> {
    let keys = output(&["config", "--list", "--show-scope", "--name-only"])?;
    let mut of_folder = keys.lines().filter_map(|line| match line.split_once('\t') {
        Some(("system" | "global", _)) | None => None,
        Some((_, key)) => Some(key),
    });
    Some(of_folder.any(|key| key.starts_with("filter.")))
}

/// Returns the commit that is checked out in the present folder.
fn head() -> Option<String> {
    git(&["rev-parse", "--verify", "--quiet", "HEAD"])
}

/// Returns whether a hash, which may be short or that of an annotated tag, names this commit.
fn is_commit(commit: &str, hash: &str) -> bool {
    commit.starts_with(hash) || peeled(hash).as_deref() == Some(commit)
}

/// Returns the whole hash of the commit that a hash names in the repository around the present folder.
fn peeled(hash: &str) -> Option<String> {
    let is_hash = hash.len() >= 7 && hash.chars().all(|digit| digit.is_ascii_hexdigit());
    let commit = is_hash.then(|| format!("{hash}^{{commit}}"))?;
    git(&["rev-parse", "--verify", "--quiet", &commit])
}

/// Returns the commit that a whole ref names in the repository around the present folder.
fn commit_at(reference: &str) -> Option<String> {
    let commit = format!("{reference}^{{commit}}");
    let is_whole = reference.starts_with("refs/");
    is_whole.then(|| git(&["rev-parse", "--verify", "--quiet", &commit]))?
}

/// Returns the time of a commit, in RFC 3339, as the repository around the present folder knows it.
fn time_of(commit: &str) -> Option<String> {
    git(&["show", "--no-patch", "--format=%cI", &peeled(commit)?])
}

/// Returns the address of the remote `origin` of a folder's repository.
pub fn remote(folder: &Path) -> Option<String> {
    git(&["-C", folder.to_str()?, "remote", "get-url", "origin"])
}

/// A folder's place, as Git sees it.
#[derive(Debug, PartialEq, Eq)]
pub enum FolderPlace {
    /// It is in no repository, or ignored by the one around it: that repository's remote and branches are none of the
    /// folder's.
    Outside,
    /// It is the root of a repository.
    Root,
    /// It is within the repository with this root.
    Within(PathBuf),
}

/// Returns the place of a folder; `Outside` where there is no Git.
pub fn place(folder: &Path) -> FolderPlace {
    let find = || {
        let at = folder.to_str()?;
        let root = PathBuf::from(git(&["-C", at, "rev-parse", "--show-toplevel"])?);
        if root.canonicalize().ok()? == folder.canonicalize().ok()? {
            return Some(FolderPlace::Root);
        }
        let is_part = output(&["-C", at, "check-ignore", "--quiet", "."]).is_none();
        is_part.then_some(FolderPlace::Within(root))
    };
    find().unwrap_or(FolderPlace::Outside)
}

/// Returns the branch that others begin from, as the remote has it; else the one that is checked out.
pub fn first_branch(folder: &Path) -> Option<String> {
    let folder = folder.to_str()?;
    let remote = git(&["-C", folder, "symbolic-ref", "--short", "refs/remotes/origin/HEAD"]);
    remote
        .and_then(|remote| remote.strip_prefix("origin/").map(str::to_owned))
        .or_else(|| git(&["-C", folder, "symbolic-ref", "--short", "HEAD"]))
}

/// Returns the output of `git`; `None` if there is no Git, or no repository, or no output.
fn git(arguments: &[&str]) -> Option<String> {
    output(arguments).filter(|text| !text.is_empty())
}

/// The configuration of a folder may name programs, and a cloned repository may have another one in it, as files
/// (git-config, `safe.bareRepository`). What is asked here needs no program: none that watches files, that checks a
/// signature, and no hook.
const SPARING: [&str; 9] = [
    "--no-optional-locks",
    "-c",
    "safe.bareRepository=explicit",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "log.showSignature=false",
    "-c",
    "core.hooksPath=/dev/null",
];

/// The ways by which Git may fetch: none. A repository may promise objects whose remote is a program (git,
/// `GIT_ALLOW_PROTOCOL`).
const NO_REMOTE: (&str, &str) = ("GIT_ALLOW_PROTOCOL", "none");

fn output(arguments: &[&str]) -> Option<String> {
    let all = SPARING.iter().chain(arguments);
    let (name, none) = NO_REMOTE;
    let mut git = Command::new("git");
    let output = git.args(all).env(name, none).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(variables: &[(&str, &str)]) -> Option<(String, Option<String>)> {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        from_ci(variable).map(|from| (from.git.reference, from.git.commit))
    }

    #[test]
    fn each_ci_names_ref_and_commit_its_own_way() {
        let main = Some(("refs/heads/main".to_owned(), Some("9f2c111".to_owned())));
        let tag = Some(("refs/tags/v1.4.0".to_owned(), Some("9f2c111".to_owned())));
        let github = [("GITHUB_REF", "refs/heads/main"), ("GITHUB_SHA", "9f2c111")];
        assert_eq!(origin(&github), main);
        let gitlab = [("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_SHA", "9f2c111")];
        assert_eq!(origin(&gitlab), main);
        let gitlab = [("CI_COMMIT_TAG", "v1.4.0"), ("CI_COMMIT_SHA", "9f2c111")];
        assert_eq!(origin(&gitlab), tag);
        let codebuild =
            [("CODEBUILD_WEBHOOK_HEAD_REF", "refs/tags/v1.4.0"), ("CODEBUILD_RESOLVED_SOURCE_VERSION", "9f2c111")];
        assert_eq!(origin(&codebuild), tag);
        let bitbucket = [("BITBUCKET_TAG", "v1.4.0"), ("BITBUCKET_COMMIT", "9f2c111")];
        assert_eq!(origin(&bitbucket), tag);
    }

    #[test]
    fn the_tag_of_a_monorepo_is_found_by_its_version_where_one_alone_has_it() {
        for (tags, version, found) in [
            ("shop-v1.4.0\nweb-v2.0.0", "1.4.0", Some("shop-v1.4.0")),
            ("@acme/shop@1.4.0", "1.4.0", Some("@acme/shop@1.4.0")),
            ("shop-1.4.0", "1.4.0", Some("shop-1.4.0")),
            ("shop-v1.4.0\nweb-v1.4.0", "1.4.0", None),
            ("shop-v11.4.0", "1.4.0", None),
            ("shop-v1.4.0-rc.1", "1", None),
            ("", "1.4.0", None),
        ] {
            assert_eq!(behind_a_prefix(tags, version), found, "{tags} {version}");
        }
    }

    #[test]
    fn without_a_ref_there_is_no_origin() {
        assert_eq!(origin(&[]), None);
        assert_eq!(origin(&[("GITHUB_REF", "")]), None);
        assert_eq!(origin(&[("CI_COMMIT_SHA", "9f2c111")]), None);
    }
}
