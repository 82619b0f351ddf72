//! The origin of a release in Git: options tell it, else the CI's environment, else `git` itself.

use crate::arguments;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::Command;
use windlass_domain::git::Git;

/// The origin of a release, with its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseOrigin {
    /// Ref and commit.
    pub git: Git,
    /// Their source, in words.
    pub told_by: &'static str,
}

/// The options that tell the origin of a release.
#[derive(Debug, Args)]
pub struct OriginOptions {
    /// The Git ref, such as `refs/tags/v1.4.0`; else the CI's, else what is checked out.
    #[arg(long, value_name = "REF", value_parser = arguments::text)]
    git_ref: Option<String>,
    /// The commit; else the one that the repository around the present folder has at `--git-ref`. Without `--git-ref` it
    /// replaces the CI's, or that of what is checked out.
    #[arg(long, value_name = "HASH", value_parser = arguments::text)]
    git_commit: Option<String>,
    /// The time of the commit, in RFC 3339, such as `2026-11-20T14:02:05Z`; else as the repository around the present
    /// folder tells it.
    #[arg(long, value_name = "TIME", value_parser = arguments::text)]
    git_time: Option<String>,
    /// Name neither ref nor commit.
    #[arg(long, conflicts_with_all = ["git_ref", "git_commit", "git_time"])]
    no_git: bool,
}

impl OriginOptions {
    /// Returns the release's origin in Git: by the options, else the CI, else what is checked out.
    pub fn found(&self) -> Option<ReleaseOrigin> {
        let mut from = self.reference_and_commit()?;
        let commit = from.git.commit.as_deref();
        from.git.time = self.git_time.clone().or_else(|| time_of(commit?));
        Some(from)
    }

    fn reference_and_commit(&self) -> Option<ReleaseOrigin> {
        if self.no_git {
            return None;
        }
        if let Some(reference) = &self.git_ref {
            let commit = self.git_commit.clone().or_else(|| commit_at(reference));
            let git = Git {
                reference: reference.clone(),
                commit,
                time: None,
                dirty: false,
            };
            let told_by = "given by `--git-ref`";
            return Some(ReleaseOrigin { git, told_by });
        }
        let known = from_ci(|name| std::env::var(name).ok()).or_else(from_folder);
        known.map(|mut from| {
            from.git.commit = self.git_commit.clone().or(from.git.commit);
            from
        })
    }
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
    let known = [
        (
            "told by GitHub Actions",
            given("GITHUB_REF"),
            given("GITHUB_SHA"),
        ),
        (
            "told by GitLab CI",
            tag("CI_COMMIT_TAG").or_else(|| branch("CI_COMMIT_BRANCH")),
            given("CI_COMMIT_SHA"),
        ),
        (
            "told by CodeBuild",
            given("CODEBUILD_WEBHOOK_HEAD_REF"),
            given("CODEBUILD_RESOLVED_SOURCE_VERSION"),
        ),
        (
            "told by Bitbucket Pipelines",
            tag("BITBUCKET_TAG").or_else(|| branch("BITBUCKET_BRANCH")),
            given("BITBUCKET_COMMIT"),
        ),
    ];
    known.into_iter().find_map(|(told_by, reference, commit)| {
        Some(ReleaseOrigin {
            git: Git {
                reference: reference?,
                commit,
                time: None,
                dirty: false,
            },
            told_by,
        })
    })
}

/// Returns the branch that is checked out in the present folder. It returns a tag only where no branch is checked out,
/// so that working on a tagged commit does not look like releasing it.
pub fn from_folder() -> Option<ReleaseOrigin> {
    let branch = || {
        Some((
            git(&["symbolic-ref", "HEAD"])?,
            "the branch that is checked out",
        ))
    };
    let tag = || {
        let tag = git(&["describe", "--exact-match", "--tags", "HEAD"])?;
        Some((format!("refs/tags/{tag}"), "HEAD is detached at this tag"))
    };
    let (reference, told_by) = branch().or_else(tag)?;
    Some(ReleaseOrigin {
        git: Git {
            reference,
            commit: git(&["rev-parse", "HEAD"]),
            time: None,
            dirty: false,
        },
        told_by,
    })
}

/// Returns whether tracked files of the present folder differ from its commit, if that is the given commit. Untracked
/// files do not count: they are what was built. `None` where there is no repository, or another commit is checked out.
pub fn is_dirty(commit: Option<&str>) -> Option<bool> {
    let head = git(&["rev-parse", "HEAD"])?;
    if commit.is_some_and(|commit| !head.starts_with(commit)) {
        return None;
    }
    let changed = output(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(!changed.is_empty())
}

/// Returns the commit that a whole ref names in the repository around the present folder.
fn commit_at(reference: &str) -> Option<String> {
    let commit = format!("{reference}^{{commit}}");
    let is_whole = reference.starts_with("refs/");
    is_whole.then(|| git(&["rev-parse", "--verify", "--quiet", &commit]))?
}

/// Returns the time of a commit, in RFC 3339, as the repository around the present folder knows it.
pub fn time_of(commit: &str) -> Option<String> {
    let is_hash = commit.len() >= 7 && commit.chars().all(|digit| digit.is_ascii_hexdigit());
    let commit = is_hash.then(|| format!("{commit}^{{commit}}"))?;
    git(&["show", "--no-patch", "--format=%cI", &commit])
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
    let told = || {
        let at = folder.to_str()?;
        let root = PathBuf::from(git(&["-C", at, "rev-parse", "--show-toplevel"])?);
        if root.canonicalize().ok()? == folder.canonicalize().ok()? {
            return Some(FolderPlace::Root);
        }
        let is_part = output(&["-C", at, "check-ignore", "--quiet", "."]).is_none();
        is_part.then_some(FolderPlace::Within(root))
    };
    told().unwrap_or(FolderPlace::Outside)
}

/// Returns the branch that others begin from, as the remote tells it; else the one that is checked out.
pub fn first_branch(folder: &Path) -> Option<String> {
    let folder = folder.to_str()?;
    let told = git(&[
        "-C",
        folder,
        "symbolic-ref",
        "--short",
        "refs/remotes/origin/HEAD",
    ]);
    let told = told.and_then(|told| told.strip_prefix("origin/").map(str::to_owned));
    told.or_else(|| git(&["-C", folder, "symbolic-ref", "--short", "HEAD"]))
}

/// Returns the output of `git`; `None` if there is no Git, or no repository, or no output.
fn git(arguments: &[&str]) -> Option<String> {
    output(arguments).filter(|text| !text.is_empty())
}

fn output(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)]) -> Option<(String, Option<String>)> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        from_ci(variable).map(|from| (from.git.reference, from.git.commit))
    }

    #[test]
    fn each_ci_names_ref_and_commit_its_own_way() {
        let main = Some(("refs/heads/main".to_owned(), Some("9f2c111".to_owned())));
        let tag = Some(("refs/tags/v1.4.0".to_owned(), Some("9f2c111".to_owned())));
        let github = [("GITHUB_REF", "refs/heads/main"), ("GITHUB_SHA", "9f2c111")];
        assert_eq!(told(&github), main);
        let gitlab = [("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_SHA", "9f2c111")];
        assert_eq!(told(&gitlab), main);
        let gitlab = [("CI_COMMIT_TAG", "v1.4.0"), ("CI_COMMIT_SHA", "9f2c111")];
        assert_eq!(told(&gitlab), tag);
        let codebuild = [
            ("CODEBUILD_WEBHOOK_HEAD_REF", "refs/tags/v1.4.0"),
            ("CODEBUILD_RESOLVED_SOURCE_VERSION", "9f2c111"),
        ];
        assert_eq!(told(&codebuild), tag);
        let bitbucket = [("BITBUCKET_TAG", "v1.4.0"), ("BITBUCKET_COMMIT", "9f2c111")];
        assert_eq!(told(&bitbucket), tag);
    }

    #[test]
    fn without_a_ref_nothing_is_told() {
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("GITHUB_REF", "")]), None);
        assert_eq!(told(&[("CI_COMMIT_SHA", "9f2c111")]), None);
    }
}
