//! A document out of which members are taken as they are read. Members that are left were used by nobody, and are
//! listed. So nothing is lost silently, not even members that come later.

use serde_json::Value;

/// The depth to which the rest is named: `deploymentConfiguration.alarms`, and not each alarm.
const DEEPEST: usize = 2;

/// The document.
#[derive(Debug, Clone, Default)]
pub struct UnreadMembers(Value);

impl UnreadMembers {
    /// Begins with the whole document.
    pub fn new(document: Value) -> Self {
        Self(document)
    }

    /// Returns whether there is no document at all.
    pub fn is_missing(&self) -> bool {
        self.0.is_null()
    }

    /// Takes the value at a path of members; null where there is none.
    pub fn take(&mut self, path: &[&str]) -> Value {
        let Some((last, before)) = path.split_last() else {
            return std::mem::take(&mut self.0);
        };
        let mut at = Some(&mut self.0);
        for member in before {
            at = at.and_then(|value| value.get_mut(*member));
        }
        let map = at.and_then(Value::as_object_mut);
        map.and_then(|map| map.remove(*last)).unwrap_or_default()
    }

    /// Takes the text at a path; a value that is no text stays, and is listed as left.
    pub fn text(&mut self, path: &[&str]) -> Option<String> {
        let at = path.iter().try_fold(&self.0, |value, member| value.get(*member));
        at?.as_str()?;
        self.take(path).as_str().map(str::to_owned)
    }

    /// Takes all objects of a list, each as a document of its own.
    pub fn each(&mut self, path: &[&str]) -> Vec<Self> {
        match self.take(path) {
            Value::Array(all) => all.into_iter().map(Self).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the paths of everything that is left, each in backticks; `None` where nothing is.
    pub fn left(&self) -> Option<String> {
        let mut paths = Vec::new();
        leaves(&self.0, "", 1, &mut paths);
        paths.dedup();
        let paths: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
        (!paths.is_empty()).then(|| paths.join(", "))
    }
}

fn leaves(value: &Value, path: &str, depth: usize, paths: &mut Vec<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            // All of its members were taken.
            Value::Object(map) if map.is_empty() => {}
            Value::Object(_) if depth < DEEPEST => leaves(value, &path, depth + 1, paths),
            _ => paths.push(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_taken_is_left() {
        let mut document =
            UnreadMembers::new(json!({"a": "1", "b": {"c": 2, "d": {"e": 3}, "f": "4"}, "g": {"h": "5"}, "i": []}));
        assert_eq!(document.text(&["a"]).as_deref(), Some("1"));
        assert_eq!(document.text(&["b", "c"]), None);
        assert_eq!(document.text(&["g", "h"]).as_deref(), Some("5"));
        assert_eq!(document.take(&["no", "no"]), Value::Null);
        assert_eq!(document.left().as_deref(), Some("`b.c`, `b.d`, `b.f`, `i`"));
        assert_eq!(UnreadMembers::default().left(), None);
    }
}
