//! Arrivals by a way in that their environment does not name: nobody asked for it by a right to the environment.

use crate::scenarios::scene::{arrive, declare, executions, look, pass_minutes, program, upload, upload_unheard};
use serde_json::{Value, json};
use windlass_domain::release::request::ImagePush;
use windlass_domain::text::digest::Digest;
use windlass_engine::routes::api::{self, ApiCall};
use windlass_machine::arrivals::image_pushed;
use windlass_machine::program::Program;
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::run::run;

/// `dev` names every way in, and `prod` names none.
const SHOP: &str = "
app: shop
version: 1.1.0
environments:
  dev: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
  prod: {deploy: {tag: stable}}
components:
  api: {kind: lambda, function: 'shop-api-{environment}', alias: live, on_artifact: true}
  agent: {kind: ecs, cluster: shop, service: 'agent-{environment}', container: agent, repository: shop/agent}
";

const ARTIFACT: &str = "artifacts/shop/prod/api/6.6.6.zip";
const MANIFEST: &str = "releases/shop/prod/6.6.6.json";

fn shop(program: &Program) -> Shop<'_> {
    let shop = Shop::new(program, FUNCTIONS);
    declare(&shop, SHOP);
    shop
}

/// Uploads an artifact whose metadata say that it is of this version and ref.
fn upload_artifact(shop: &Shop<'_>, version: &str, reference: &str) {
    let event = upload_unheard(shop, ARTIFACT, "bytes");
    let mut objects = shop.world().s3();
    let bucket = objects.buckets.get_mut("artifacts").unwrap();
    let uploaded = bucket.keys.get_mut(ARTIFACT).unwrap().last_mut().unwrap();
    for (name, value) in [("version", version), ("git-ref", reference)] {
        uploaded.metadata.insert(name.into(), value.into());
    }
    drop(objects);
    arrive(shop, event);
}

fn manifest(reference: &str) -> String {
    let api = json!({"key": ARTIFACT, "sha256": Digest::of(b"bytes")});
    json!({"version": "6.6.6", "git": {"ref": reference}, "components": {"api": api}}).to_string()
}

fn push(shop: &Shop<'_>, tag: &str) {
    let digest: Digest = shop.world().ecr().push("shop/agent", tag);
    let push = ImagePush { repository: "shop/agent".into(), digest, tag: tag.into() };
    arrive(shop, image_pushed(&push, shop.world().true_time()));
}

/// Returns what is listed as refused or not taken.
fn refusals(shop: &Shop<'_>) -> Vec<Value> {
    let call = ApiCall { method: "GET".into(), path: "/apps/shop/refusals".into(), ..ApiCall::default() };
    let reply = run(api::handle(shop.world(), call));
    reply.body["refusals"].as_array().unwrap().clone()
}

/// An environment without `sources` takes releases by the API and the console, which ask for a right to it.
///
/// Safety: tenancy: Nothing that is uploaded or pushed releases into an environment that does not name that way in.
#[test]
fn what_arrives_by_a_way_in_that_is_not_named_starts_nothing_and_gets_the_line_to_write() {
    let program = program();
    let mut shop = shop(&program);
    upload_artifact(&shop, "6.6.6", "refs/tags/v6.6.6");
    upload(&shop, MANIFEST, &manifest("refs/tags/v6.6.6"));
    push(&shop, "6.6.6");
    assert_eq!(executions(&mut shop), 0);
    let ledger = shop.world().dynamodb().items.clone();
    let mut recorded = ledger.keys().filter(|key| key.sk.starts_with("release#"));
    assert_eq!(recorded.next(), None, "no version's name is taken");
    let mut lines = refusals(&shop);
    lines.sort_by_key(|line| line["about"].to_string());
    let about: Vec<&str> = lines.iter().filter_map(|it| it["about"].as_str()).collect();
    assert_eq!(about, [ARTIFACT, MANIFEST, "shop/agent:6.6.6"]);
    for (line, way) in lines.iter().zip(["s3", "s3", "ecr"]) {
        let finding = &line["findings"][0];
        assert_eq!(finding["name"], "SourceNotAccepted", "{line}");
        let wanted = format!("`sources: [api, console, {way}]` under `environments.prod`");
        assert!(finding["remedy"].as_str().unwrap().contains(&wanted), "{finding}");
    }
    let texts = shop.world().s3().texts("artifacts");
    for key in [ARTIFACT, MANIFEST] {
        let beside = &texts[&format!("{key}.findings.json")];
        assert!(beside.contains("SourceNotAccepted"), "{beside}");
    }
}

#[test]
fn what_was_not_taken_is_not_taken_either_once_the_declaration_names_its_way_in() {
    let program = program();
    let mut shop = shop(&program);
    upload_artifact(&shop, "6.6.6", "refs/tags/v6.6.6");
    upload(&shop, MANIFEST, &manifest("refs/tags/v6.6.6"));
    push(&shop, "6.6.6");
    let open = SHOP.replace("{tag: stable}", "{tag: stable}, sources: [s3, ecr]").replace("1.1.0", "1.2.0");
    declare(&shop, &open);
    for _ in 0..4 {
        pass_minutes(&shop, 15);
        look(&shop);
    }
    assert_eq!(executions(&mut shop), 0);
    // The same upload, made again, is taken.
    upload(&shop, MANIFEST, &manifest("refs/tags/v6.6.6"));
    assert_eq!(executions(&mut shop), 1);
}

#[test]
fn what_arrives_by_a_way_in_that_is_named_is_a_release_there() {
    let program = program();
    let mut shop = shop(&program);
    upload_unheard(&shop, &ARTIFACT.replace("prod", "dev"), "bytes");
    let manifest = manifest("refs/heads/main").replace("prod", "dev");
    upload(&shop, &MANIFEST.replace("prod", "dev"), &manifest);
    push(&shop, "main-9f2c1ab");
    assert_eq!(executions(&mut shop), 2);
    assert_eq!(refusals(&shop), Vec::<Value>::new());
}
