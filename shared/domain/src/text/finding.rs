//! Findings: something wrong with input or with a target, with a reason and a remedy, so that its author can mend it.
//! Those that are shown together are none twice and not too many, and each has a page that explains it.

use crate::text::count::{agree, count};
use crate::text::foreign::{self, truncate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

mod name;

pub use name::FindingName;

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

/// The most findings that a refusal has: all of them go into one item of the ledger, of 400 KB (Amazon
/// DynamoDB Developer Guide, "Quotas").
pub const MOST: usize = 100;

/// Returns at most [`MOST`] findings, and one of each name at each path. If there are more, the last one says how many
/// are not listed.
pub fn limited(findings: Vec<Finding>) -> Vec<Finding> {
    let mut findings = joined(findings);
    if findings.len() > MOST {
        let more = findings.len() - (MOST - 1);
        findings.truncate(MOST - 1);
        findings.push(Finding::new(
            FindingName::MoreFindings,
            "the rest",
            format!(
                "{} {} wrong, which {} not told here.",
                count(more, "more thing"),
                agree(more, "is", "are"),
                agree(more, "is", "are")
            ),
            "Mend these first; then the rest is told.",
        ));
    }
    findings
}

/// Joins findings of one name at one path: whatever is wrong there, or in several environments, is one thing to mend.
fn joined(findings: Vec<Finding>) -> Vec<Finding> {
    let mut listed: Vec<Finding> = Vec::new();
    let mut places = BTreeMap::new();
    for finding in findings {
        let place = (finding.name, finding.path.clone());
        match places.entry(place) {
            Entry::Vacant(place) => {
                place.insert(listed.len());
                listed.push(finding);
            }
            Entry::Occupied(at) => {
                if let Some(first) = listed.get_mut(*at.get()) {
                    first.join(&finding);
                }
            }
        }
    }
    listed
}

impl Finding {
    /// Adds another finding, such as one at the same path: both are listed as one.
    pub fn join(&mut self, other: &Self) {
        let joined = |one: &str, other: &str| {
            let (first, more) = (sentence(one), sentence(other));
            if first.contains(&more) { one.to_owned() } else { format!("{first} {more}") }
        };
        self.reason = truncate(joined(&self.reason, &other.reason), LONGEST_SENTENCE);
        self.remedy = truncate(joined(&self.remedy, &other.remedy), LONGEST_SENTENCE);
    }
}

impl FindingName {
    /// Returns the page that says what the finding means, how to see it, and what mends it.
    pub fn page(self) -> String {
        format!("docs/findings/{self}.md")
    }
}

/// Returns a line that names the page of each finding once, in their order; `None` if there are no findings.
pub fn pages<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Option<String> {
    let mut named = BTreeSet::new();
    let mut first_of_each: Vec<&Finding> = findings.into_iter().collect();
    first_of_each.retain(|finding| named.insert(finding.name));
    let pages: Vec<String> = first_of_each.iter().map(|finding| finding.name.page()).collect();
    match pages.as_slice() {
        [] => None,
        [one] => Some(format!("  page: {one}")),
        several => Some(format!("  pages: {}", several.join(", "))),
    }
}

/// Returns all findings as the cause of a refusal: a line for each, and then the pages that explain them.
pub fn in_lines(findings: &[Finding]) -> String {
    let mut lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.extend(pages(findings));
    lines.join("\n")
}

/// The longest value that a finding repeats, in bytes: long enough to be recognised.
const LONGEST_VALUE: usize = 200;

/// Returns a value as a finding repeats it between backticks.
pub(crate) fn repeated(value: &str) -> String {
    if value.is_empty() {
        return "\"\"".to_owned();
    }
    truncate(value, LONGEST_VALUE)
}

/// Makes a text begin with a capital letter and end with a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let capital: String = letters.next().map_or_else(String::new, |first| first.to_uppercase().collect());
    let stop = if text.is_empty() || text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{capital}{}{stop}", letters.as_str())
}

impl Finding {
    /// Says what is wrong and what to do, as sentences, for the middle of a message.
    pub fn in_words(&self) -> String {
        format!("{} {}", sentence(&self.reason), sentence(&self.remedy))
    }
}

/// `BadValue: components.web.bucket: What is wrong. Remedy: What to do.`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: ", self.name, self.path)?;
        let (reason, remedy) = (sentence(&self.reason), sentence(&self.remedy));
        write!(f, "{reason} Remedy: {remedy}")
    }
}

#[cfg(test)]
#[path = "finding_tests.rs"]
mod tests;
