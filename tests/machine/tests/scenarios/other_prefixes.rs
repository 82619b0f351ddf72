//! Uploads below one environment's prefix, or that of plans, that name another environment.

use crate::scenarios::scene::{arrive, declare, executions, program, upload, upload_unheard};
use serde_json::{Value, json};
use windlass_domain::text::digest::Digest;
use windlass_engine::routes::api::{self, ApiCall};
use windlass_machine::program::Program;
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::run::run;

/// Both environments take uploads.
const SHOP: &str = "
app: shop
version: 1.1.0
environments:
  dev: {deploy: {branch: main}, sources: [api, console, s3]}
  prod: {deploy: {tag: stable}, sources: [api, console, s3]}
components:
  api: {kind: lambda, function: 'shop-api-{environment}', alias: live, on_artifact: true}
";

const TAG: &str = "refs/tags/v6.6.6";

fn shop(program: &Program) -> Shop<'_> {
    let shop = Shop::new(program, FUNCTIONS);
    for environment in ["dev", "prod"] {
        let mut functions = shop.world().lambda();
        let function = functions.make(&format!("shop-api-{environment}"), b"as found");
        let tag = "windlass:environment".to_owned();
        function.tags.insert(tag, environment.to_owned());
        function.publish_as("live", "as found");
    }
    declare(&shop, SHOP);
    shop
}

/// Uploads an artifact whose metadata say that it is of version 6.6.6 and this ref.
fn upload_artifact(shop: &Shop<'_>, key: &str, reference: &str) {
    let event = upload_unheard(shop, key, "bytes");
    let mut objects = shop.world().s3();
    let bucket = objects.buckets.get_mut("artifacts").unwrap();
    let uploaded = bucket.keys.get_mut(key).unwrap().last_mut().unwrap();
    for (name, value) in [("version", "6.6.6"), ("git-ref", reference)] {
        uploaded.metadata.insert(name.into(), value.into());
    }
    drop(objects);
    arrive(shop, event);
}

/// Puts an artifact into the bucket, which starts nothing by itself.
fn put(shop: &Shop<'_>, key: &str) -> Value {
    shop.world().s3().upload("artifacts", key, "bytes");
    json!({"key": key, "sha256": Digest::of(b"bytes")})
}

fn manifest(reference: &str, api: &Value) -> Value {
    json!({"version": "6.6.6", "git": {"ref": reference}, "components": {"api": api}})
}

fn call(shop: &Shop<'_>, path: &str, body: &Value) -> (u16, Value) {
    let call = ApiCall {
        method: "POST".into(),
        path: format!("/apps/shop/environments/{path}"),
        body: Some(body.to_string()),
        caller: Some("arn:aws:iam::111111111111:user/ci".into()),
        ..ApiCall::default()
    };
    let reply = run(api::handle(shop.world(), call));
    (reply.status, reply.body)
}

/// A role of CI writes below its environment's prefixes alone, so that what lies there is that environment's.
///
/// Safety: tenancy: What is uploaded below an environment's prefix releases into no other environment, whatever ref it
/// names.
#[test]
fn an_upload_for_one_environment_with_the_ref_of_another_starts_nothing_there() {
    let program = program();
    let mut shop = shop(&program);
    upload_artifact(&shop, "artifacts/shop/dev/api/6.6.6.zip", TAG);
    let api = put(&shop, "artifacts/shop/dev/api/mine.zip");
    let key = "releases/shop/dev/6.6.6.json";
    upload(&shop, key, &manifest(TAG, &api).to_string());
    assert_eq!(executions(&mut shop), 2);
    for ended in shop.region.all_ended() {
        let cause = &ended.cause;
        assert_eq!(ended.error, "OtherPrefix", "{cause}");
        assert!(cause.contains("lies below the prefix of `dev`"), "{cause}");
    }
    assert_eq!(shop.serves("shop-api-prod"), "1");
    assert_eq!(shop.serves("shop-api-dev"), "1");
    let texts = shop.world().s3().texts("artifacts");
    assert!(texts[&format!("{key}.findings.json")].contains("OtherPrefix"));
}

/// Safety: tenancy: What is uploaded to be planned releases nothing, and no release takes it.
#[test]
fn what_is_only_planned_releases_nothing_and_no_release_takes_it() {
    let program = program();
    let mut shop = shop(&program);
    let key = "plans/shop/api/6.6.6.zip";
    upload_artifact(&shop, key, TAG);
    let planned = put(&shop, key);
    assert_eq!(executions(&mut shop), 0);
    let body = manifest(TAG, &planned);
    let (status, answer) = call(&shop, "prod/releases", &body);
    assert_eq!((status, &answer["findings"][0]["name"]), (400, &json!("OtherPrefix")), "{answer}");
    assert_eq!(executions(&mut shop), 0);
    let (status, answer) = call(&shop, "prod/plans", &body);
    assert_eq!(status, 202, "{answer}");
}

#[test]
fn a_manifest_takes_no_artifact_of_another_environment_by_whichever_way_it_comes() {
    let program = program();
    let mut shop = shop(&program);
    let mine = put(&shop, "artifacts/shop/dev/api/mine.zip");
    let body = manifest(TAG, &mine);
    for path in ["prod/releases", "prod/plans"] {
        let (status, answer) = call(&shop, path, &body);
        let finding = &answer["findings"][0];
        assert_eq!((status, &finding["name"]), (400, &json!("OtherPrefix")), "{path}: {answer}");
        let remedy = finding["remedy"].as_str().unwrap();
        assert!(remedy.contains("`artifacts/shop/prod/api/`"), "{remedy}");
    }
    upload(&shop, "releases/shop/prod/6.6.6.json", &body.to_string());
    let typed = json!({"action": "deploy", "app": "shop", "environment": "prod", "manifest": body});
    shop.start(&typed);
    assert_eq!(executions(&mut shop), 2);
    assert_eq!(shop.serves("shop-api-prod"), "1");
}

/// A promotion needs a right to the environment, and takes what is recorded.
#[test]
fn what_is_recorded_is_promoted_from_wherever_it_lies() {
    let program = program();
    let mut shop = shop(&program);
    let api = put(&shop, "artifacts/shop/dev/api/mine.zip");
    let key = "releases/shop/dev/6.6.6.json";
    upload(&shop, key, &manifest("refs/heads/main", &api).to_string());
    assert_eq!(executions(&mut shop), 1);
    assert_eq!(shop.serves("shop-api-dev"), "2");
    // What is recorded is a version of the object, and its bytes.
    shop.world().s3().upload("artifacts", "artifacts/shop/dev/api/mine.zip", "others");
    let (status, answer) = call(&shop, "prod/starts", &json!({"version": "6.6.6"}));
    assert_eq!(status, 202, "{answer}");
    assert_eq!(executions(&mut shop), 2);
    assert_eq!(shop.serves("shop-api-prod"), "2");
    // So a rollback goes back to it as well, whatever lies there since.
    let key = "artifacts/shop/prod/api/newer.zip";
    shop.world().s3().upload("artifacts", key, "newer");
    let newer = json!({"key": key, "sha256": Digest::of(b"newer")});
    let mut newer = manifest("refs/tags/v7.0.0", &newer);
    newer["version"] = json!("7.0.0");
    assert_eq!(call(&shop, "prod/releases", &newer).0, 202);
    assert_eq!((executions(&mut shop), shop.serves("shop-api-prod")), (3, "3".to_owned()));
    let (status, answer) = call(&shop, "prod/rollbacks", &json!({"reason": "7.0.0 is slow"}));
    assert_eq!(status, 202, "{answer}");
    assert_eq!((executions(&mut shop), shop.serves("shop-api-prod")), (4, "2".to_owned()));
}

#[test]
fn at_the_former_places_the_new_ones_are_named() {
    let program = program();
    let mut shop = shop(&program);
    upload_artifact(&shop, "artifacts/shop/api/1.0.0.zip", TAG);
    upload_artifact(&shop, "artifacts/shop/api/late/1.0.0.zip", TAG);
    upload(&shop, "releases/shop/1.0.0.json", "{}");
    assert_eq!(executions(&mut shop), 0);
    let texts = shop.world().s3().texts("artifacts");
    for (key, meant) in [
        ("artifacts/shop/api/1.0.0.zip", "artifacts/shop/<environment>/api/"),
        ("artifacts/shop/api/late/1.0.0.zip", "artifacts/shop/<environment>/api/"),
        ("releases/shop/1.0.0.json", "releases/shop/<environment>/1.0.0.json"),
    ] {
        let beside = &texts[&format!("{key}.findings.json")];
        assert!(beside.contains(meant), "{key}: {beside}");
    }
    let former = put(&shop, "artifacts/shop/api/2.0.0.zip");
    let (status, answer) = call(&shop, "prod/releases", &manifest(TAG, &former));
    assert_eq!(status, 400, "{answer}");
    let remedy = answer["findings"][0]["remedy"].as_str().unwrap();
    assert!(remedy.contains("artifacts/shop/<environment>/<component>/"), "{remedy}");
}
