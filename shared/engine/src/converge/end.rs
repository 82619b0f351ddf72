//! The ends of one invocation that drives a component.

use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::finding::Finding;

/// An invocation of a deployer ends so.
pub enum End {
    /// What is wanted was seen.
    Reached {
        /// What was seen.
        seen: Value,
        /// The same in words.
        shown: String,
        /// Values that it gives to others.
        outputs: BTreeMap<String, String>,
    },
    /// Nothing had been changed, so there is nothing to undo.
    Untouched,
    /// It cannot be reached.
    Failed(Finding),
    /// It needs more time than one invocation has: what it waits for.
    NotYet(String),
    /// The same, where that is to be looked at rarely.
    TakesHours(String),
    /// It has made a part of what is to be done, and needs another invocation for more, at once.
    More(String),
}
