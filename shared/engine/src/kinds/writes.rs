//! The source of a component's log lines, as far as a deployment has changed it.

use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::deployment::step::Step;

/// The source of log lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writes {
    /// These versions of a function.
    Versions {
        /// The function's name.
        function: String,
        /// The versions that a deployment brought: numbers, or `$LATEST`; none before its first change.
        versions: BTreeSet<String>,
    },
    /// The tasks of a service.
    Tasks {
        /// The cluster's name or ARN.
        cluster: String,
        /// The service's name.
        service: String,
        /// The task definitions that a deployment brought, by ARN; none before its first change.
        task_definitions: BTreeSet<String>,
    },
    /// Lines that are read elsewhere. The text says where, as a sentence without its end.
    Elsewhere(String),
    /// Nothing writes log lines. The text says why, as the end of a sentence.
    Nothing(&'static str),
}

/// Returns all changes that a step has sent on its way forward, as its kind recorded them, with the names that AWS gave
/// to what was made.
pub(super) fn sent_forward(step: &Step) -> impl Iterator<Item = (&Value, Option<&str>)> {
    step.changes.iter().filter(|change| !change.undo).map(|change| (&change.change, change.made.as_deref()))
}

/// Returns a member of a recorded change if it is a text.
pub(super) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
