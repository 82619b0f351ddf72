//! Drift compares what was seen of a component's target with its record.

use crate::text::foreign;
use crate::text::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of comparing a target with its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// Its callers notice what is recorded.
    None,
    /// Somebody else changed it, or it is gone.
    Changed,
    /// It could not be seen. It is never as good as `none` (rule 7).
    Unknown,
}

impl Drift {
    /// Returns the word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

/// A component compared with its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Compared {
    /// The result of the comparison.
    pub drift: Drift,
    /// The recorded and the seen state.
    #[serde(flatten)]
    pub both: BothStates,
}

/// The recorded and the seen state of a component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BothStates {
    /// The recorded state, in words such as `41 at 100 %`; absent if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub recorded: Option<String>,
    /// The seen state, in the same words; absent if the target is gone.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub seen: Option<String>,
    /// The reason why it is unknown, how it was found to be gone, or which of many parts are not as recorded. Of a site
    /// in place it has how many files are not as recorded, and the names of a few. Where only the hourly look looks, it
    /// says of when it is.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub reason: Option<String>,
    /// The fields that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}

/// A field of a target that is not as recorded. It has names and numbers, and no content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Field {
    /// The name of the field, such as `image of container web`.
    #[serde(deserialize_with = "foreign::one")]
    pub name: String,
    /// The recorded value; absent if it is not kept in words.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub recorded: Option<String>,
    /// The seen value.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub seen: Option<String>,
}

impl Field {
    /// Returns it as a line, such as `version: recorded 41, seen 40`.
    pub fn words(&self) -> String {
        let each = in_words(self.recorded.as_ref(), self.seen.as_ref());
        if each.is_empty() {
            return format!("{} is not as recorded", self.name);
        }
        format!("{}: {}", self.name, each.join(", "))
    }
}

/// Lists what is known of both, such as `recorded 41` and `seen 40`.
fn in_words(recorded: Option<&String>, seen: Option<&String>) -> Vec<String> {
    let each = [("recorded", recorded), ("seen", seen)].into_iter();
    each.filter_map(|(what, text)| Some(format!("{what} {}", text?))).collect()
}

impl BothStates {
    /// Lists both states, as far as they are known.
    pub fn states(&self) -> Vec<String> {
        in_words(self.recorded.as_ref(), self.seen.as_ref())
    }

    /// Lists the fields that differ, or both states if no field is known.
    pub fn words(&self) -> Vec<String> {
        if self.fields.is_empty() { self.states() } else { self.fields.iter().map(Field::words).collect() }
    }
}

impl Compared {
    /// Makes the result that nothing is known, for this reason.
    pub fn unknown(reason: impl Into<String>) -> Self {
        let both = BothStates { reason: Some(reason.into()), ..BothStates::default() };
        Self { drift: Drift::Unknown, both }
    }

    /// Returns in a few words that the component of this name is not as recorded, or could not be seen.
    pub fn in_short(&self, name: &ComponentName) -> Option<(Drift, String)> {
        let words = match self.drift {
            Drift::None => return None,
            Drift::Changed => format!("{name} drifted"),
            Drift::Unknown => {
                let why = self.both.reason.as_deref().unwrap_or("nobody can say");
                format!("{name}: drift unknown: {why}")
            }
        };
        Some((self.drift, words))
    }
}
