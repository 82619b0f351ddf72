//! The rules of an environment for what arrives there: whether it is deployed by itself, and whether it stops an older
//! release that is under way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rule for arrivals: they deploy by themselves, or a person starts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Arrivals that match the environment's rule are deployed.
    #[default]
    Automatic,
    /// Only a deployment that a person starts is made.
    Manual,
}

/// A release that comes while an older one of the same components is under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Supersede {
    /// It waits until the older one has ended, its bake included.
    #[default]
    Wait,
    /// The older one is stopped and undone first, if the newer one brings all of its components.
    UndoFirst,
}

impl Supersede {
    /// Returns whether it is the default.
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde asks so.
    pub fn waits(&self) -> bool {
        *self == Self::Wait
    }
}
