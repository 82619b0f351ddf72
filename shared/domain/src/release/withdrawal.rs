//! Withdrawals: files of a site that an operator takes away now and for good. Pure.
//!
//! What open pages may ask for stays reachable ([`crate::release::stays_reachable`]). A file that nobody was to see
//! must go at once, and must not come back by a release, a rollback, an undo or a restoring.

use crate::release::identity::EnvironmentId;
use crate::text::count::{agree, count};
use crate::text::digest::Digest;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::ComponentName;
use crate::{prose, run};
use globset::{Glob, GlobMatcher};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most objects of one withdrawal: its plan lists each.
pub const MOST: usize = 100;

/// The most withdrawn files of a component: an item of the ledger has all of them.
pub const MOST_KEPT: usize = 250;

/// The request of a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawal {
    /// The site.
    pub component: ComponentName,
    /// The glob over the paths of its files.
    pub pattern: String,
}

/// A file that was withdrawn: these bytes do not come back at this path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct WithdrawnFile {
    /// The path within the site.
    pub path: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
}

/// The withdrawn files of a component.
pub type WithdrawnFiles = BTreeSet<WithdrawnFile>;

/// Reads a pattern.
///
/// # Errors
/// A finding if it is empty or no glob.
pub fn matcher(pattern: &str) -> Result<GlobMatcher, Finding> {
    let bad = |reason: String| {
        let remedy = "Write a path such as `data/customers.csv`, or a glob such as `backup/**`.";
        Finding::bad_value("pattern", reason, remedy)
    };
    if pattern.trim().is_empty() {
        return Err(bad("the pattern is empty.".to_owned()));
    }
    Ok(Glob::new(pattern).map_err(|error| bad(format!("the pattern is no glob: {error}.")))?.compile_matcher())
}

/// The files that a pattern means among those that are there: the one of just this name, such as `[id].js`, or else all
/// that the glob matches.
pub struct MeantFiles<'a> {
    pattern: &'a str,
    glob: GlobMatcher,
    is_name: bool,
}

impl<'a> MeantFiles<'a> {
    /// Reads a pattern beside the paths that are there.
    ///
    /// # Errors
    /// It is no glob.
    pub fn of<'p>(pattern: &'a str, mut there: impl Iterator<Item = &'p str>) -> Result<Self, Finding> {
        Ok(Self { pattern, glob: matcher(pattern)?, is_name: there.any(|path| path == pattern) })
    }

    /// Returns whether it means the file at a path.
    pub fn has(&self, path: &str) -> bool {
        if self.is_name { path == self.pattern } else { self.glob.is_match(path) }
    }
}

/// Names files for people: all of them, in backticks.
pub fn named<'a>(paths: impl Iterator<Item = &'a str>) -> String {
    paths.map(|path| format!("`{}`", path.escape_debug())).collect::<Vec<_>>().join(", ")
}

/// Makes the finding that a pattern matches nothing that could be withdrawn.
pub fn nothing_matches(pattern: &str) -> Finding {
    Finding::bad_value(
        "pattern",
        format!(
            "`{}` matches no file that Windlass wrote and that is no page of what is live.",
            pattern.escape_debug()
        ),
        prose!(
            "Write the path of a file within the site, without a slash or an address before it, such as \
             `data/customers.csv`, or a glob such as `backup/**`. What somebody else wrote is deleted with {}.",
            run!("aws s3 rm s3://…")
        ),
    )
}

/// Makes the finding that a pattern matches documents of what is live.
pub fn matches_documents(documents: &[&str]) -> Finding {
    let first = named(documents.iter().take(5).copied());
    Finding::bad_value(
        "pattern",
        format!("the pattern matches {} of what is live: {first}.", count(documents.len(), "document")),
        "Narrow the pattern. A page goes by a release that does not have it.",
    )
}

/// Makes the finding that a pattern matches too many objects.
pub fn matches_too_many(objects: usize) -> Finding {
    Finding::bad_value(
        "pattern",
        format!("the pattern matches {}, and one withdrawal takes away {MOST}.", count(objects, "object")),
        "Narrow the pattern, and withdraw the rest next.",
    )
}

/// Makes the finding that a site has as many withdrawn files as are kept.
pub fn keeps_too_many() -> Finding {
    Finding::bad_value(
        "pattern",
        format!("with these more than {MOST_KEPT} files of the site would be withdrawn, and so many are kept."),
        "Narrow the pattern; or release the site as another component, into another bucket.",
    )
}

/// Makes the refusal of a release that has withdrawn files.
pub fn comes_back(archive: &str, paths: &[&str]) -> Finding {
    let first = named(paths.iter().take(5).copied());
    Finding::new(
        FindingName::Withdrawn,
        archive,
        format!("an operator has withdrawn {} of it here: {first}.", count(paths.len(), "file")),
        "Take the file out of what is packed; `exclude` of the component leaves it out. Other bytes may go under the \
         same name.",
    )
}

/// Makes the warning that what goes back leaves withdrawn files out.
pub fn left_out(component: &ComponentName, paths: &[&str]) -> Finding {
    let first = named(paths.iter().take(5).copied());
    Finding::new(
        FindingName::Withdrawn,
        format!("components.{component}"),
        format!(
            "{} that {} withdrawn since {} left out: {first}.",
            count(paths.len(), "file"),
            agree(paths.len(), "was", "were"),
            agree(paths.len(), "is", "are")
        ),
        "Nothing has to be done.",
    )
}

/// Says that files stay withdrawn although the withdrawal was stopped or has failed.
pub fn stay_away(files: &WithdrawnFiles) -> String {
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    format!("What was deleted stays deleted, and nothing brings it back: {}.", named(paths.into_iter()))
}

/// Says that a withdrawal is done.
pub fn done(of: EnvironmentId<'_>, component: &str, files: &WithdrawnFiles) -> String {
    let (app, environment) = (of.app(), of.environment());
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let (number, files) = (paths.len(), paths.into_iter());
    format!(
        "{app} {environment}: {} of {component} {} withdrawn: {}. What stays is the archive in the artifacts bucket, and \
         the versions in the site's own until its rule ends them. A secret that was public must be changed.",
        count(number, "file"),
        agree(number, "is", "are"),
        named(files),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_path_or_a_glob() {
        let table = [
            ("data/a.csv", "data/a.csv", true),
            ("data/a.csv", "other/a.csv", false),
            ("backup/**", "backup/a/b.sql", true),
            ("*.sql", "backup/a.sql", true),
        ];
        for (pattern, path, expected) in table {
            assert_eq!(matcher(pattern).unwrap().is_match(path), expected, "{pattern} {path}");
        }
        for pattern in ["", " ", "a[", "{a"] {
            assert_eq!(matcher(pattern).unwrap_err().path, "pattern", "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_is_a_name_means_that_file_alone() {
        let there = ["app/[id].js", "app/i.js", "app/x.js"];
        let meant = |pattern| {
            let meant = MeantFiles::of(pattern, there.into_iter()).unwrap();
            there.into_iter().filter(|path| meant.has(path)).collect::<Vec<_>>()
        };
        assert_eq!(meant("app/[id].js"), ["app/[id].js"]);
        assert_eq!(meant("app/[ix].js"), ["app/i.js", "app/x.js"]);
    }

    #[test]
    fn the_refusals_name_the_first_files() {
        let paths = ["a.csv", "b\nnext: c"];
        let refusals = [comes_back("web.zip", &paths).written(), matches_documents(&paths).written()];
        for refusal in refusals {
            assert!(refusal.contains("2 "), "{refusal}");
            assert_eq!(refusal.lines().count(), 1, "{refusal}");
        }
    }
}
