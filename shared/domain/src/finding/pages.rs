//! The pages that explain findings, as paths in the repository of Windlass and in its releases.

use super::{Finding, FindingName};
use std::collections::BTreeSet;

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
