//! Declarations and releases of `prod` of `shop` that name things of the bank, or of `dev`: functions, services,
//! distributions, buckets, repositories, artifacts and roles. They are deployed by somebody who may do everything for
//! `prod`. Each of them is uploaded, released, and run through the release machine.

use super::neighbours::{kept, left_alone, move_in, seen};
use super::scene::{arrive, world};
use crate::mutate::pick;
use crate::{Outcome, Try};
use fastrand::Rng;
use serde_json::{Value, json};
use windlass_domain::text::digest::Digest;
use windlass_machine::program::Program;
use windlass_machine::shop::Shop;
use windlass_world::World;

pub fn ready() -> Box<Try> {
    let ready = world().and_then(|world| {
        let program = Program::release().map_err(|error| error.to_string())?;
        let world = move_in(&program, world)?;
        let (items, targets) = (kept(&world), seen(&world));
        Ok((world, program, items, targets))
    });
    Box::new(move |rng, shown| {
        let (world, program, items, targets) = ready.as_ref().map_err(Clone::clone)?;
        let declaration = declaration(rng);
        let request = request(rng);
        *shown = format!("{declaration}\n{request}").into_bytes();
        let mut shop = Shop::in_world(program, world.copy());
        let there = shop.world().clone();
        if arrive(&there, "apps/shop/app.yaml", &declaration).is_err() {
            return Err("an upload is not taken".into());
        }
        let execution = shop.region.start("console-tenants", &request);
        shop.region.run();
        left_alone(items, &there)?;
        let mut seen = seen(&there);
        if declaration.contains("role_arn") {
            // The policies of a role of the environment say what the role reaches, and nothing here enforces them. Even
            // so, it must not reach a target that another component has claimed.
            seen["others"] = targets["others"].clone();
        }
        if seen != *targets {
            return Err("a target of another application or environment was changed".into());
        }
        roles_are_its_own(&there)?;
        outcome(&there, &execution)
    })
}

/// Checks that a role is used only with the ExternalId of the application and environment that declares it.
fn roles_are_its_own(world: &World) -> Result<(), String> {
    let ledger = world.dynamodb();
    let steps = ledger.items.values().filter(|item| item.key.sk.starts_with("step#"));
    for step in steps {
        let own = format!(
            "{}/{}",
            step.body["app"].as_str().unwrap_or_default(),
            step.body["environment"].as_str().unwrap_or_default()
        );
        let id = &step.body["place"]["role"]["external_id"];
        if !id.is_null() && *id != own.as_str() {
            return Err(format!("a role is used with the ExternalId {id} for {own}"));
        }
    }
    Ok(())
}

/// Returns the outcome of the release: an ending, or the findings of a refusal.
fn outcome(world: &World, execution: &str) -> Result<Outcome, String> {
    let ledger = world.dynamodb();
    let mut items = ledger.items.values();
    let of_it = items.find(|item| {
        let is_record = item.key.sk == "record" && item.body["executions"][0] == execution;
        is_record || item.key.sk == format!("refusal#{execution}")
    });
    let body = &of_it.ok_or("it is neither a deployment nor refused")?.body;
    if let Some(findings) = body.get("findings") {
        return super::refusals::by_name(findings);
    }
    let ended = &body["ending"];
    match ended["ending"].as_str() {
        Some("Succeeded" | "NothingToDo") => Ok(Outcome::Taken),
        Some(ending) if ended["findings"].as_array().is_some_and(|all| !all.is_empty()) => {
            super::refusals::by_name(&ended["findings"]).map_err(|why| format!("{ending}: {why}"))
        }
        Some(_) => Ok(Outcome::Refused(vec![ended["cause_name"].as_str().unwrap_or_default().to_owned()])),
        None => Err("it has no ending".into()),
    }
}

fn declaration(rng: &mut Rng) -> String {
    let mut one = |of: &[&'static str]| pick(rng, of).copied().unwrap_or_default();
    let role = one(&[
        "",
        "",
        ", role_arn: 'arn:aws:iam::222222222222:role/bank'",
        ", role_arn: 'arn:aws:iam::111111111111:role/shop'",
    ]);
    let api = one(&["shop-api", "bank-api", "bank-jobs", "shop-api-dev"]);
    let jobs = one(&["shop-jobs", "bank-jobs", "bank-api", "shop-jobs-dev"]);
    let (cluster, repository) = (one(&["shop", "bank", "shop-dev"]), one(&["shop/agent", "bank/agent"]));
    let (bucket, distribution) = (one(&["shop-web", "bank-web", "shop-web-dev"]), one(&["E1", "E2", "E3"]));
    let rest = one(&["", "", ", mode: prefix, prefix: releases", ", prefix: pages"]);
    let dev = one(&["", "", "\n  dev: {deploy: {branch: dev}, sources: [api, console, s3, ecr]}"]);
    format!(
        "
app: {app}
version: 2.0.0
environments:
  prod: {{deploy: {{branch: main}}, sources: [api, console, s3, ecr]{role}}}{dev}
components:
  api: {{kind: lambda, function: {api}, alias: live}}
  jobs: {{kind: lambda, function: {jobs}, alias: live}}
  agent: {{kind: ecs, cluster: {cluster}, service: agent, container: agent, repository: {repository}}}
  web: {{kind: static_site, bucket: {bucket}, distribution: {distribution}{rest}}}
",
        app = one(&["shop", "shop", "shop", "bank"]),
    )
}

fn request(rng: &mut Rng) -> Value {
    let mut components = serde_json::Map::new();
    for (name, artifacts) in [
        (
            "api",
            &[
                json!({"key": "artifacts/shop/prod/api/1.0.0.zip", "sha256": Digest::of(b"api 1.0.0")}),
                json!({"key": "artifacts/bank/prod/api/1.zip", "version_id": "v1"}),
            ],
        ),
        (
            "jobs",
            &[
                json!({"key": "artifacts/shop/prod/jobs/1.0.0.zip", "sha256": Digest::of(b"jobs 1.0.0")}),
                json!({"key": "artifacts/bank/prod/jobs/1.zip", "version_id": "v1"}),
            ],
        ),
        ("agent", &[json!({"image": "shop/agent:as-found"}), json!({"image": "bank/agent:1"})]),
        (
            "web",
            &[
                json!({"key": "artifacts/shop/prod/web/1.1.0.zip", "version_id": "v1"}),
                json!({"key": "artifacts/bank/prod/api/1.zip", "version_id": "v1"}),
            ],
        ),
    ] {
        if rng.bool() {
            let [own, foreign] = artifacts;
            let chosen = if rng.u8(0..8) > 0 { own } else { foreign };
            components.insert(name.to_owned(), chosen.clone());
        }
    }
    json!({
        "action": "deploy", "app": "shop", "environment": "prod",
        "manifest": {"version": "2.0.0", "components": components},
    })
}
