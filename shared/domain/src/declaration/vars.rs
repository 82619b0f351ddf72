//! The values that people give to the texts of a declaration.

use super::document::Document;
use crate::finding::{Finding, FindingName};
use serde_json::Value;

/// Stands in a declaration for a value that somebody must still write, such as in a declaration that was made from
/// another deployer's file.
pub const UNWRITTEN: &str = "write-me";

/// Variables that every declaration has.
const OWN: [(&str, &str); 2] = [
    ("app", "the application's name"),
    ("environment", "the environment's name"),
];

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
    unwritten("", &whole, &mut findings);
    findings
}

fn unwritten(path: &str, value: &Value, findings: &mut Vec<Finding>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Value::String(text) if text == UNWRITTEN => findings.push(Finding::new(
            FindingName::BadValue,
            path,
            format!("`{UNWRITTEN}` stands here: nobody has written this value yet."),
            "Write the value.",
        )),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                unwritten(&format!("{path}[{at}]"), item, findings);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                unwritten(&below(name), member, findings);
            }
        }
        _ => {}
    }
}
