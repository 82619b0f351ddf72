//! Findings: something wrong with input or with a target, told so that its author can mend it.

use crate::foreign;
use crate::truncate::truncate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod limited;
mod name;
mod pages;
mod repeated;
mod sentence;

pub use limited::{MOST, limited};
pub use name::FindingName;
pub use pages::{in_lines, pages};
pub(crate) use repeated::repeated;

/// The beginning of a reason that says that nobody looked, or could look: the thing is neither well nor wrong.
pub const NOT_CHECKED: &str = "Not checked: ";

/// The longest path of a finding, in bytes.
pub const LONGEST_PATH: usize = 300;

/// The longest reason and the longest remedy of a finding, in bytes.
pub const LONGEST_SENTENCE: usize = 1000;

/// One thing that is wrong: where, what, and what to write or do instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The name.
    pub name: FindingName,
    /// The place: a dotted path into the document, such as `components.web.bucket`, or a target.
    #[serde(deserialize_with = "foreign::one")]
    pub path: String,
    /// A sentence that says what is wrong, with the value that was seen.
    #[serde(deserialize_with = "foreign::one")]
    pub reason: String,
    /// A sentence that says what to write or do instead.
    #[serde(deserialize_with = "foreign::one")]
    pub remedy: String,
}

impl Finding {
    /// Makes a finding. Each text is one line in which nothing is hidden, whatever it repeats; behind a reason may be
    /// lines of a log. Texts that are longer than [`LONGEST_PATH`] and [`LONGEST_SENTENCE`], because they repeat a
    /// long value, are cut. Every finding needs a path: a test that meets one without a path panics.
    pub fn new(
        name: FindingName,
        path: impl Into<String>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let path = path.into();
        debug_assert!(!path.is_empty(), "{name} does not say where");
        Self {
            name,
            path: truncate(foreign::line(&path), LONGEST_PATH),
            reason: truncate(foreign::with_log(&reason.into()), LONGEST_SENTENCE),
            remedy: truncate(foreign::line(&remedy.into()), LONGEST_SENTENCE),
        }
    }
}

#[cfg(test)]
#[path = "finding_tests.rs"]
mod tests;
