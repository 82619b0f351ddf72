//! Calls of CI jobs that show a token. The access file lets in those of one repository, and whoever shows anything else
//! starts nothing and sees nothing.

use super::refusals::answered;
use super::scene::world;
use crate::mutate::{document, pick, word};
use crate::{Outcome, Try};
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::access::AccessItem;
use windlass_domain::release::claims::Claims;
use windlass_domain::release::request::ObjectRef;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::AppName;
use windlass_engine::ledger;
use windlass_engine::ports::{Clock, Item};
use windlass_engine::routes::api::{self, ApiCall};
use windlass_world::World;
use windlass_world::run::run;

const FILE: &str = r#"
app: shop
version: 1
who: {ci: [{issuer: github, claims: {repository_owner_id: "8472", repository_id: "990134", ref: "refs/tags/v*"}}]}
environments: {prod: {release: [ci]}}
"#;

const CALLS: [(&str, &str); 6] = [
    ("POST", "/ci/apps/shop/environments/prod/releases"),
    ("POST", "/ci/apps/shop/environments/prod/plans"),
    ("POST", "/ci/apps/shop/environments/prod/uploads"),
    ("GET", "/ci/apps/shop/environments/prod"),
    ("GET", "/ci/apps/shop/stats"),
    ("GET", "/ci/apps/shop/declaration"),
];

pub fn ready() -> Box<Try> {
    let ready = world().and_then(|world| rule(&world).map(|()| world));
    Box::new(move |rng, shown| {
        let world = ready.as_ref().map_err(Clone::clone)?.copy();
        let token = token(rng);
        let claims = Claims::of(token.clone()).map(Box::new);
        let (method, path) = pick(rng, &CALLS).copied().unwrap_or_default();
        let body = bodies();
        let body = (method == "POST").then(|| document(rng, &body).to_string());
        *shown = format!("{method} {path} {token:?} {body:?}").into_bytes();
        let (method, path) = (method.to_owned(), path.to_owned());
        let reply = run(api::handle(&world, ApiCall { method, path, body, claims, ..ApiCall::default() }));
        let is = |name: &str, wanted: &str| token.get(name).is_some_and(|it| it == wanted);
        let is_named = is("repository_owner_id", "8472") && is("repository_id", "990134");
        let is_named = is_named && token.get("ref").is_some_and(|name| name.starts_with("refs/tags/v"));
        let outcome = answered(&reply)?;
        let has_started = !world.stepfunctions().started.is_empty();
        if !is_named && (outcome == Outcome::Taken || has_started) {
            return Err(format!("a job that no rule names was let in: {}", reply.body));
        }
        Ok(outcome)
    })
}

/// Puts the access file into force.
fn rule(world: &World) -> Result<(), String> {
    let item = AccessItem {
        text: FILE.to_owned(),
        version: 1,
        digest: Digest::of(FILE.as_bytes()),
        accepted: world.now(),
        object: ObjectRef { key: "access/apps/shop.yaml".into(), version_id: None },
    };
    let app = AppName::new("shop").map_err(|error| error.to_string())?;
    let body = ledger::to_body(&item).map_err(|fault| fault.to_string())?;
    let key = ledger::access(&app);
    let item = Item { key: key.clone().into(), rev: 1, body, index: None, expires: None };
    world.dynamodb().items.insert(key.into(), item.into());
    Ok(())
}

/// Returns a token as API Gateway gives it on: each claim is a text.
fn token(rng: &mut Rng) -> BTreeMap<String, String> {
    let mut token = json!({"repository_owner_id": "8472", "repository_id": "990134", "repository": "octo/shop",
        "ref": "refs/tags/v1.1.0", "sha": "9f2c61d4a0b35e7789c1d2e3f405162738495a6b", "event_name": "push",
        "actor": "ann", "actor_id": "31337", "run_id": "812"});
    if rng.bool() {
        token["ref"] = word(rng).into();
    }
    let gitlab = json!({"namespace_id": "8472", "project_id": "990134", "ref": "v1.1.0", "ref_type": "tag",
        "sha": "9f2c61d4a0b35e7789c1d2e3f405162738495a6b", "pipeline_source": "push"});
    let Value::Object(claims) = document(rng, &[token, gitlab]) else { return BTreeMap::new() };
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    claims.into_iter().map(|(name, value)| (name, text(value))).collect()
}

fn bodies() -> [Value; 2] {
    let sha256 = Digest::of(b"api 1.0.0");
    [
        json!({"version": "1.1.0", "git": {"ref": "refs/tags/v1.1.0"},
            "components": {"api": {"key": "artifacts/shop/prod/api/1.0.0.zip", "sha256": sha256}}}),
        json!({"artifacts": [{"component": "api", "sha256": sha256, "bytes": 9}]}),
    ]
}
