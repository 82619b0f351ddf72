//! The values that people give to the texts of a declaration.

use super::document::Document;
use super::unwritten;
use crate::finding::{Finding, FindingName};

/// Variables that every declaration has.
const OWN: [(&str, &str); 2] = [("app", "the application's name"), ("environment", "the environment's name")];

/// Returns findings for variables that nothing would ever use, and for values that nobody has written yet.
pub(super) fn findings(document: &Document) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, environment) in &document.environments {
        for (own, is) in OWN {
            if environment.vars.contains_key(own) {
                findings.push(Finding::new(
                    FindingName::BadValue,
                    format!("environments.{name}.vars.{own}"),
                    format!("`{{{own}}}` is {is}, so that this value would never be used."),
                    "Give the variable another name, here and in the texts that use it.",
                ));
            }
        }
    }
    // A document that was read can be written.
    let whole = serde_json::to_value(document).unwrap_or_default();
    unwritten::findings("", &whole, &mut findings);
    findings
}
