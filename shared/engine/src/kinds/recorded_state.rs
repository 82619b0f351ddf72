//! The state of a target that was seen, as the ledger keeps it.

use super::{Kind, View, from_value, to_value};
use crate::ports::Result;
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

/// A state of a target as it was seen: the goal to come back to, and what callers got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The goal of somebody who comes back to it, as the kind writes it.
    pub goal: Value,
    /// The state that callers noticed.
    pub noticed: Noticed,
    /// True if AWS promises that the look was not behind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_sure: bool,
}

impl Recorded {
    /// Records what was seen.
    pub fn of<K: Kind>(target: &K::Target, seen: &K::Seen) -> Result<Self> {
        let View { noticed, is_consistent, .. } = K::view(target, seen);
        Ok(Self { goal: to_value(&K::back(seen))?, noticed, is_sure: is_consistent })
    }

    /// Returns whether the target is surely as it was left: callers get what they got then, or AWS promises that what
    /// was seen is not behind.
    pub fn is_as_left(&self, left: &Self) -> bool {
        self.is_sure || self.noticed.is_same(&left.noticed)
    }

    /// Reads `what`, such as the state before, from the ledger.
    pub fn read(what: &str, value: &Value) -> Result<Self> {
        from_value(what, value)
    }
}
