//! What takes input from outside, one file each.

mod api;
mod archives;
mod console;
mod documents;
mod events;
mod names;
mod operators;
mod scene;

use crate::{Outcome, Target};
use serde_json::Value;
use windlass_domain::finding::Finding;

/// All of them. Names are quick and many; what walks through the product is slower and fewer.
pub const TARGETS: &[Target] = &[
    Target {
        name: "names",
        share: 350,
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
        share: 50,
        ready: events::ready,
    },
    Target {
        name: "archives",
        share: 50,
        ready: archives::ready,
    },
];

/// The outcome of a refusal. One without a finding, or with one that says nothing, is broken.
fn refused(findings: &[Finding]) -> Result<Outcome, String> {
    if findings.is_empty() {
        return Err("it is refused without a finding".into());
    }
    for finding in findings {
        if finding.reason.is_empty() || finding.remedy.is_empty() {
            return Err(format!("a finding says nothing: {finding:?}"));
        }
    }
    let names = findings.iter().map(|finding| finding.name.to_string());
    Ok(Outcome::Refused(names.collect()))
}

/// The names of the findings in an answer of the API.
fn names_of(body: &Value) -> Vec<String> {
    let findings = body["findings"].as_array().cloned().unwrap_or_default();
    let names = findings
        .iter()
        .filter_map(|finding| finding["name"].as_str());
    names.map(str::to_owned).collect()
}
