//! What arrived and came to nothing, because nobody asks for it: told in a list, so that it is never
//! silent.

use crate::finding::Finding;
use crate::name::AppName;
use crate::request::Requester;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// For how long it is listed that something was not taken, in seconds: 30 days.
pub const LISTED_FOR_S: u64 = 30 * 24 * 60 * 60;

/// An upload whose key means nothing, an artifact of no component, an image of no repository that is
/// declared, or under a tag that no rule matches. It was no request, so nobody is notified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NotTaken {
    /// The application that it looks meant for, declared or not; absent where it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppName>,
    /// What it was, for a person: a key, or an image.
    pub about: String,
    /// Who brought it.
    pub requester: Requester,
    /// The execution whose input it was, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
    /// Why nothing came of it, and what to do.
    pub findings: Vec<Finding>,
    /// When it was looked at last.
    pub at: Time,
}
