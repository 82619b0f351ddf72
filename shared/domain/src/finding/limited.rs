//! Limits the findings that are told together: none twice, and not too many.

use super::sentence::sentence;
use super::{Finding, FindingName, LONGEST_SENTENCE};
use crate::count::{agree, count};
use crate::truncate::truncate;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The most findings that a refusal has: all of them go into one item of the ledger, of 400 KB (Amazon
/// DynamoDB Developer Guide, "Quotas").
pub const MOST: usize = 100;

/// Returns at most [`MOST`] findings, and one of each name at each path. If there are more, the last one says how many
/// are not told.
pub fn limited(findings: Vec<Finding>) -> Vec<Finding> {
    let mut findings = told_once(findings);
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
fn told_once(findings: Vec<Finding>) -> Vec<Finding> {
    let mut told: Vec<Finding> = Vec::new();
    let mut places = BTreeMap::new();
    for finding in findings {
        let place = (finding.name, finding.path.clone());
        match places.entry(place) {
            Entry::Vacant(place) => {
                place.insert(told.len());
                told.push(finding);
            }
            Entry::Occupied(at) => {
                if let Some(first) = told.get_mut(*at.get()) {
                    first.join(&finding);
                }
            }
        }
    }
    told
}

impl Finding {
    /// Adds another finding, such as one at the same path: both are told as one.
    pub fn join(&mut self, other: &Self) {
        let joined = |one: &str, other: &str| {
            let (first, more) = (sentence(one), sentence(other));
            if first.contains(&more) { one.to_owned() } else { format!("{first} {more}") }
        };
        self.reason = truncate(joined(&self.reason, &other.reason), LONGEST_SENTENCE);
        self.remedy = truncate(joined(&self.remedy, &other.remedy), LONGEST_SENTENCE);
    }
}
