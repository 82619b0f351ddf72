//! Images: pushes, and functions that are images.

use crate::scenarios::scene::{
    GO, SUCCEEDED, arrive, arrive_in_vain, assert_free, declare, ended, look, pass_minutes, path, program,
    upload_unheard,
};
use serde_json::{Value, json};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::request::ImagePush;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ledger;
use windlass_machine::arrivals::{image_pushed, scheduled};
use windlass_machine::program::Program;
use windlass_machine::shop::{SERVICE_AND_FUNCTION, Shop};
use windlass_world::ecr::HOST;
use windlass_world::lambda::Package;
use windlass_world::run::run;

const REPOSITORY: &str = "shop/agent";

/// A service and a function, both from one repository, and a function that is a zip.
const ONE_REPOSITORY: &str = "
app: shop
version: 1.1.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent}
  worker: {kind: lambda, function: shop-worker, alias: live, repository: shop/agent}
  api: {kind: lambda, function: shop-api, alias: live}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

const WHOLE: &str = "Change(Begin Deploy, Begin Deploy) Changed Judge Judged";

fn shop(program: &Program) -> Shop<'_> {
    let shop = Shop::new(program, SERVICE_AND_FUNCTION);
    let digest = shop.world().ecr().push(REPOSITORY, "as-found");
    let image = Package::Image(format!("{HOST}/{REPOSITORY}@sha256:{digest}"));
    let mut functions = shop.world().lambda();
    let worker = functions.make_of("shop-worker", image);
    worker.publish_as("live", "");
    drop(functions);
    declare(&shop, ONE_REPOSITORY);
    shop
}

/// Returns the image of the version that the worker's alias serves.
fn worker(shop: &Shop<'_>) -> String {
    let functions = shop.world().lambda();
    let worker = &functions.functions["shop-worker"];
    let version: u64 = worker.aliases["live"].version.parse().unwrap();
    match &worker.versions[&version].package {
        Package::Image(uri) => uri.clone(),
        other @ Package::Zip(_) => panic!("{other:?}"),
    }
}

/// Returns the event of a push, which does not come by itself.
fn pushed(shop: &Shop<'_>, tag: &str, digest: &Digest) -> Value {
    let push = ImagePush { repository: REPOSITORY.into(), digest: digest.clone(), tag: tag.into() };
    image_pushed(&push, shop.world().true_time())
}

#[test]
fn an_image_pushed_with_two_tags_is_one_deployment() {
    let program = program();
    let mut shop = Shop::new(&program, SERVICE_AND_FUNCTION);
    // The upload of the declaration claims the repository.
    declare(&shop, &SERVICE_AND_FUNCTION.replace("1.0.0", "1.0.1"));
    let digest = shop.world().ecr().push(REPOSITORY, "main-42");
    for tag in ["main-42", "main", "latest"] {
        arrive(&shop, pushed(&shop, tag, &digest));
    }
    shop.region.run();
    let executions = shop.region.all_ended().iter();
    let mut paths: Vec<String> = executions.map(|ended| ended.execution.in_words()).collect();
    paths.sort();
    let rollout = "Change(Begin Deploy) Changed Judge Judged";
    let whole = path(&[GO, rollout, SUCCEEDED]);
    // `latest` chooses no environment, so it starts nothing.
    assert_eq!(paths, ["Admit Admitted NothingToDo", &whole]);
    assert_eq!(shop.runs(), "agent:2");
    assert_eq!(shop.environment().snapshot, 2, "one deployment");
    pass_minutes(&shop, 1);
    arrive(&shop, pushed(&shop, "main-43", &digest));
    shop.region.run();
    assert_eq!(shop.region.all_ended().len(), 3, "it arrives once more");
    let last = shop.region.all_ended().last().unwrap();
    let there = path(&[GO, "Settle Ended NothingToDo"]);
    assert_eq!(last.execution.in_words(), there, "the same bytes run");
    assert_eq!(shop.environment().snapshot, 2);
    assert_free(&shop);
}

#[test]
fn a_push_deploys_all_components_of_its_repository_together() {
    let program = program();
    let mut shop = shop(&program);
    let platforms = ["linux/amd64", "linux/arm64"];
    let mut registry = shop.world().ecr();
    let digest = registry.push_index(REPOSITORY, "main-42", &platforms);
    let index = registry.find(REPOSITORY, "main-42").unwrap();
    let arm64 = index.platforms[1].digest.clone();
    drop(registry);
    arrive(&shop, pushed(&shop, "main-42", &digest));
    shop.region.run();
    let ended = shop.region.all_ended();
    assert_eq!(ended.len(), 1, "one push is one deployment");
    assert_eq!(ended[0].execution.in_words(), path(&[GO, WHOLE, SUCCEEDED]));
    assert_eq!(shop.runs(), "agent:2");
    // The function runs on arm64, and Lambda takes no index.
    assert_eq!(worker(&shop), format!("{HOST}/{REPOSITORY}@sha256:{arm64}"));
    assert_eq!(shop.serves("shop-api"), "1", "it lives elsewhere");
    assert_free(&shop);
}

#[test]
fn a_manifest_brings_an_image_and_no_zip_to_a_function_with_a_repository() {
    let program = program();
    let mut shop = shop(&program);
    let digest = shop.world().ecr().push(REPOSITORY, "1.0.0");
    let release = |version: &str, artifact: Value| {
        json!({
            "action": "deploy", "app": "shop", "environment": "prod",
            "manifest": {"version": version, "components": {"worker": artifact}}
        })
    };
    let image = json!({"image": format!("{REPOSITORY}:1.0.0")});
    let deployed = shop.start(&release("1.0.0", image));
    shop.region.run();
    assert_eq!(ended(&shop, &deployed).ending, Ending::Succeeded);
    assert!(worker(&shop).ends_with(digest.as_str()));

    let key = "artifacts/shop/prod/worker/1.1.0.zip";
    let mut objects = shop.world().s3();
    objects.upload("artifacts", key, "zip");
    drop(objects);
    let refused = shop.start(&release("1.1.0", json!({"key": key, "version_id": "v1"})));
    shop.region.run();
    assert_eq!(shop.path(&refused), "Admit Admitted Rejected");
    let cause = &shop.region.ended(&refused).unwrap().cause;
    assert!(cause.contains("components.worker.key"), "{cause}");
    assert_free(&shop);
}

/// Safety: arrivals: A push whose event was lost is found once.
#[test]
fn a_push_whose_event_was_lost_is_found_once() {
    let program = program();
    let mut shop = shop(&program);
    let look = |shop: &Shop<'_>| {
        look(shop);
        pass_minutes(shop, 15);
    };
    look(&shop);
    let digest = shop.world().ecr().push(REPOSITORY, "main-42");
    for _ in 0..4 {
        look(&shop);
    }
    shop.region.run();
    assert_eq!(shop.region.all_ended().len(), 1);
    assert_eq!(shop.runs(), "agent:2");
    assert!(worker(&shop).ends_with(digest.as_str()));
    assert_free(&shop);
}

#[test]
fn a_push_is_found_also_when_its_repository_could_not_be_read_for_days() {
    let program = program();
    for refused in ["dynamodb.query_index", "ecr.tagged"] {
        let mut shop = shop(&program);
        look(&shop);
        let digest = shop.world().ecr().push(REPOSITORY, "main-42");
        let denied = Fault::new(FaultName::AccessDenied, "not allowed");
        shop.world().mishaps().refused.insert(refused, denied);
        for _ in 0..6 {
            pass_minutes(&shop, 12 * 60);
            arrive_in_vain(&shop, scheduled(shop.world().true_time()));
        }
        shop.world().mishaps().refused.clear();
        for _ in 0..2 {
            pass_minutes(&shop, 15);
            look(&shop);
        }
        shop.region.run();
        assert_eq!(shop.region.all_ended().len(), 1, "{refused}");
        assert!(worker(&shop).ends_with(digest.as_str()));
    }
}

#[test]
fn a_round_goes_no_further_on_a_part_of_the_repositories() {
    let program = program();
    let shop = shop(&program);
    look(&shop);
    pass_minutes(&shop, 15);
    look(&shop);
    let rounds = || {
        let found = run(ledger::load(shop.world(), &ledger::rounds()));
        found.unwrap().unwrap().value.images
    };
    let before = rounds();
    let lost = Fault::new(FaultName::Unavailable, "no answer");
    let mut mishaps = shop.world().mishaps();
    mishaps.refused.insert("dynamodb.query_index", lost);
    drop(mishaps);
    pass_minutes(&shop, 15);
    arrive_in_vain(&shop, scheduled(shop.world().true_time()));
    assert_eq!(rounds(), before);
}

/// Safety: arrivals: Tags that go nowhere do not stand in the way of one that does.
#[test]
fn tags_that_go_nowhere_do_not_stand_in_the_way_of_one_that_does() {
    let program = program();
    let mut shop = shop(&program);
    look(&shop);
    for number in 0..150 {
        let tag = format!("nightly-{number}");
        shop.world().ecr().push(REPOSITORY, &tag);
    }
    let digest = shop.world().ecr().push(REPOSITORY, "main-42");
    pass_minutes(&shop, 15);
    look(&shop);
    shop.region.run();
    assert_eq!(shop.region.all_ended().len(), 1);
    assert!(worker(&shop).ends_with(digest.as_str()));
}

#[test]
fn an_image_that_was_rejected_is_asked_for_again_by_another_push_only() {
    let program = program();
    let mut shop = shop(&program);
    shop.act("hold");
    shop.region.run();
    let digest = shop.world().ecr().push(REPOSITORY, "main-42");
    let [first, other] = ["main-42", "main"].map(|tag| pushed(&shop, tag, &digest));
    arrive(&shop, first.clone());
    shop.region.run();
    shop.act("release_hold");
    shop.region.run();
    let rejected = shop.region.all_ended().len();
    arrive(&shop, first);
    arrive(&shop, other);
    shop.region.run();
    assert_eq!(shop.region.all_ended().len(), rejected);
    assert_eq!(shop.runs(), "agent:1");
    pass_minutes(&shop, 1);
    arrive(&shop, pushed(&shop, "main-42", &digest));
    shop.region.run();
    assert_eq!(shop.region.all_ended().len(), rejected + 1);
    assert_eq!(shop.runs(), "agent:2");
    assert_free(&shop);
}

#[test]
fn an_upload_that_cannot_be_served_does_not_stand_in_the_way_of_an_image() {
    let program = program();
    let mut shop = shop(&program);
    look(&shop);
    upload_unheard(&shop, "releases/shop/prod/1.1.0.json", "{");
    shop.world().ecr().push(REPOSITORY, "main-42");
    let denied = Fault::new(FaultName::AccessDenied, "s3:GetObject was refused");
    shop.world().mishaps().refused.insert("s3.get", denied);
    for turn in 0..3 {
        pass_minutes(&shop, 15);
        arrive_in_vain(&shop, scheduled(shop.world().true_time()));
        shop.region.run();
        assert_eq!(shop.region.all_ended().len(), 1, "{turn}");
    }
    assert_eq!(shop.runs(), "agent:2");
    shop.world().mishaps().refused.clear();
    pass_minutes(&shop, 15);
    look(&shop);
    shop.region.run();
    assert_eq!(shop.region.all_ended().len(), 2, "the upload is refused now");
}
