//! The ends of one invocation that drives a component.

use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::finding::Finding;

/// The end of one invocation of a deployer.
pub enum End {
    /// The goal was seen.
    Reached {
        /// The state that was seen.
        seen: Value,
        /// The same in words.
        shown: String,
        /// The values that it gives to other components.
        outputs: BTreeMap<String, String>,
    },
    /// Nothing had been changed, so there is nothing to undo.
    Untouched,
    /// The goal cannot be reached.
    Failed(Finding),
    /// It needs more time than one invocation has. The text tells what it waits for.
    NotYet(String),
    /// The same, for a target that takes hours and is looked at rarely.
    TakesHours(String),
    /// It has made a part of the work, and needs another invocation for the rest, at once.
    More(String),
}
