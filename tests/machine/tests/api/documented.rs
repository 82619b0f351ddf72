//! The pages on the API are compared with what it answers: `docs/api-reference.md` has every member, and the examples of
//! `docs/API.md` have no other one.

use crate::api::apps::listed;
use crate::api::call::{PROD, RELEASES, begun, call, call_with, declare, get, post, program, refused, release, until};
use crate::api::stats::record;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_domain::text::digest::Digest;
use windlass_machine::shop::{ALL_KINDS, FUNCTIONS, Shop};
use windlass_machine::state_paths::live_with;
use windlass_world::cloudtrail::Event;

/// Maps whose keys are names that people chose, or ids.
const BY_NAME: [&str; 9] = [
    "components",
    "cost_by_month",
    "deployments",
    "headers",
    "idle",
    "no_longer_declared",
    "observed",
    "running",
    "uploads",
];

/// Members that a page describes as a whole: the parts of a record are the ledger's, and only its kind knows what a
/// state means.
const AS_A_WHOLE: [&str; 6] = ["deployment", "judgements", "plan", "second_look", "state", "steps"];

/// Members of the examples that are no answers: those of calls, and of IAM's policy.
const NOT_ANSWERED: [&str; 7] = ["Version", "Statement", "Effect", "Action", "Resource", "image", "type"];

fn members(of: &Value, under: &str, seen: &mut BTreeSet<String>) {
    match of {
        Value::Object(map) if BY_NAME.contains(&under) => {
            map.values().for_each(|one| members(one, "", seen));
        }
        Value::Object(map) => {
            for (name, value) in map {
                seen.insert(name.clone());
                if !AS_A_WHOLE.contains(&name.as_str()) {
                    members(value, name, seen);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|one| members(one, "", seen)),
        _ => {}
    }
}

/// Returns all members of the API's answers, in the life of an environment in which most of them occur.
fn answered() -> BTreeSet<String> {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let mut seen = BTreeSet::new();
    let mut look = |answer: &Value| members(answer, "", &mut seen);
    let reason = |text: &str| Some(json!({"reason": text}));
    let mut first = release(&mut shop, "1.0.0");
    first["reason"] = "as planned".into();
    first["git"] = json!({"ref": "refs/heads/main", "commit": "9f2c111", "dirty": true});
    let started = call(&shop, "POST", RELEASES, Some(first));
    look(&started.body);
    let (id, execution) = begun(&started);
    let accepted = call(&shop, "GET", &format!("/apps/shop/deployments/{id}"), None);
    assert_eq!(accepted.status, 202);
    look(&accepted.body);
    until(&mut shop, &execution, "Bake");
    let (waiting, execution) = post(&mut shop, "1.1.0");
    until(&mut shop, &execution, "AwaitTurn");
    shop.region.step();
    let path = format!("{PROD}/hold");
    let held = call(&shop, "PUT", &path, reason("a sale"));
    look(&held.body);
    let deployments = "/apps/shop/deployments";
    shop.region.step();
    let environment = get(&shop, &format!("{PROD}?observe=true"));
    assert_ne!(environment["waiting"], json!([]));
    look(&environment);
    let artifact = json!({"component": "api", "sha256": Digest::of(b"api"), "bytes": 3});
    look(&call(&shop, "POST", &format!("{PROD}/uploads"), Some(json!({"artifacts": [artifact]}))).body);
    let path = format!("{PROD}/deployments/{waiting}/cancel");
    look(&call_with(&shop, Some("k"), "POST", &path, reason("wrong one")).body);
    let rollback = Some(json!({"action": "rollback"}));
    let plan = call(&shop, "POST", &format!("{PROD}/plans"), rollback).body;
    look(&plan);
    let accept = call(&shop, "POST", &format!("{PROD}/accept"), reason("fine")).body;
    shop.region.step();
    shop.region.run();
    for execution in [&held.body["execution"], &accept["execution"]] {
        let execution = execution.as_str().unwrap();
        look(&get(&shop, &format!("{deployments}?execution={execution}")));
    }
    let planned = plan["id"].as_str().unwrap();
    look(&get(&shop, &format!("/apps/shop/plans/{planned}")));
    for path in [
        &format!("{PROD}?observe=true"),
        &format!("{PROD}/snapshots?limit=1"),
        &format!("{deployments}?environment=prod"),
        &format!("{deployments}/{id}"),
        "/apps/shop/refusals",
        "/refusals",
        "/apps",
        "/apps/shop/declaration",
        "/apps/shop/environments?ref=refs/heads/main",
        "/apps/shop/releases/1.0.0",
    ] {
        look(&get(&shop, path));
    }
    drifts(&mut shop);
    look(&get(&shop, PROD));
    record(&shop, 9, "deploy", "Succeeded", Some(2));
    record(&shop, 6, "deploy", "RolledBack", None);
    look(&get(&shop, "/apps/shop/stats"));
    let upload = release(&mut shop, "1.3.0").to_string();
    let key = "releases/shop/prod/1.3.0.json";
    shop.world().s3().upload("artifacts", key, upload);
    look(&get(&shop, "/apps/shop/releases/1.3.0"));
    listed(&shop, FUNCTIONS);
    look(&get(&shop, "/apps"));
    leave(&shop);
    look(&get(&shop, PROD));
    look(&call(&shop, "GET", "/apps/shop/nothing", None).body);
    let mut drilled = live_with(&program, &["1.0.0", "1.1.0"]);
    drilled.act("drill");
    drilled.region.run();
    for path in [PROD.to_owned(), format!("{PROD}/drills")] {
        look(&get(&drilled, &path));
    }
    seen
}

/// Lets somebody change a target, and the hourly look find it.
fn drifts(shop: &mut Shop<'_>) {
    let mut functions = shop.world().lambda();
    let api = functions.functions.get_mut("shop-api").unwrap();
    api.aliases.get_mut("live").unwrap().version = "1".into();
    drop(functions);
    let at = shop.world().true_time();
    shop.world().cloudtrail().events.push(Event {
        resource: "shop-api".into(),
        name: "UpdateAlias20150331".into(),
        by: "arn:aws:iam::111111111111:user/ann".into(),
        at,
    });
    for _ in 0..13 {
        let now = shop.world().true_time();
        shop.world().clock().now = now.plus_s(300);
        shop.region.scheduled();
    }
}

/// Puts a declaration in force that has one component less.
fn leave(shop: &Shop<'_>) {
    let lines = FUNCTIONS.lines().filter(|line| !line.contains("shop-api"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = text.replace("version: 1.0.0", "version: 1.1.0");
    declare(shop, &text);
}

#[test]
fn every_member_that_is_answered_is_documented_and_the_other_way_round() {
    let reference = include_str!("../../../../docs/api-reference.md");
    let page = include_str!("../../../../docs/API.md");
    let answered = answered();
    let undocumented: Vec<&String> = answered.iter().filter(|name| !reference.contains(&format!("`{name}`"))).collect();
    assert!(undocumented.is_empty(), "not in docs/api-reference.md: {undocumented:?}");

    let mut shown = BTreeSet::new();
    for example in page.split("```json\n").skip(1) {
        let text = example.split("```").next().unwrap();
        members(&serde_json::from_str(text).unwrap(), "", &mut shown);
    }
    let mut unanswered: Vec<&String> = shown.difference(&answered).collect();
    unanswered.retain(|name| !NOT_ANSWERED.contains(&name.as_str()));
    assert!(unanswered.is_empty(), "never answered: {unanswered:?}");
}

/// Returns the calls with a body that a page shows: method, path and body.
fn shown_calls(page: &str) -> Vec<(&str, &str, Value)> {
    let calls = page.split("call ").filter(|text| text.contains("--data '"));
    calls
        .filter_map(|text| {
            let (method, rest) = text.split_once("--request ")?.1.split_once(' ')?;
            let path = rest.split_once("$API")?.1.split_once('"')?.0;
            let body = rest.split_once("--data '")?.1.split_once('\'')?.0;
            Some((method, path, serde_json::from_str(body).unwrap_or_else(|error| panic!("{body}: {error}"))))
        })
        .collect()
}

#[test]
fn every_body_that_a_page_sends_has_the_form_that_the_api_takes() {
    let program = program();
    let mut shop = Shop::new(&program, ALL_KINDS);
    let release = shop.release("1.4.0", &["api"]);
    begun(&call(&shop, "POST", RELEASES, Some(release["manifest"].clone())));
    shop.region.run();
    let pages = [include_str!("../../../../docs/API.md"), include_str!("../../../../docs/integrate/ci.md")];
    let calls = pages.map(shown_calls).concat();
    assert!(calls.len() >= 4, "{calls:?}");
    for (method, path, body) in calls {
        let reply = call(&shop, method, path, Some(body));
        // The artifacts of an example are in no bucket; only its form counts.
        let names = match reply.status {
            400 => refused(&reply).1,
            _ => vec![],
        };
        let is_missing = |name: &&str| *name == "ArtifactMissing";
        assert!(names.iter().all(is_missing), "{path}: {}", reply.body);
    }
}
