//! The rule for a component that somebody else has changed between deployments, as people write it.

use schemars::{JsonSchema, Schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// The rule for a component that somebody else has changed between deployments.
///
/// YAML 1.1 reads `off` as false, so Windlass reads false as `off`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", from = "WrittenRule")]
#[schemars(!from, transform = or_false)]
pub enum Heal {
    /// Windlass makes no hourly check of the component, and reports no change.
    Off,
    /// Windlass looks at the component every hour, reports a difference, and leaves the component as it is.
    #[default]
    Report,
    /// Windlass looks at the component every hour, reports a difference, and deploys the recorded state once more.
    Restore,
}

/// As it is written.
#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenRule {
    Setting(Setting),
    Off(#[serde(deserialize_with = "no")] ()),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Setting {
    Off,
    Report,
    Restore,
}

impl From<WrittenRule> for Heal {
    fn from(said: WrittenRule) -> Self {
        match said {
            WrittenRule::Off(()) | WrittenRule::Setting(Setting::Off) => Self::Off,
            WrittenRule::Setting(Setting::Report) => Self::Report,
            WrittenRule::Setting(Setting::Restore) => Self::Restore,
        }
    }
}

fn no<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    if bool::deserialize(deserializer)? {
        return Err(D::Error::custom("`true` is not known here"));
    }
    Ok(())
}

fn or_false(schema: &mut Schema) {
    let said = json!({"const": false, "description": "The same as `off`, which YAML 1.1 reads as false."});
    if let Some(all) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        all.push(said);
    }
}

impl Heal {
    /// Returns whether it is the default.
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde asks so.
    pub const fn is_report(&self) -> bool {
        matches!(self, Self::Report)
    }
}
