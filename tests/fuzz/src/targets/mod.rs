//! What takes input from outside, one file each.

mod api;
mod archives;
mod console;
mod documents;
mod events;
mod names;
mod neighbours;
mod operators;
mod scene;
mod tenants;
mod whose;

use crate::{Outcome, Target};
use serde_json::Value;
use windlass_domain::finding::Finding;
use windlass_engine::routes::api::Reply;

/// All of them. Names are quick and many; what walks through the product is slower and fewer.
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

/// The outcome of a refusal. One without a finding, or with one that says nothing or not where, is broken.
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

/// What came of a call of the API that was answered with this. A refusal without a finding, or in
/// another form than that of all problems, is broken.
fn answered(reply: &Reply) -> Result<Outcome, String> {
    match reply.status {
        200..=299 => Ok(Outcome::Taken),
        400..=499 if reply.content_type == "application/problem+json" => {
            by_name(&reply.body["findings"])
        }
        status => Err(format!("{status} {}", reply.body)),
    }
}

/// A refusal by findings as they are written. One without a documented name is broken, and so is none.
fn by_name(findings: &Value) -> Result<Outcome, String> {
    let read: Result<Vec<Finding>, _> = serde_json::from_value(findings.clone());
    refused(&read.map_err(|error| format!("no findings: {error}: {findings}"))?)
}
