//! Drift: what was seen of a component's target beside what is recorded.

use serde::{Deserialize, Serialize};

/// Whether a target is as it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// What its callers notice is as recorded.
    None,
    /// Somebody else changed it, or it is gone.
    Changed,
    /// It could not be told. Never as good as `None` (rule 7).
    Unknown,
}

/// A component beside its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// What it comes to.
    pub drift: Drift,
    /// What is recorded, in words such as `41 at 100 %`; absent where it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    /// What was seen, in the same words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// Why it is unknown, how it was found that it is gone, or which of many parts are not as recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What differs, by field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}

/// A field of a target that is not as recorded. Names and numbers, and no content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What it is called, such as `image of container web`.
    pub name: String,
    /// What is recorded of it; absent where that is not kept in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    /// What was seen of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

impl Field {
    /// In a line, such as `version: recorded 41, seen 40`.
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
    /// That nothing can be told.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self {
            drift: Drift::Unknown,
            recorded: None,
            seen: None,
            reason: Some(reason.into()),
            fields: Vec::new(),
        }
    }
}
