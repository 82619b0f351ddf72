//! The state of a target as its callers notice it, and a value of it in words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The state of a target as its callers notice it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// The value by which it is compared.
    pub value: Value,
    /// The words, such as `40 at 100 %`: for people alone.
    pub shown: String,
}

impl Noticed {
    /// Returns whether callers notice no difference.
    pub fn is_same(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// Returns a value in words: the value itself, or `none` or `nothing`.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        Value::Array(all) if all.is_empty() => "none".to_owned(),
        other => other.to_string(),
    }
}
