//! What the ledger keeps of a look.

use super::{Kind, View, from_value, to_value};
use crate::ports::Answered;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What callers of a target get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// By which it is compared.
    pub value: Value,
    /// In words, such as `40 at 100 %`: for people alone.
    pub shown: String,
}

impl Noticed {
    /// Whether callers notice no difference.
    pub fn is_same(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// A state of a target as it was seen: what to come back to, and what callers got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// What is wanted by whoever comes back to it, as the kind writes it.
    pub goal: Value,
    /// What callers got.
    pub noticed: Noticed,
    /// Whether AWS promises that the look was not behind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_sure: bool,
}

impl Recorded {
    /// Records what was seen.
    pub fn of<K: Kind>(target: &K::Target, seen: &K::Seen) -> Answered<Self> {
        let View {
            noticed,
            is_consistent,
            ..
        } = K::view(target, seen);
        Ok(Self {
            goal: to_value(&K::back(seen))?,
            noticed,
            is_sure: is_consistent,
        })
    }

    /// Whether callers of a target that was left like that get now what they got then, or AWS promises that what was
    /// seen is not behind.
    pub fn is_as_left(&self, left: &Self) -> bool {
        self.is_sure || self.noticed.is_same(&left.noticed)
    }

    /// Reads `what`, such as the state before, from the ledger.
    pub fn read(what: &str, value: &Value) -> Answered<Self> {
        from_value(what, value)
    }
}
