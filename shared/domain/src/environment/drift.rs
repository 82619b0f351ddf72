//! Drift compares what was seen of a component's target with its record.

use crate::text::foreign;
use serde::{Deserialize, Serialize};

/// The result of comparing a target with its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// Its callers notice what is recorded.
    None,
    /// Somebody else changed it, or it is gone.
    Changed,
    /// It could not be seen. It is never as good as `None` (rule 7).
    Unknown,
}

/// A component compared with its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The result of the comparison.
    pub drift: Drift,
    /// The recorded state, in words such as `41 at 100 %`; absent if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "foreign::maybe")]
    pub recorded: Option<String>,
    /// The seen state, in the same words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "foreign::maybe")]
    pub seen: Option<String>,
    /// The reason why it is unknown, how it was found to be gone, or which of many parts are not as recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "foreign::maybe")]
    pub reason: Option<String>,
    /// The fields that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}

/// A field of a target that is not as recorded. It has names and numbers, and no content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The name of the field, such as `image of container web`.
    #[serde(deserialize_with = "foreign::one")]
    pub name: String,
    /// The recorded value; absent if it is not kept in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "foreign::maybe")]
    pub recorded: Option<String>,
    /// The seen value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "foreign::maybe")]
    pub seen: Option<String>,
}

impl Field {
    /// Returns it as a line, such as `version: recorded 41, seen 40`.
    pub fn words(&self) -> String {
        let each = [("recorded", &self.recorded), ("seen", &self.seen)];
        let each = each.into_iter();
        let each = each.filter_map(|(what, text)| Some(format!("{what} {}", text.as_ref()?)));
        let each: Vec<String> = each.collect();
        if each.is_empty() {
            return format!("{} is not as recorded", self.name);
        }
        format!("{}: {}", self.name, each.join(", "))
    }
}

impl Compared {
    /// Makes the result that nothing is known, for this reason.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { drift: Drift::Unknown, recorded: None, seen: None, reason: Some(reason.into()), fields: Vec::new() }
    }
}
