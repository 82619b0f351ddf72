//! The outcome of a refusal, or of an answer of the API: a refusal must say what to do next.

use crate::Outcome;
use serde_json::Value;
use windlass_domain::text::finding::Finding;
use windlass_engine::routes::api::Reply;

/// Returns the outcome of a refusal. A refusal without a finding is broken, and so is a finding without reason, remedy
/// or path.
pub(super) fn refused(findings: &[Finding]) -> Result<Outcome, String> {
    if findings.is_empty() {
        return Err("it is refused without a finding".into());
    }
    for finding in findings {
        if finding.reason.is_empty() || finding.remedy.is_empty() {
            return Err(format!("a finding says nothing: {finding:?}"));
        }
        if finding.path.is_empty() {
            return Err(format!("a finding does not say where: {finding:?}"));
        }
    }
    let names = findings.iter().map(|finding| finding.name.to_string());
    Ok(Outcome::Refused(names.collect()))
}

/// Returns the outcome of a call of the API by its answer. A refusal without a finding is broken, and so is one in
/// another form than that of all problems.
pub(super) fn answered(reply: &Reply) -> Result<Outcome, String> {
    match reply.status {
        200..=299 => Ok(Outcome::Taken),
        400..=499 if reply.content_type == "application/problem+json" => by_name(&reply.body["findings"]),
        status => Err(format!("{status} {}", reply.body)),
    }
}

/// Returns the outcome of a refusal by its findings in JSON. A refusal without a finding is broken, and so is a finding
/// without a documented name.
pub(super) fn by_name(findings: &Value) -> Result<Outcome, String> {
    let read: Result<Vec<Finding>, _> = serde_json::from_value(findings.clone());
    refused(&read.map_err(|error| format!("no findings: {error}: {findings}"))?)
}
