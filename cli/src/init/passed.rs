//! The folders that the walk through a repository passes over. A file that is looked for may lie in one, so that they
//! are named. Pure.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// A folder that nobody has looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassedFolder {
    /// Its path, from the root of the repository.
    pub folder: String,
    /// The reason.
    pub why: PassedReason,
}

/// The reason why a folder is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PassedReason {
    /// Its name begins with a dot, and it is none of those in which people keep what is looked for.
    Hidden,
    /// Its name is one that build tools and package managers use.
    OfTools,
    /// It lies too deep.
    TooDeep,
    /// The repository has too many files, and the walk ended in this folder.
    TooMany,
}

impl fmt::Display for PassedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hidden => "hidden",
            Self::OfTools => "named like a folder that build tools or package managers make",
            Self::TooDeep => "too deep",
            Self::TooMany => "there are too many files, and the walk ended here",
        })
    }
}

/// The number of folders that a line names.
const SHOWN: usize = 8;

/// Returns a line for each reason, for people.
pub fn lines(passed: &[PassedFolder]) -> Vec<String> {
    let mut by_reason: BTreeMap<PassedReason, Vec<&str>> = BTreeMap::new();
    for one in passed {
        by_reason.entry(one.why).or_default().push(&one.folder);
    }
    let lines = by_reason.into_iter().map(|(why, folders)| {
        let named = folders.iter().take(SHOWN).map(|folder| format!("`{folder}`"));
        let named = named.collect::<Vec<_>>().join(", ");
        match folders.len().saturating_sub(SHOWN) {
            0 => format!("{named} ({why})"),
            more => format!("{named} and {more} more ({why})"),
        }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_stand_by_their_reason_and_what_is_not_named_is_counted() {
        let passed = |folder: &str, why| PassedFolder { folder: folder.to_owned(), why };
        let mut all = vec![
            passed("web/node_modules", PassedReason::OfTools),
            passed(".venv", PassedReason::Hidden),
            passed("a/b/c/d/e/f/g", PassedReason::TooDeep),
        ];
        assert_eq!(
            lines(&all),
            [
                "`.venv` (hidden)",
                "`web/node_modules` (named like a folder that build tools or package managers make)",
                "`a/b/c/d/e/f/g` (too deep)"
            ]
        );
        all.retain(|one| one.why == PassedReason::Hidden);
        all.resize(10, passed(".x", PassedReason::Hidden));
        assert_eq!(lines(&all), ["`.venv`, `.x`, `.x`, `.x`, `.x`, `.x`, `.x`, `.x` and 2 more (hidden)"]);
        assert_eq!(lines(&[]), [""; 0]);
    }
}
