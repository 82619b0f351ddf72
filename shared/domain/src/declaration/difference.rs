//! The difference between two documents, by the paths of their members. Pure. Order of members, layout and comments
//! make no difference.

use crate::declaration::read::LARGEST;
use crate::document::syntax;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;

/// The most letters of a value that is shown whole.
const LONGEST: usize = 80;

/// A member that is new, gone or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDifference {
    /// Its path.
    pub path: String,
    /// The former value; absent where the member is new.
    pub from: Option<String>,
    /// The present value; absent where the member is gone.
    pub to: Option<String>,
}

/// As a line: `+ path: value`, `- path: value`, `~ path: from → to`.
impl fmt::Display for MemberDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => write!(f, "~ {path}: {from} → {to}"),
            (None, Some(to)) => write!(f, "+ {path}: {to}"),
            (from, None) => write!(f, "- {path}: {}", from.as_deref().unwrap_or_default()),
        }
    }
}

/// Returns the differences of two texts of a declaration. One that cannot be read has none.
pub fn differences(former: &str, present: &str) -> Vec<MemberDifference> {
    let read = |text| syntax::yaml_with_tags("the declaration", text, LARGEST).ok();
    let mut all = Vec::new();
    if let (Some(former), Some(present)) = (read(former), read(present)) {
        compare("", Some(&former), Some(&present), &mut all);
    }
    all
}

fn compare(path: &str, former: Option<&Value>, present: Option<&Value>, all: &mut Vec<MemberDifference>) {
    match (former, present) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                compare(&join(path, name), old.get(name), new.get(name), all);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
            for (number, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}[{number}]"), Some(old), Some(new), all);
            }
        }
        (old, new) if old != new => {
            all.push(MemberDifference { path: path.to_owned(), from: old.map(short), to: new.map(short) });
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
        let old = json!({"version": "1.0.0", "a": {"x": 1, "y": [1, 2], "z": [1]}, "gone": {"b": true}}).to_string();
        let new = json!({"a": {"y": [1, 3], "x": 1, "z": [1, 2]}, "version": "1.1.0", "new": "n".repeat(90)});
        let cut = format!("+ new: {}…", "n".repeat(80));
        let found: Vec<String> = differences(&old, &new.to_string()).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["~ a.y[1]: 2 → 3", "~ a.z: [1] → [1,2]", "- gone: {\"b\":true}", &cut, "~ version: 1.0.0 → 1.1.0"]
        );
        assert!(differences(&old, &old).is_empty());
        assert!(differences(&old, "{").is_empty());
    }
}
