//! What is recorded of a version. Pure.

use crate::release::Release;
use crate::request::Requester;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The record of a version text. It ensures that the version can never mean other bytes (rule 5), and that a person can
/// start any recorded release (promotion).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedRelease {
    /// The release with every component that was ever recorded under this version.
    pub release: Release,
    /// Who recorded it first: whoever promotes it trusts them. Absent if an older Windlass did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Requester>,
}
