//! Calls of the HTTP API by somebody who is allowed everything of `shop`'s environment `dev`, and nothing of `prod`,
//! which needs an operator. The executions that they start are admitted as well.

use super::belongings::{Belongings, Tenant};
use super::refusals::answered;
use super::scene::{BANK, admit, arrive, in_need, world};
use crate::mutate::{bytes, document, pick, word};
use crate::{Outcome, Try};
use fastrand::Rng;
use serde_json::{Value, json};
use windlass_domain::release::identity::DeploymentId;
use windlass_engine::payload::ExecutionRef;
use windlass_engine::routes::api::{self, ApiCall};
use windlass_world::World;
use windlass_world::run::run;

const DECLARATION: &str = "
app: shop
version: 1.1.0
environments:
  dev: {deploy: {branch: dev}, sources: [api, console, s3, ecr]}
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  jobs: {kind: lambda, function: {dev: shop-jobs-dev, prod: shop-jobs}, alias: live}
  api: {kind: lambda, function: {dev: shop-api-dev, prod: shop-api}, alias: live, after: [jobs]}
";

const OTHERS: [Tenant; 2] = [BANK, Tenant { app: "shop", environment: Some("prod") }];

/// The ends of paths below that of `dev`, to be changed. API Gateway lets in every path that begins with that of `dev`.
const PATHS: [&str; 6] =
    ["recover", "hold", "../prod/recover", "%2e%2e/prod/hold", "/../prod/accept", "snapshots/../../prod/rollbacks"];

const CALLS: [(&str, &str); 18] = [
    ("POST", "/remove"),
    ("POST", "/rename"),
    ("GET", "/renamable"),
    ("GET", ""),
    ("GET", "/snapshots"),
    ("POST", "/rollbacks"),
    ("POST", "/recover"),
    ("POST", "/recover"),
    ("POST", "/accept"),
    ("POST", "/drills"),
    ("POST", "/restores"),
    ("POST", "/withdrawals"),
    ("POST", "/starts"),
    ("POST", "/pause"),
    ("POST", "/continue"),
    ("POST", "/skip-bake"),
    ("PUT", "/hold"),
    ("DELETE", "/hold"),
];

pub fn ready() -> Box<Try> {
    let ready = world().and_then(|world| {
        arrive(&world, "apps/shop/app.yaml", DECLARATION)?;
        let id = in_need(&world)?;
        world.stepfunctions().started.clear();
        Ok((world, id))
    });
    let before = ready.as_ref().map(|(world, _)| kept(world));
    let before = before.unwrap_or_default();
    Box::new(move |rng, shown| {
        let (world, id) = ready.as_ref().map_err(Clone::clone)?;
        let world = world.copy();
        let call = call(rng, id);
        let sent = format!("{call:?}");
        let is_sent = sent.contains(id.as_str());
        *shown = sent.into_bytes();
        let reply = run(api::handle(&world, call));
        let body = reply.body.to_string();
        if body.contains(id.as_str()) && !is_sent {
            return Err("an answer shows what is another environment's".into());
        }
        let refused = admit_started(&world)?;
        for (tenant, before) in OTHERS.into_iter().zip(&before) {
            before.left_alone(&world, tenant)?;
        }
        match answered(&reply)? {
            Outcome::Taken if !refused.is_empty() => Ok(Outcome::Refused(refused)),
            outcome => Ok(outcome),
        }
    })
}

fn kept(world: &World) -> [Belongings; 2] {
    OTHERS.map(|tenant| Belongings::of(world, tenant))
}

/// Admits the executions that were started. Returns the errors by which they were refused.
fn admit_started(world: &World) -> Result<Vec<String>, String> {
    let started = std::mem::take(&mut world.stepfunctions().started);
    let mut refused = Vec::new();
    for (arn, name, input) in started {
        if input["environment"] != "dev" {
            return Err(format!("started for another environment: {input}"));
        }
        let answer = admit(world, &ExecutionRef { arn, name }, &input)?;
        if !answer.error.is_empty() {
            refused.push(answer.error);
        }
    }
    Ok(refused)
}

fn call(rng: &mut Rng, id: &DeploymentId) -> ApiCall {
    let (method, place) = pick(rng, &CALLS).copied().unwrap_or_default();
    let other = word(rng);
    let seeds = [
        json!({"reason": "because"}),
        json!({"reason": "because", "deployment": id}),
        json!({"reason": "because", "deployment": other}),
        json!({"reason": "because", "snapshot": 1}),
        json!({"reason": "because", "component": "api", "pattern": "**"}),
        json!({"reason": "because", "environment": "prod"}),
        json!({"reason": "because", "action": "accept", "environment": "prod", "app": "shop"}),
    ];
    let body = match rng.u8(0..4) {
        0 => None,
        1 => pick(rng, &seeds).map(Value::to_string),
        _ => Some(document(rng, &seeds).to_string()),
    };
    let mut query = std::collections::BTreeMap::new();
    for name in ["reason", "environment", "observe", "limit"] {
        if rng.u8(0..4) == 0 {
            query.insert(
                name.to_owned(),
                pick(rng, &["prod", "true", "x"]).map_or_else(String::new, ToString::to_string),
            );
        }
    }
    let mut path = format!("/apps/shop/environments/dev{place}");
    if rng.u8(0..4) == 0 {
        let changed = bytes(rng, &PATHS.map(|path| path.as_bytes().to_vec()));
        let changed = String::from_utf8_lossy(&changed);
        path = format!("/apps/shop/environments/dev/{changed}");
    }
    ApiCall {
        method: method.to_owned(),
        path,
        query,
        body,
        key: (rng.u8(0..4) == 0).then(|| format!("press-{}", rng.u8(0..4))),
        caller: Some("arn:aws:iam::111111111111:user/mallory".into()),
        claims: None,
    }
}
