//! The difference between two documents, by the paths of their members. Pure. Order of members, layout and comments
//! make no difference.

use serde_json::Value;
use std::collections::BTreeSet;

/// The most letters of a value that is shown whole.
const LONGEST: usize = 80;

/// Returns one line for each member that is new, gone or changed: `+ path: value`, `- path: value`, `~ path: from →
/// to`.
pub fn difference(former: &Value, present: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", former, present, &mut lines);
    lines
}

fn compare(path: &str, former: &Value, present: &Value, lines: &mut Vec<String>) {
    match (former, present) {
        (Value::Object(old), Value::Object(new)) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                let path = join(path, name);
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => compare(&path, old, new, lines),
                    (None, Some(new)) => lines.push(format!("+ {path}: {}", short(new))),
                    (Some(old), None) => lines.push(format!("- {path}: {}", short(old))),
                    (None, None) => {}
                }
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (number, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}[{number}]"), old, new, lines);
            }
        }
        (old, new) if old != new => {
            lines.push(format!("~ {path}: {} → {}", short(old), short(new)));
        }
        _ => {}
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return text;
    }
    let cut: String = text.chars().take(LONGEST).collect();
    format!("{cut}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_member_that_differs_is_one_line() {
        let old = json!({"version": "1.0.0", "a": {"x": 1, "y": [1, 2], "z": [1]}, "gone": {"b": true}});
        let new = json!({"a": {"y": [1, 3], "x": 1, "z": [1, 2]}, "version": "1.1.0", "new": "n".repeat(90)});
        let cut = format!("+ new: {}…", "n".repeat(80));
        assert_eq!(
            difference(&old, &new),
            ["~ a.y[1]: 2 → 3", "~ a.z: [1] → [1,2]", "- gone: {\"b\":true}", &cut, "~ version: 1.0.0 → 1.1.0",]
        );
        assert!(difference(&old, &old).is_empty());
    }
}
