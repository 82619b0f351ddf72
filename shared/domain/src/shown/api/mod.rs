//! The answers of the HTTP API. Each is one type: the API writes it, a client reads it, and its schema is in
//! `docs/openapi.json`.

use crate::text::finding::Finding;
use crate::text::foreign;
use crate::text::prose::Prose;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub mod deployments;
pub mod environments;
pub mod recorded;
pub mod started;

/// The answer to a call that is refused or went wrong, as `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The page that explains it, relative to this repository.
    #[serde(rename = "type", deserialize_with = "foreign::one")]
    pub page: String,
    /// The name of the first finding, or of the fault.
    #[serde(deserialize_with = "foreign::one")]
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// The first finding in one line, or the text of the fault.
    pub detail: Prose,
    /// All findings; none of a fault.
    pub findings: Vec<Finding>,
}
