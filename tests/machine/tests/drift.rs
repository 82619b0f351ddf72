//! Drift: the API shows targets that somebody else changed, for each kind.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::plan::Plan;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::Clock;
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_machine::program::Program;
use windlass_machine::shop::{ALL_KINDS, Shop};
use windlass_machine::shop_stack;
use windlass_machine::shop_world::BOOK;
use windlass_machine::state_paths::program;
use windlass_world::appconfig::named;
use windlass_world::mishaps::When;
use windlass_world::run::run;

const ALL: [&str; 3] = ["agent", "api", "web"];

/// Makes the shop with release 1.0.0 of all three kinds live.
fn live(program: &Program) -> Shop<'_> {
    let mut shop = Shop::new(program, ALL_KINDS);
    shop.deploy("1.0.0", &ALL);
    shop.region.run();
    shop
}

fn environment(shop: &Shop<'_>, observe: &str) -> Value {
    let call = ApiCall {
        method: "GET".into(),
        path: "/apps/shop/environments/prod".into(),
        query: BTreeMap::from([("observe".into(), observe.into())]),
        ..ApiCall::default()
    };
    let reply = run(handle(shop.world(), call));
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

fn observed(shop: &Shop<'_>) -> Value {
    environment(shop, "true")["observed"].clone()
}

/// Returns the drift of each component, in the order of their names.
fn drift(shop: &Shop<'_>) -> Vec<String> {
    let observed = observed(shop);
    let each = observed.as_object().unwrap().values();
    each.map(|one| one["drift"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_windlass_left_has_not_drifted() {
    let program = program();
    let mut shop = live(&program);
    assert_eq!(drift(&shop), ["none"; 3]);
    shop.deploy("1.1.0", &ALL);
    shop.region.run();
    assert_eq!(drift(&shop), ["none"; 3]);
    shop.act("rollback");
    shop.region.run();
    assert_eq!(drift(&shop), ["none"; 3], "{}", observed(&shop));
}

#[test]
fn nothing_is_observed_unless_it_is_asked_for() {
    let program = program();
    let shop = live(&program);
    assert!(environment(&shop, "false").get("observed").is_none());
}

#[test]
fn an_alias_that_somebody_moved_is_shown() {
    let program = program();
    let shop = live(&program);
    let mut functions = shop.world().lambda();
    let api = functions.functions.get_mut("shop-api").unwrap();
    api.aliases.get_mut("live").unwrap().version = "1".into();
    drop(functions);
    assert_eq!(drift(&shop), ["none", "changed", "none"]);
    let api = observed(&shop)["api"].clone();
    assert_ne!(api["seen"], api["recorded"]);
    assert!(api["seen"].as_str().unwrap().contains('1'), "{api}");
}

#[test]
fn a_service_that_somebody_moved_is_shown() {
    let program = program();
    let shop = live(&program);
    let now = shop.world().now();
    let base = shop.world().ecs().put_task_definition(
        &json!({"family": "agent", "containerDefinitions": [{"name": "agent", "image": "other"}]}),
        &BTreeMap::new(),
    );
    let mut services = shop.world().ecs();
    services.update("shop", "agent", &base.arn, now).unwrap();
    drop(services);
    assert_eq!(drift(&shop), ["changed", "none", "none"]);
}

#[test]
fn a_file_that_somebody_wrote_is_shown() {
    let program = program();
    let shop = live(&program);
    let mut objects = shop.world().s3();
    objects.upload("shop-web", "index.html", "<h1>hello from somebody else</h1>");
    drop(objects);
    assert_eq!(drift(&shop), ["none", "none", "changed"]);
    let reason = observed(&shop)["web"]["reason"].clone();
    assert_eq!(reason, "1 file is not as recorded: `index.html`");
}

#[test]
fn a_file_that_somebody_removed_is_shown_by_its_name() {
    let program = program();
    let shop = live(&program);
    let mut objects = shop.world().s3();
    let site = objects.buckets.get_mut("shop-web").unwrap();
    let path = "index.html";
    assert!(site.keys.remove(path).is_some());
    drop(objects);
    assert_eq!(drift(&shop), ["none", "none", "changed"]);
    let reason = observed(&shop)["web"]["reason"].clone();
    assert_eq!(reason, format!("1 file is not as recorded: `{path}`"));
}

#[test]
fn a_target_that_is_gone_has_changed() {
    let program = program();
    let shop = live(&program);
    shop.world().lambda().functions.remove("shop-api");
    let api = observed(&shop)["api"].clone();
    assert_eq!(api["drift"], "changed");
    assert!(api.get("seen").is_none());
    assert!(!api["reason"].as_str().unwrap().is_empty());
}

#[test]
fn what_cannot_be_read_is_unknown_and_the_rest_is_shown() {
    let program = program();
    let shop = live(&program);
    let before = shop.world().mishaps().count();
    drift(&shop);
    let calls = shop.world().mishaps().count() - before;
    let mut unknown = 0;
    for offset in 0..calls {
        let next = shop.world().mishaps().count() + 1 + offset;
        let fault = Fault::new(FaultName::AccessDenied, "you may not");
        shop.world().fail_call(next, When::Before, fault);
        let call = ApiCall {
            method: "GET".into(),
            path: "/apps/shop/environments/prod".into(),
            query: BTreeMap::from([("observe".into(), "true".into())]),
            ..ApiCall::default()
        };
        let reply = run(handle(shop.world(), call));
        let Some(observed) = reply.body.get("observed") else {
            assert_eq!(reply.status, 500, "the ledger itself was not readable");
            continue;
        };
        let each: Vec<&Value> = observed.as_object().unwrap().values().collect();
        let count = |drift: &str| each.iter().filter(|one| one["drift"] == drift).count();
        assert_eq!((count("unknown"), count("none")), (1, 2), "{observed}");
        unknown += 1;
    }
    assert!(unknown > 3, "{unknown} of {calls}");
}

#[test]
fn during_a_deployment_nothing_is_shown() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &ALL);
    assert!(shop.region.run_until(&arn, "Bake"));
    assert_eq!(drift(&shop), ["unknown"; 3]);
    let reason = observed(&shop)["api"]["reason"].clone();
    assert!(reason.as_str().unwrap().contains("is under way"));
}

/// Makes the shop with every kind, each of which changes by itself.
fn whole_shop(program: &Program) -> Shop<'_> {
    let others = "\n  flags: {kind: appconfig, application: shop, environment: prod, profile: flags, \
                 strategy: AppConfig.AllAtOnce}\n  infra: {kind: cloudformation, stack: shop-infra, \
                 role: windlass-stack-shop, assets: shop-assets}\n  book: {kind: external, \
                  function: {name: shop-book, alias: live}, within: 10m}\ngates:";
    let declaration = ALL_KINDS.replace("\ngates:", others);
    let mut shop = Shop::new(program, &declaration);
    for version in ["1.0.0", "1.1.0"] {
        shop.deploy(version, &ALL_SIX);
        shop.region.run();
    }
    shop
}

const ALL_SIX: [&str; 6] = ["agent", "api", "book", "flags", "infra", "web"];

/// Changes every target by hand, as somebody else would.
fn change_all(shop: &Shop<'_>) {
    let world = shop.world();
    let now = world.now();
    let other = json!({"family": "agent", "containerDefinitions": [{"name": "agent", "image": "other"}]});
    let other = world.ecs().put_task_definition(&other, &BTreeMap::new());
    world.ecs().update("shop", "agent", &other.arn, now).unwrap();
    let mut functions = world.lambda();
    let api = functions.functions.get_mut("shop-api").unwrap();
    api.aliases.get_mut("live").unwrap().version = "1".into();
    drop(functions);
    world.s3().upload("shop-web", "index.html", "<h1>hello from somebody else</h1>");
    shop_stack::put(world, "by-hand");
    let mut state = world.appconfig();
    let (shop, prod, profile) = (named("shop").id, named("prod").id, named("flags").id);
    let put = state.profile(&shop, &profile).unwrap().put(None, "{\"flags\":{}}");
    let environment = state.environment(&shop, &prod).unwrap();
    environment.deploy_by_hand(&profile, put, now);
    world.external().of(BOOK).commit(Some("by-hand"), now);
}

/// A plan names somebody else's change before it is overwritten, for each kind and for each action.
#[test]
fn what_somebody_changed_is_listed_by_the_plan_that_changes_it() {
    let program = program();
    for is_changed in [false, true] {
        for action in ["deploy", "rollback"] {
            let mut shop = whole_shop(&program);
            if is_changed {
                change_all(&shop);
            }
            let arn = match action {
                "deploy" => shop.deploy("1.2.0", &ALL_SIX),
                _ => shop.act(action),
            };
            shop.region.run();
            let id = shop.deployment(&arn).id;
            let plan: Stored<Plan> = run(ledger::require(shop.world(), &ledger::plan(&id))).unwrap();
            assert_eq!(plan.value.findings, [], "{action}");
            let warnings = plan.value.warnings.iter();
            let listed = warnings.filter(|one| one.name == FindingName::TargetChangedByOther);
            let mut listed: Vec<&str> = listed.map(|one| one.path.as_str()).collect();
            listed.sort_unstable();
            let wanted = ALL_SIX.map(|name| format!("components.{name}"));
            let wanted = if is_changed { &wanted[..] } else { &[] };
            assert_eq!(listed, wanted, "{action}, changed: {is_changed}");
        }
    }
}
