//! Arrivals that came to nothing, because nobody asks for them. They are told in a list, so that they are never silent.

use crate::finding::Finding;
use crate::foreign;
use crate::name::AppName;
use crate::request::Requester;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The seconds for which an arrival is listed that was not taken: 30 days.
pub const LISTED_FOR_S: u64 = 30 * 24 * 60 * 60;

/// An upload whose key means nothing, an artifact of no component, an image of no declared repository or with a tag
/// that no rule matches, or what its environment does not take from this way in. It was no request, so nobody is notified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IgnoredArrival {
    /// The application that it seems meant for, declared or not; absent if it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppName>,
    /// The subject, for a person: a key, or an image.
    #[serde(deserialize_with = "foreign::one")]
    pub about: String,
    /// The person or service that brought it.
    pub requester: Requester,
    /// The execution whose input it was, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
    /// The findings: why nothing came of it, and what to do.
    pub findings: Vec<Finding>,
    /// The time of the last look at it.
    pub at: Time,
}
