//! The patterns that a declaration has of a folder: what shall go all the same, and what shall not go.

use crate::declaration::folder::table::{Destination, TABLE};
use crate::declaration::scope::{NOT_FILLED_IN, Scope};
use crate::document::glob_form::path_meant;
use crate::document::shape::join;
use crate::text::count::count;
use crate::text::finding::Finding;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::{Deserialize, Serialize};

/// Patterns in the syntax of a `.gitignore`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderPatterns {
    /// Files that go although the table has their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publish: Vec<String>,
    /// Files that do not go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
}

/// The folder that a kind of component takes.
#[derive(Debug, Clone, Copy)]
pub struct Folder<'a> {
    /// Its destination.
    pub destination: Destination,
    /// The patterns that are declared of it.
    pub patterns: &'a FolderPatterns,
}

impl Folder<'_> {
    /// A folder of which nobody knows what it is for.
    pub const UNKNOWN: Self = Self { destination: Destination::Unknown, patterns: FolderPatterns::NONE };
}

/// The most patterns of one list. They stand in the ledger with each deployment.
const MOST: usize = 50;

/// The most characters of a pattern.
const LONGEST: usize = 256;

/// The advice where a pattern is none.
const WRITE: &str = "Write a line of a `.gitignore`: `*.map`, `drafts/`, `/internal/**`; `!` takes files out again.";

impl FolderPatterns {
    /// No patterns.
    pub const NONE: &Self = &Self { publish: Vec::new(), exclude: Vec::new() };

    /// Returns whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.publish.is_empty() && self.exclude.is_empty()
    }

    /// Checks the patterns of the component at `path`.
    pub(crate) fn resolve(scope: &mut Scope<'_>, path: &str, publish: &[String], exclude: &[String]) -> Self {
        for (field, patterns) in [("publish", publish), ("exclude", exclude)] {
            check(scope, &join(path, field), patterns);
        }
        for (i, pattern) in publish.iter().enumerate().filter(|(_, one)| is_too_wide(one)) {
            scope.bad_value(
                &format!("{path}.publish[{i}]"),
                format!("`{pattern}` names every file, so that nothing would be refused any more."),
                "Name the files or folders that shall go, such as `.env.example` or `docs/keys/*.pem`.",
            );
        }
        Self { publish: publish.to_vec(), exclude: exclude.to_vec() }
    }
}

fn check(scope: &mut Scope<'_>, path: &str, patterns: &[String]) {
    if patterns.len() > MOST {
        let reason = format!("It has {}, and at most {MOST} are taken.", count(patterns.len(), "pattern"));
        let remedy = "Name folders in place of their files.";
        scope.note(Finding::too_large(path, reason, remedy).seen(patterns.len(), MOST));
    }
    for (i, pattern) in patterns.iter().enumerate() {
        let path = format!("{path}[{i}]");
        if let Some((why, write)) = objection(scope, &path, pattern, &patterns[..i]) {
            scope.bad_value(&path, why, write);
        }
    }
}

/// Returns why a pattern behind others is none or does nothing, and what to write.
fn objection(scope: &Scope<'_>, path: &str, pattern: &str, before: &[String]) -> Option<(String, String)> {
    let write = |meant: Option<String>| meant.map_or_else(|| WRITE.to_owned(), |meant| format!("Write `{meant}`."));
    if pattern.trim_start_matches(['!', '/']).trim().is_empty() {
        Some(("A pattern names nothing.".to_owned(), write(None)))
    } else if let Some(why) = syntax_fault(pattern) {
        Some((format!("`{pattern}` is no pattern: {why}."), write(None)))
    } else if let Some(meant) = scope.pattern_meant(path, pattern) {
        Some((format!("`{pattern}` is no pattern: {NOT_FILLED_IN}."), write(Some(meant))))
    } else if let Some(meant) = meant(pattern) {
        let why = "a path begins in the folder, and has no `.`, `..` or empty part";
        Some((format!("`{pattern}` matches nothing: {why}."), write(Some(meant).filter(|meant| !meant.is_empty()))))
    } else if pattern.starts_with('!') && before.iter().all(|one| one.starts_with('!')) {
        let why = "`!` takes files out of the patterns before it, and there is none";
        let write = "Leave it out, or put it behind the pattern that names too much.";
        Some((format!("`{pattern}` does nothing: {why}."), write.to_owned()))
    } else {
        None
    }
}

/// Returns what was probably meant by a pattern that no path matches. One `/` at its beginning is this folder, one at
/// its end a folder.
fn meant(pattern: &str) -> Option<String> {
    let (sign, rest) = pattern.strip_prefix('!').map_or(("", pattern), |rest| ("!", rest));
    let path = rest.strip_prefix('/').unwrap_or(rest);
    let (path, end) = path.strip_suffix('/').map_or((path, ""), |path| (path, "/"));
    let meant = path_meant(path)?;
    Some(if meant.is_empty() { meant } else { format!("{sign}/{meant}{end}") })
}

fn syntax_fault(pattern: &str) -> Option<String> {
    if pattern.starts_with('#') {
        return Some("a line that begins with `#` is a comment; write `\\#`".to_owned());
    }
    if pattern.len() > LONGEST || pattern.chars().any(char::is_control) {
        return Some(format!("it has control characters, or more than {LONGEST} bytes"));
    }
    matcher(std::slice::from_ref(&pattern)).err()
}

/// Returns whether a pattern names one file of each row that is refused.
fn is_too_wide(pattern: &String) -> bool {
    let Ok(matcher) = matcher(std::slice::from_ref(pattern)) else { return false };
    let mut first = TABLE.iter().filter_map(|row| row.names.first());
    first.all(|name| matcher.matched_path_or_any_parents(name.replace('*', "x"), false).is_ignore())
}

/// Returns what matches the patterns together: the last one that names a file counts.
///
/// # Errors
/// The reason why one is no pattern.
pub(super) fn matcher(patterns: &[impl AsRef<str>]) -> Result<Gitignore, String> {
    let why = |error: ignore::Error| match error {
        ignore::Error::Glob { err, .. } => err,
        other => other.to_string(),
    };
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    for pattern in patterns {
        builder.add_line(None, pattern.as_ref()).map_err(why)?;
    }
    builder.build().map_err(why)
}
