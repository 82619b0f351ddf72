//! Calls of the HTTP API by somebody who is allowed everything of `shop`.

use super::belongings::Belongings;
use super::refusals::answered;
use super::scene::{BANK, BANKS, world};
use crate::Try;
use crate::mutate::{bytes, document, pick, word};
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::digest::Digest;
use windlass_engine::routes::api::{self, ApiCall};
use windlass_world::World;
use windlass_world::run::run;

const PLACES: [&str; 12] = [
    "releases",
    "releases/1.1.0",
    "declaration",
    "deployments",
    "deployments/ID",
    "deployments/ID/cancel",
    "environments/prod",
    "environments/prod/snapshots",
    "environments/prod/rollbacks",
    "environments/prod/recover",
    "environments/prod/accept",
    "environments/prod/hold",
];

pub fn ready() -> Box<Try> {
    let world = world();
    let ids = world.as_ref().map(ids).unwrap_or_default();
    let before = world.as_ref().map(|world| Belongings::of(world, BANK));
    let before = before.unwrap_or_default();
    Box::new(move |rng, shown| {
        let world = world.as_ref().map_err(Clone::clone)?.copy();
        let call = call(rng, &ids);
        let sent = format!("{call:?}");
        // An answer may repeat a text of the call.
        let is_sent = sent.contains(BANKS);
        *shown = sent.into_bytes();
        let reply = run(api::handle(&world, call));
        let body = reply.body.to_string();
        before.left_alone(&world, BANK)?;
        if body.contains(BANKS) && !is_sent {
            return Err("an answer shows what is another application's".into());
        }
        answered(&reply)
    })
}

/// Returns the ids of all deployments, and of the executions that work for them.
fn ids(world: &World) -> Vec<String> {
    let ledger = world.dynamodb();
    let of = |key: &str| {
        let id = key.strip_prefix("deployment#");
        id.or(key.strip_prefix("execution#")).map(str::to_owned)
    };
    let ids: BTreeSet<String> = ledger.items.keys().filter_map(|key| of(&key.pk)).collect();
    ids.into_iter().collect()
}

fn call(rng: &mut Rng, ids: &[String]) -> ApiCall {
    let some = |rng: &mut Rng| match rng.u8(0..3) {
        0 => word(rng),
        _ => pick(rng, ids).cloned().unwrap_or_default(),
    };
    let place = pick(rng, &PLACES).copied().unwrap_or_default().replace("ID", &some(rng));
    let mut path = format!("/apps/shop/{place}");
    if rng.u8(0..5) == 0 {
        let changed = bytes(rng, &[place.into_bytes()]);
        path = format!("/apps/shop/{}", String::from_utf8_lossy(&changed));
    }
    let mut query = BTreeMap::new();
    for _ in 0..rng.u8(0..3) {
        let name = ["limit", "after", "environment", "observe", "execution"][rng.usize(0..5)];
        let value = if rng.bool() { some(rng) } else { rng.u64(..).to_string() };
        query.insert(name.to_owned(), value);
    }
    let bodies = bodies(&some(rng));
    let body = match rng.u8(0..4) {
        0 => None,
        1 => Some(bytes(rng, &bodies.clone().map(|body| body.to_string().into_bytes()))),
        _ => Some(document(rng, &bodies).to_string().into_bytes()),
    };
    ApiCall {
        method: ["GET", "POST", "POST", "PUT", "DELETE"][rng.usize(0..5)].to_owned(),
        path,
        query,
        body: body.map(|body| String::from_utf8_lossy(&body).into_owned()),
        key: (rng.u8(0..4) == 0).then(|| {
            let key = bytes(rng, &[b"run-812".to_vec()]);
            String::from_utf8_lossy(&key).into_owned()
        }),
        caller: Some("arn:aws:iam::111111111111:user/mallory".into()),
        claims: None,
    }
}

fn bodies(id: &str) -> [Value; 5] {
    [
        json!({"environment": "prod", "manifest": {"version": "1.1.0", "components": {"api": {"key": "artifacts/bank/prod/api/1.zip", "version_id": "v1"}}}}),
        json!({"environment": "prod", "manifest": {"version": "1.1.0", "components": {"api": {"key": "artifacts/shop/prod/api/1.0.0.zip", "sha256": Digest::of(b"api 1.0.0")}}}}),
        json!({"environment": "prod", "version": "1.0.0", "again": true, "reason": "because"}),
        json!({"app": "bank", "environment": "prod", "version": BANKS}),
        json!({"reason": "because", "deployment": id, "snapshot": 1}),
    ]
}
