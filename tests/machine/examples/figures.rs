//! Measures what a deployment costs and how sizes count, in process: the real state machine file over the real handlers
//! and the in-memory world. Prints one JSON object; `make bench` reads it.
//!
//! `cargo run --release -p windlass-machine --example figures [deployments]`: the number of deployments in the long
//! history.

#![allow(clippy::expect_used, reason = "a measurement ends where it cannot be taken")]

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use windlass_domain::declaration::kinds::ecs::Strategy;
use windlass_domain::declaration::plan::{ComponentInPlan, KindName, RolloutStage, Watch, plan, waves_of};
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::name::ComponentName;
use windlass_engine::ledger;
use windlass_engine::ports::Shifting;
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_machine::core_time::on_core;
use windlass_machine::many_functions::{functions, serving};
use windlass_machine::program::Program;
use windlass_machine::shop::{ONE_FUNCTION, Shop};
use windlass_machine::shop_stack::{self, FILLED, MOST_RESOURCES};
use windlass_world::run::run;

/// Three components of three kinds, deployed together, with nothing to wait for.
const TOGETHER: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent}
  api: {kind: lambda, function: shop-api, alias: live}
  web: {kind: static_site, bucket: shop-web, distribution: E1}
";

/// A canary that is watched for an hour.
const CANARY: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, alias: live, rollout: {canary: [10], every: 1h}}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The same canary for a service, whose traffic ECS shifts, and for a function, at the same time.
const CANARY_OF_BOTH: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, rollout: canary}
  api: {kind: lambda, function: shop-api, alias: live, rollout: {canary: [10], every: 1h}}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A service whose traffic ECS shifts by the strategy that replaces `STRATEGY`.
const SHIFTED: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, rollout: STRATEGY}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A stack alone.
const STACK: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  infra: {kind: cloudformation, stack: shop-infra, role: windlass-stack-shop, assets: shop-assets}
";

/// The number of times that a short measurement is repeated.
const TIMES: usize = 41;

fn main() {
    let asked = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let program = Program::release().expect("the state machine file");
    // First of all: the most memory of a process is that of all that it ever did.
    let plan_stack_500 = plan_stack(&program);
    let [first, next] = filled(&program);
    let figures = json!({
        "plan_stack_500": plan_stack_500,
        "stack.first": first,
        "stack.next": next,
        "release": release(&program, TOGETHER, &["agent", "api", "web"], None),
        "canary": release(&program, CANARY, &["api"], None),
        "canary_of_both": release(&program, CANARY_OF_BOTH, &["agent", "api"], Some((Strategy::Canary, 100, 60))),
        "blue_green": shifted(&program, Strategy::BlueGreen, 1000, 0),
        "service_canary": shifted(&program, Strategy::Canary, 100, 10),
        "service_linear": shifted(&program, Strategy::Linear, 250, 5),
        "plan_500_ms": plan_500(),
        "components_500": components(&program, 500),
        "components_50": components(&program, 50),
        "history": history(&program, asked.unwrap_or(10_000)),
    });
    println!("{figures}");
}

/// Measures a release of a service that ECS shifts in steps: each step in tenths of a percent and in minutes.
fn shifted(program: &Program, strategy: Strategy, step_tenths: u32, step_min: u32) -> Value {
    let declaration = SHIFTED.replace("STRATEGY", strategy.as_str());
    release(program, &declaration, &["agent"], Some((strategy, step_tenths, step_min)))
}

/// Measures a second release of the components. If `shifts` is given, ECS shifts the service in that way.
fn release(program: &Program, declaration: &str, components: &[&str], shifts: Option<(Strategy, u32, u32)>) -> Value {
    let mut shop = Shop::new(program, declaration);
    if let Some((strategy, step_tenths, step_min)) = shifts {
        let mut services = shop.world().ecs();
        let service = &mut services.service_mut("shop", "agent").service;
        strategy.in_ecs().clone_into(&mut service.strategy);
        service.shifting = Shifting { bake_min: 10, step_tenths, step_min };
    }
    let [_, second] = ["1.0.0", "1.0.1"].map(|version| deploy(program, &mut shop, version, components));
    second
}

/// Measures the release that makes a stack, a function and a bucket and fills both, and the one after it.
fn filled(program: &Program) -> [Value; 2] {
    let mut shop = Shop::new(program, FILLED);
    shop_stack::take_all_away(shop.world());
    ["1.0.0", "1.0.1"].map(|version| deploy(program, &mut shop, version, &["api", "infra", "web"]))
}

/// Measures one release of the components.
fn deploy(program: &Program, shop: &mut Shop<'_>, version: &str, components: &[&str]) -> Value {
    let began = shop.world().clock().now;
    let arn = shop.deploy(version, components);
    shop.region.run();
    let ended = shop.deployment(&arn).ending.expect("an ending");
    let path = shop.region.ended(&arn).expect("an end");
    let path = path.execution.path();
    let cost = ended.cost.expect("a cost");
    json!({
        "ending": ended.ending.to_string(),
        "transitions": path.transitions,
        "estimated": cost.transitions,
        "dollars": cost.dollars,
        "seconds": (shop.world().clock().now.0 - began.0) / 1000,
        "path": path.in_words(program),
    })
}

/// Measures the plan of a stack of which each resource changes: seconds on a core, without the waits for AWS, and the
/// most memory of this process. What the AWS in memory takes is in both.
fn plan_stack(program: &Program) -> Value {
    let mut shop = Shop::new(program, STACK);
    shop_stack::put(shop.world(), "1.0.0-large");
    let mut request = shop.release("1.0.1-large", &["infra"]);
    request["plan"] = true.into();
    let began = on_core();
    let arn = shop.start(&request);
    shop.region.run();
    let took = on_core().saturating_sub(began);
    let planned = run(ledger::require(shop.world(), &ledger::planned(&DeploymentId::planned(&arn)))).expect("a plan");
    let plan = planned.value.drawn.expect("a plan that is drawn").plan;
    let changes = plan.waves.iter().flat_map(|wave| &wave.changes);
    let left = |count: u32| usize::try_from(count).unwrap_or_default();
    let resources: usize = changes.map(|change| change.details.len() + left(change.details_left)).sum();
    assert_eq!(resources, MOST_RESOURCES, "{:?}", plan.findings);
    json!({
        "seconds": took.as_secs_f64(),
        "peak_bytes": most_memory(),
        "largest_item_bytes": largest_item(&shop),
    })
}

/// Returns the most resident memory that this process has had so far, in bytes (Linux, `proc_pid_status`).
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the status of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.expect("the most resident memory") * 1024
}

/// Measures the planning of 500 components, in milliseconds: ten layers, each component after three of the layer before
/// it, each shifted in three steps. It counts the waves, and the waves that each component takes part in.
fn plan_500() -> f64 {
    let name = |n: usize| ComponentName::new(format!("c{n:03}")).expect("a name");
    let stage = |what: &str| RolloutStage {
        what: what.to_owned(),
        bake_s: Some(60),
        ahead: false,
        closing: false,
        look: false,
        tested: false,
        share: None,
        later: BTreeSet::new(),
        timing: None,
        details: Vec::new(),
    };
    let candidates: Vec<ComponentInPlan> = (0..500)
        .map(|n| ComponentInPlan {
            component: name(n),
            kind: KindName::Lambda,
            after: (1..=3).filter_map(|earlier| n.checked_sub(earlier * 17 + 33).map(name)).collect(),
            stages: ["10 %", "50 %", "100 %"].map(stage).to_vec(),
            offsets: vec![],
        })
        .collect();
    median(|| {
        let began = Instant::now();
        let waves = plan(&candidates, Watch::default()).expect("an order");
        let taking_part: usize = candidates.iter().map(|candidate| waves_of(&waves, &candidate.component).len()).sum();
        assert_eq!(taking_part, 1500);
        began.elapsed().as_secs_f64() * 1000.0
    })
}

/// Measures one release of many functions, all in one wave.
fn components(program: &Program, count: usize) -> Value {
    let (names, mut shop) = functions(program, count);
    let components: Vec<&str> = names.iter().map(String::as_str).collect();
    let request = shop.release("1.0.0", &components);
    let began = Instant::now();
    let arn = shop.start(&request);
    shop.region.run();
    let took = began.elapsed();
    let ended = shop.deployment(&arn).ending.expect("an ending");
    json!({
        "ending": ended.ending.to_string(),
        "changed": serving(&shop, &names, "2"),
        "ms": took.as_secs_f64() * 1000.0,
        "request_bytes": request.to_string().len(),
        "largest_item_bytes": largest_item(&shop),
    })
}

/// Returns the size of the largest item, in bytes. DynamoDB takes items of at most 400 KB.
fn largest_item(shop: &Shop<'_>) -> usize {
    let ledger = shop.world().dynamodb();
    let sizes = ledger.items.values();
    sizes.map(|item| json!(item.body).to_string().len()).max().unwrap_or_default()
}

/// Measures a page of the history after few and after many deployments, in milliseconds.
fn history(program: &Program, many: u32) -> Value {
    let mut shop = Shop::new(program, ONE_FUNCTION);
    let mut measured = BTreeMap::new();
    let mut made = 0;
    for after in [10, many] {
        while made < after {
            let arn = shop.deploy(&format!("1.0.{made}"), &["api"]);
            shop.region.run_to_end(&arn);
            made += 1;
            forget_versions(&shop);
        }
        measured.insert(after.to_string(), median(|| page(&shop)));
    }
    json!(measured)
}

/// Removes old versions of the function. A look at a function lists its versions, so otherwise each deployment would
/// take longer than the one before.
fn forget_versions(shop: &Shop<'_>) {
    let mut functions = shop.world().lambda();
    let function = functions.named("shop-api").expect("the function");
    while function.versions.len() > 20 {
        function.versions.pop_first();
    }
}

/// Measures a call for the newest ten deployments, in milliseconds.
fn page(shop: &Shop<'_>) -> f64 {
    let query = [("environment", "prod"), ("limit", "10")];
    let call = ApiCall {
        method: "GET".into(),
        path: "/apps/shop/deployments".into(),
        query: query.map(|(name, value)| (name.into(), value.into())).into(),
        ..ApiCall::default()
    };
    let began = Instant::now();
    let reply = run(handle(shop.world(), call));
    let took = began.elapsed();
    let listed = reply.body["deployments"].as_array().map(Vec::len);
    assert_eq!(listed, Some(10), "{}", reply.body);
    took.as_secs_f64() * 1000.0
}

fn median(mut once: impl FnMut() -> f64) -> f64 {
    let mut times: Vec<f64> = (0..TIMES).map(|_| once()).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
