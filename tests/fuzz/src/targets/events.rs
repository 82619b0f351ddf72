//! Events of S3 and ECR, and the objects that they name.

use super::belongings::Belongings;
use super::refusals::by_name;
use super::scene::{BANK, admit, world};
use crate::mutate::{document, pick, word};
use crate::{Broken, Outcome, Try};
use serde_json::{Value, json};
use windlass_domain::release::key::FINDINGS_SUFFIX;
use windlass_domain::text::fault::FaultName;
use windlass_engine::payload::ExecutionRef;
use windlass_engine::routes::intake;
use windlass_world::World;
use windlass_world::run::run;

const KEYS: [&str; 4] = [
    "apps/shop/app.yaml",
    "releases/shop/prod/1.1.0.json",
    "artifacts/shop/prod/api/1.1.0.zip",
    "artifacts/shop/../bank/api/1.zip",
];

pub fn ready() -> Box<Try> {
    let world = world();
    let before = world.as_ref().map(|world| Belongings::of(world, BANK));
    let before = before.unwrap_or_default();
    let contents = [super::documents::declaration(), super::documents::manifest()];
    Box::new(move |rng, shown| {
        let world = world.as_ref().map_err(Clone::clone)?.copy();
        let key = match rng.u8(0..4) {
            0 => word(rng),
            _ => pick(rng, &KEYS).copied().unwrap_or_default().to_owned(),
        };
        let content = document(rng, &contents).to_string();
        world.s3().upload("artifacts", &key, content.clone());
        let event = document(rng, &seeds(&key));
        *shown = format!("{key}\n{content}\n{event}").into_bytes();
        let answer = run(intake::handle(&world, event));
        // The bank itself may write under the bank's keys.
        let is_the_banks = key.split('/').nth(1) == Some("bank");
        if !is_the_banks {
            before.left_alone(&world, BANK)?;
        }
        admit_started(&world)?;
        if !is_the_banks {
            before.left_alone(&world, BANK)?;
        }
        match answer {
            Ok(()) => outcome(&world),
            Err(fault) if fault.name == FaultName::BadInput => Ok(Outcome::Refused(vec!["BadInput".into()])),
            Err(fault) => Err(fault.to_string()),
        }
    })
}

/// Admits the executions that the event started, because some mistakes in a release are found only there.
fn admit_started(world: &World) -> Result<(), Broken> {
    let started = std::mem::take(&mut world.stepfunctions().started);
    for (arn, name, input) in started {
        admit(world, &ExecutionRef { arn, name }, &input)?;
    }
    Ok(())
}

/// Returns the findings that the ledger has on what arrived. The same findings must lie beside the upload.
fn outcome(world: &World) -> Result<Outcome, Broken> {
    let ledger = world.dynamodb();
    let mut names = Vec::new();
    for (key, item) in &ledger.items {
        let body = Value::Object(item.body.clone());
        let (findings, upload) = match key.sk.as_str() {
            "record" if body["ending"]["ending"] == "Rejected" => (&body["ending"]["findings"], &body["upload"]["key"]),
            sk if sk.starts_with("refusal#") => (&body["findings"], &body["about"]),
            _ => continue,
        };
        if let Outcome::Refused(found) = by_name(findings)? {
            names.extend(found);
        }
        lie_beside(world, upload.as_str().unwrap_or_default(), findings)?;
    }
    if names.is_empty() {
        return Ok(Outcome::Taken);
    }
    Ok(Outcome::Refused(names))
}

/// Checks that the file beside an upload has the same findings as the ledger, each with its page.
fn lie_beside(world: &World, upload: &str, findings: &Value) -> Result<(), Broken> {
    let objects = world.s3();
    let artifacts = objects.buckets.get("artifacts").ok_or("no bucket")?;
    if artifacts.current(upload).is_none() {
        return Ok(());
    }
    let beside = artifacts.current(&format!("{upload}{FINDINGS_SUFFIX}"));
    let beside = beside.ok_or_else(|| format!("nothing is written beside {upload}"))?;
    let written: Value = serde_json::from_slice(&beside.bytes).map_err(|error| error.to_string())?;
    let mut paged = findings.clone();
    for finding in paged.as_array_mut().into_iter().flatten() {
        let name = finding["name"].as_str().unwrap_or_default();
        finding["page"] = format!("docs/findings.md#{}", name.to_lowercase()).into();
    }
    if written["findings"] == paged {
        return Ok(());
    }
    Err(format!("{written} lies beside {upload} instead of {findings}"))
}

fn seeds(key: &str) -> [Value; 3] {
    [
        json!({
            "detail-type": "Object Created", "source": "aws.s3", "account": "111111111111", "region": "eu-west-1",
            "detail": {"bucket": {"name": "artifacts"}, "object": {"key": key, "sequencer": "1"}, "requester": "111111111111"}
        }),
        json!({
            "detail-type": "ECR Image Action", "source": "aws.ecr", "account": "111111111111", "region": "eu-west-1",
            "detail": {"action-type": "PUSH", "result": "SUCCESS", "repository-name": "shop/agent", "image-tag": "main", "image-digest": format!("sha256:{}", "0".repeat(64))}
        }),
        json!({"detail-type": "Scheduled Event", "source": "aws.events", "account": "111111111111", "region": "eu-west-1"}),
    ]
}
