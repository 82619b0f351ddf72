//! Calls of CI jobs that show a token, below `/ci`: an access file alone lets them in, and what they release is what
//! their token names.

use crate::api::call::{CI, PROD, RELEASES, begun, executions, program, refused, release};
use serde_json::{Value, json};
use windlass_domain::access::AccessItem;
use windlass_domain::release::api_routes::ROUTES;
use windlass_domain::release::claims::Claims;
use windlass_domain::release::request::ObjectRef;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::AppName;
use windlass_engine::ledger;
use windlass_engine::ports::{Clock, Item};
use windlass_engine::routes::api::{ApiCall, Reply, handle};
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::run::run;

const COMMIT: &str = "9f2c61d4a0b35e7789c1d2e3f405162738495a6b";

/// What no claim that is kept says.
const CANARY: &str = "eyJhbGciOiJSUzI1NiJ9.canary";

const FILE: &str = r#"
app: shop
version: 1
who:
  main: [{issuer: github, claims: {repository_owner_id: "8472", repository_id: "990134", ref: refs/heads/main}}]
  pulls: [{issuer: github, claims: {repository_owner_id: "8472", repository_id: "990134", event_name: pull_request}}]
environments:
  dev: {}
  prod: {release: [main, pulls]}
"#;

/// Puts an access file into force.
fn rule(shop: &Shop<'_>) {
    let item = AccessItem {
        text: FILE.to_owned(),
        version: 1,
        digest: Digest::of(FILE.as_bytes()),
        accepted: shop.world().now(),
        object: ObjectRef { key: "access/apps/shop.yaml".into(), version_id: None },
    };
    let key = ledger::access(&AppName::new("shop").unwrap());
    let item =
        Item { key: key.clone().into(), rev: 1, body: ledger::to_body(&item).unwrap(), index: None, expires: None };
    shop.world().dynamodb().items.insert(key.into(), item.into());
}

fn job(repository_id: &str, reference: &str, event: &str) -> Option<Box<Claims>> {
    let token = [
        ("repository_owner_id", "8472"),
        ("repository_id", repository_id),
        ("repository", "octo/shop"),
        ("ref", reference),
        ("sha", COMMIT),
        ("event_name", event),
        ("run_id", "812"),
        ("actor", "ann"),
        ("jti", CANARY),
        ("sub", CANARY),
    ];
    Claims::of(token.map(|(name, value)| (name.to_owned(), value.to_owned()))).map(Box::new)
}

fn of_main() -> Option<Box<Claims>> {
    job("990134", "refs/heads/main", "push")
}

/// Calls a path with claims, and with an ARN as if IAM had named one.
fn call(shop: &Shop<'_>, claims: Option<Box<Claims>>, method: &str, path: &str, body: Option<Value>) -> Reply {
    let (method, path, body) = (method.to_owned(), path.to_owned(), body.map(|body| body.to_string()));
    run(handle(shop.world(), ApiCall { method, path, body, caller: Some(CI.into()), claims, ..ApiCall::default() }))
}

fn below(path: &str) -> String {
    format!("/ci{path}")
}

#[test]
fn without_a_rule_that_names_its_claims_a_job_may_call_nothing() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let names = json!({"app": "shop", "environment": "prod", "to_app": "bank", "to_environment": "live",
        "id": "0123456789abcdef", "version": "1.0.0"});
    let refuses_each = |claims: Option<Box<Claims>>| {
        for route in ROUTES {
            let path = route.path(names.as_object().unwrap()).unwrap();
            let reply = call(&shop, claims.clone(), route.method, &below(&path), Some(json!({"nothing": "of it"})));
            assert_eq!(refused(&reply), (403, vec!["NotAllowed"]), "{} {path}", route.method);
            let key = Some("no key".repeat(100));
            let keyed = ApiCall {
                method: route.method.into(),
                path: below(&path),
                key,
                claims: claims.clone(),
                ..ApiCall::default()
            };
            assert_eq!(refused(&run(handle(shop.world(), keyed))).0, 403, "{} {path}", route.method);
        }
    };
    refuses_each(of_main());
    let stranger = || job("990135", "refs/heads/main", "push");
    let answered = || [PROD, "/apps/shop/declaration"].map(|path| call(&shop, stranger(), "GET", &below(path), None));
    let before = answered();
    rule(&shop);
    assert_eq!(answered(), before, "a stranger does not learn that there are rules");
    refuses_each(None);
    refuses_each(stranger());
    refuses_each(job("990134", "refs/heads/dev", "push"));
    refuses_each(job("990134", "refs/heads/main", "pull_request_target"));
    assert_eq!(executions(&shop), 0, "nothing was started");
    // The file gives no right to go back.
    let path = below(&format!("{PROD}/rollbacks"));
    let back = call(&shop, of_main(), "POST", &path, Some(json!({"reason": "it is broken"})));
    assert_eq!(refused(&back), (403, vec!["NotAllowed"]));
    for route in ROUTES.iter().filter(|route| !route.ci) {
        let path = route.path(names.as_object().unwrap()).unwrap();
        let reply = call(&shop, of_main(), route.method, &below(&path), None);
        assert_eq!(refused(&reply), (403, vec!["NotAllowed"]), "{} {path}", route.method);
    }
    for path in ["/apps/shop/declaration", PROD, "/apps/shop/environments"] {
        assert_eq!(call(&shop, of_main(), "GET", &below(path), None).status, 200, "{path}");
    }
    assert_eq!(refused(&call(&shop, of_main(), "GET", "/ci/nothing", None)), (404, vec!["UnknownName"]));
}

#[test]
fn a_job_releases_the_commit_that_its_token_names() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    rule(&shop);
    let good = release(&mut shop, "1.0.0");
    let mut other = good.clone();
    other["git"] = json!({"ref": "refs/heads/dev", "commit": "1111111"});
    for path in [below(RELEASES), below(&format!("{PROD}/plans"))] {
        let reply = call(&shop, of_main(), "POST", &path, Some(other.clone()));
        assert_eq!(refused(&reply), (400, vec!["RefDiffers", "RefDiffers"]), "{path}");
    }
    assert_eq!(executions(&shop), 0);
    let reply = call(&shop, of_main(), "POST", &below(RELEASES), Some(good));
    let (id, _) = begun(&reply);
    let status = format!("/ci/apps/shop/deployments/{id}");
    assert_eq!(reply.body["status"], format!("https://windlass.example{status}"));
    shop.region.run();
    let record = call(&shop, of_main(), "GET", &status, None);
    assert_eq!(record.status, 200, "{}", record.body);
    let deployment = &record.body["deployment"];
    assert_eq!(deployment["ending"]["ending"], "Succeeded", "{deployment}");
    assert_eq!(deployment["release"]["git"], json!({"ref": "refs/heads/main", "commit": COMMIT}));
    let requester = &deployment["requester"];
    assert_eq!((&requester["route"], &requester["principal"]), (&json!("ci"), &Value::Null));
    assert_eq!(requester["claims"]["kept"]["actor"], "ann");
    let by = json!({"rule": "environments.prod.release", "file": "access/apps/shop.yaml", "version": 1});
    assert_eq!(deployment["allowed_by"], by, "nobody is mapped to the job");
}

/// Safety: secrets: What the token of a CI job says beside the claims that are kept is written nowhere.
#[test]
fn what_is_not_kept_of_a_token_is_written_nowhere() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    rule(&shop);
    let body = release(&mut shop, "1.0.0");
    begun(&call(&shop, of_main(), "POST", &below(RELEASES), Some(body)));
    shop.region.run();
    let world = shop.world();
    let mut written: Vec<String> = world.dynamodb().items.values().map(|item| json!(item.body).to_string()).collect();
    written.extend(world.stepfunctions().executions.values().map(|execution| execution.input.to_string()));
    written.extend(world.eventbridge().put.iter().map(|(_, detail)| detail.to_string()));
    written.extend(world.s3().texts("artifacts").into_values());
    assert!(written.iter().any(|text| text.contains("\"actor\":\"ann\"")), "what is kept is written");
    assert!(!written.iter().any(|text| text.contains(CANARY)));
}

#[test]
fn a_job_of_a_pull_request_plans_and_releases_nothing() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    rule(&shop);
    let pull = || job("990134", "refs/pull/7/merge", "pull_request");
    let body = release(&mut shop, "1.0.0");
    let refusal = call(&shop, pull(), "POST", &below(RELEASES), Some(body.clone()));
    assert_eq!(refused(&refusal), (403, vec!["NotAllowed"]));
    // What a merge would bring is of the branch that it goes into.
    let mut merged = body;
    merged["git"] = json!({"ref": "refs/heads/main"});
    let plan = call(&shop, pull(), "POST", &below(&format!("{PROD}/plans")), Some(merged));
    assert_eq!(plan.status, 202, "{}", plan.body);
    let status = plan.body["status"].as_str().unwrap().to_owned();
    assert!(status.starts_with("https://windlass.example/ci/apps/shop/plans/"), "{status}");
}

/// Safety: tenancy: A job of a pull request uploads below `plans/` alone, and what lies there is never released.
#[test]
fn a_job_uploads_for_a_plan_what_nobody_can_release() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    rule(&shop);
    let uploads = below(&format!("{PROD}/uploads"));
    let pull = || job("990134", "refs/pull/7/merge", "pull_request");
    let sha256 = Digest::of(b"api");
    let asked = |plan: Value| {
        let artifact = json!({"component": "api", "sha256": sha256, "bytes": 3});
        Some(json!({"artifacts": [artifact], "plan": plan}))
    };
    for (claims, plan, wanted) in [
        (pull(), json!(true), 200),
        (pull(), json!(false), 403),
        (pull(), json!("true"), 403),
        (of_main(), json!(true), 200),
        (of_main(), json!("true"), 400),
        (job("990135", "refs/heads/main", "push"), json!(true), 403),
        (job("990134", "refs/heads/main", "pull_request_target"), json!(true), 403),
        (None, json!(true), 403),
    ] {
        let reply = call(&shop, claims, "POST", &uploads, asked(plan.clone()));
        assert_eq!(reply.status, wanted, "{plan}: {}", reply.body);
    }
    let elsewhere = call(&shop, pull(), "POST", &below("/apps/shop/environments/dev/uploads"), asked(json!(true)));
    assert_eq!(refused(&elsewhere), (403, vec!["NotAllowed"]));
    let key = format!("plans/shop/api/{}.zip", sha256.as_str());
    assert_eq!(call(&shop, pull(), "POST", &uploads, asked(json!(true))).body["uploads"][0]["key"], json!(key));
    let mut body = release(&mut shop, "1.0.0");
    body["components"]["api"] = json!({"key": key, "sha256": sha256});
    let refusal = call(&shop, pull(), "POST", &below(RELEASES), Some(body.clone()));
    assert_eq!(refused(&refusal), (403, vec!["NotAllowed"]));
    let refusal = call(&shop, of_main(), "POST", &below(RELEASES), Some(body));
    let (status, names) = refused(&refusal);
    assert!(status == 400 && names.contains(&"OtherPrefix"), "nor by whoever may release: {}", refusal.body);
    let started = |input: &Value| input.get("refused").is_none();
    let is_started = shop.world().stepfunctions().executions.values().any(|execution| started(&execution.input));
    assert!(!is_started, "nothing was started but what records the refusals");
}

#[test]
fn what_acts_is_recorded_as_refused_of_a_job_that_a_rule_knows_and_of_no_stranger() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    rule(&shop);
    let pull = || job("990134", "refs/pull/7/merge", "pull_request");
    let rollbacks = format!("{PROD}/rollbacks");
    // Who asks for what, and how many executions record that it was refused.
    for (claims, path, recorded) in [
        (of_main(), rollbacks.as_str(), 1),
        (of_main(), rollbacks.as_str(), 1),
        (pull(), RELEASES, 2),
        (of_main(), "/apps/shop/environments/dev/uploads", 3),
        (of_main(), "/apps/shop/environments/dev/plans", 3),
        (of_main(), "/apps/shop/environments/prod/approve", 3),
        (job("990135", "refs/heads/main", "push"), rollbacks.as_str(), 3),
        (job("990134", "refs/heads/main", "pull_request_target"), RELEASES, 3),
        (None, RELEASES, 3),
    ] {
        let reply = call(&shop, claims, "POST", &below(path), Some(json!({"reason": "it is broken"})));
        assert_eq!(refused(&reply), (403, vec!["NotAllowed"]), "{path}");
        assert_eq!(executions(&shop), recorded, "{path}");
    }
    shop.region.step();
    shop.region.run();
    let listed = call(&shop, None, "GET", "/apps/shop/refusals", None).body["refusals"].take();
    let listed = listed.as_array().unwrap();
    assert!(listed.iter().all(|one| one["requester"]["route"] == "ci"), "{listed:?}");
    let mut abouts: Vec<&str> = listed.iter().map(|one| one["about"].as_str().unwrap()).collect();
    abouts.sort_unstable();
    assert_eq!(abouts, ["deploy", "rollback", "upload"]);
}

#[test]
fn an_upload_is_signed_for_whoever_may_release_there() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    rule(&shop);
    let sha256 = Digest::of(b"api");
    let artifact = |component: &str| json!({"artifacts": [{"component": component, "sha256": sha256, "bytes": 3}]});
    let path = below(&format!("{PROD}/uploads"));
    let reply = call(&shop, of_main(), "POST", &path, Some(artifact("api")));
    assert_eq!(reply.status, 200, "{}", reply.body);
    let upload = &reply.body["uploads"][0];
    let key = format!("artifacts/shop/prod/api/{}.zip", sha256.as_str());
    assert_eq!(upload["key"], json!(key));
    assert!(upload["url"].as_str().unwrap().contains(&key), "{upload}");
    assert_eq!(reply.body["expires"].as_u64(), Some(shop.world().now().plus_s(900).0));
    let bad = call(&shop, of_main(), "POST", &path, Some(artifact("../web")));
    assert_eq!(refused(&bad), (400, vec!["BadValue"]));
    // The role of this caller is in no group of the file.
    let by_role = call(&shop, None, "POST", &format!("{PROD}/uploads"), Some(artifact("api")));
    assert_eq!(refused(&by_role), (403, vec!["NotAllowed"]));
}

#[test]
fn claims_say_nothing_on_a_path_of_iam() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let reply = call(&shop, of_main(), "POST", RELEASES, Some(body));
    let (id, _) = begun(&reply);
    shop.region.run();
    let record = call(&shop, None, "GET", &format!("/apps/shop/deployments/{id}"), None);
    let requester = &record.body["deployment"]["requester"];
    assert_eq!(requester, &json!({"route": "api", "principal": CI}));
    assert_eq!(record.body["deployment"]["release"].get("git"), None);
}
