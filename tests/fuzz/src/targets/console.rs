//! Inputs of the release machine, as an operator may start it in the console.

use super::belongings::Belongings;
use super::documents::manifest;
use super::refusals::refused;
use super::scene::{BANK, admit, world};
use crate::mutate::document;
use crate::{Outcome, Try};
use serde_json::{Value, json};
use windlass_domain::release::request::Request;
use windlass_engine::payload::ExecutionRef;

pub fn ready() -> Box<Try> {
    let world = world();
    let before = world.as_ref().map(|world| Belongings::of(world, BANK));
    let before = before.unwrap_or_default();
    let seeds = seeds();
    Box::new(move |rng, shown| {
        let input = document(rng, &seeds);
        *shown = input.to_string().into_bytes();
        let parsed = Request::parse(&input);
        let world = world.as_ref().map_err(Clone::clone)?.copy();
        let answered = admit(&world, &execution(), &input);
        // A person who may start the machine may do so for every application, so the bank's belongings are compared
        // only if the input names the shop.
        if input["app"] == "shop" {
            before.left_alone(&world, BANK)?;
        }
        match (parsed, answered) {
            (Err(findings), Ok(answer)) if answer.error.is_empty() => {
                Err(format!("{findings:?} did not stop it: {answer:?}"))
            }
            (Err(findings), _) => refused(&findings),
            (Ok(_), Ok(answer)) if answer.error.is_empty() => Ok(Outcome::Taken),
            (Ok(_), Ok(answer)) => Ok(Outcome::Refused(vec![answer.error])),
            (Ok(_), Err(fault)) => Err(fault),
        }
    })
}

fn execution() -> ExecutionRef {
    ExecutionRef { arn: windlass_world::stepfunctions::arn_of("console-hostile"), name: "console-hostile".into() }
}

fn seeds() -> Vec<Value> {
    let plain = |action: &str| json!({"action": action, "app": "shop", "environment": "prod", "reason": "because"});
    let mut seeds: Vec<Value> = ["rollback", "recover", "accept", "hold", "release_hold"].map(plain).into();
    seeds.extend([
        json!({"action": "deploy", "app": "shop", "environment": "prod", "manifest": manifest()}),
        json!({"action": "deploy", "app": "shop", "environment": "prod", "version": "1.0.0", "again": true, "reason": "because"}),
        json!({"action": "deploy", "app": "shop", "manifest_object": {"key": "releases/bank/prod/1.json"}}),
        json!({"action": "deploy", "app": "shop", "image_push": {"repository": "shop/agent", "digest": "0".repeat(64), "tag": "main"}}),
        json!({"action": "deploy", "app": "shop", "environment": "prod", "pinned": {"environment": "prod", "manifest": "0".repeat(64), "release": {"app": "shop", "version": "1.0.0", "components": {"api": {"type": "object", "key": "artifacts/bank/prod/api/1.zip", "version_id": "version-000001", "sha256": "0".repeat(64), "bytes": 1}}}}}),
        json!({"action": "deploy", "app": "shop", "artifact_object": {"component": "api", "object": {"key": "artifacts/shop/prod/api/1.0.0.zip"}}}),
    ]);
    seeds
}
