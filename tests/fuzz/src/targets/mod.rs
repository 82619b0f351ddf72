//! The targets: parts of the product that take input from outside. One target, one file.

mod api;
mod archives;
mod belongings;
mod console;
mod documents;
mod events;
mod names;
mod neighbours;
mod operators;
mod scene;
mod tenants;

use crate::{Outcome, Target};
use serde_json::Value;
use windlass_domain::finding::Finding;
use windlass_engine::routes::api::Reply;

/// All targets. Names are quick, so many are tried. A target that walks through the product is slower and gets fewer.
pub const TARGETS: &[Target] = &[
    Target {
        name: "names",
        share: 340,
        ready: names::ready,
    },
    Target {
        name: "declarations",
        share: 150,
        ready: documents::declarations,
    },
    Target {
        name: "manifests",
        share: 200,
        ready: documents::manifests,
    },
    Target {
        name: "console",
        share: 100,
        ready: console::ready,
    },
    Target {
        name: "api",
        share: 70,
        ready: api::ready,
    },
    Target {
        name: "operators",
        share: 30,
        ready: operators::ready,
    },
    Target {
        name: "events",
        share: 48,
        ready: events::ready,
    },
    Target {
        name: "tenants",
        share: 12,
        ready: tenants::ready,
    },
    Target {
        name: "archives",
        share: 50,
        ready: archives::ready,
    },
];

/// Returns the outcome of a refusal. A refusal without a finding is broken, and so is a finding without reason, remedy
/// or path.
fn refused(findings: &[Finding]) -> Result<Outcome, String> {
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
fn answered(reply: &Reply) -> Result<Outcome, String> {
    match reply.status {
        200..=299 => Ok(Outcome::Taken),
        400..=499 if reply.content_type == "application/problem+json" => {
            by_name(&reply.body["findings"])
        }
        status => Err(format!("{status} {}", reply.body)),
    }
}

/// Returns the outcome of a refusal by its findings in JSON. A refusal without a finding is broken, and so is a finding
/// without a documented name.
fn by_name(findings: &Value) -> Result<Outcome, String> {
    let read: Result<Vec<Finding>, _> = serde_json::from_value(findings.clone());
    refused(&read.map_err(|error| format!("no findings: {error}: {findings}"))?)
}
