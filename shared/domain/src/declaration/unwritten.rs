//! The values of a declaration that a person must still write.

use crate::text::finding::Finding;
use serde_json::Value;

/// Stands in a declaration for a value that somebody must still write, such as in a declaration that was made from
/// another deployer's file.
pub const UNWRITTEN: &str = "write-me";

/// Adds a finding for each value that nobody has written yet, with its path.
pub(super) fn findings(path: &str, value: &Value, found: &mut Vec<Finding>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Value::String(text) if text == UNWRITTEN => found.push(Finding::bad_value(
            path,
            format!("`{UNWRITTEN}` stands here: nobody has written this value yet."),
            "Write the value.",
        )),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                findings(&format!("{path}[{at}]"), item, found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                findings(&below(name), member, found);
            }
        }
        _ => {}
    }
}
