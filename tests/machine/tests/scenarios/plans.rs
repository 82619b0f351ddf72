//! Plans: nothing is changed, no lock is taken, and the deployment that follows does what was planned.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::LockHolder;
use windlass_domain::environment::kept::Irreversible;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::planned::{Becomes, KEPT_S, Planned, hash, target_of};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::ports::DynamoDbApi;
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, ALL_KINDS, FUNCTIONS, ONE_FUNCTION, Shop};
use windlass_world::run::run;

fn load<T: serde::de::DeserializeOwned>(shop: &Shop<'_>, key: &ledger::ItemKey<T>) -> T {
    let stored = run(ledger::require(shop.world(), key)).unwrap();
    stored.value
}

fn planning(mut request: Value) -> Value {
    request["plan"] = json!(true);
    request
}

/// Starts a plan and lets it end. Returns the record of it.
fn plan(shop: &mut Shop<'_>, request: Value) -> Planned {
    let arn = shop.start(&planning(request));
    shop.region.run();
    assert_eq!(shop.path(&arn), "Admit Admitted Plan Drawn Planned");
    load(shop, &planned_of(&arn))
}

/// Returns everything in the ledger, but plans.
fn ledger(shop: &Shop<'_>) -> Vec<(String, u64)> {
    let ledger = shop.world().dynamodb();
    let items = ledger.items.iter();
    let items = items.filter(|(key, _)| key.sk != "planned");
    items.map(|(key, item)| (format!("{} {}", key.pk, key.sk), item.rev)).collect()
}

fn steps(shop: &Shop<'_>, id: &DeploymentId) -> Vec<Step> {
    let steps = run(ledger::load_all(shop.world(), &ledger::steps(id))).unwrap();
    steps.into_iter().map(|step| step.value).collect()
}

#[test]
fn the_deployment_that_follows_does_what_was_planned() {
    let program = Program::release().unwrap();
    for (declaration, components) in
        [(ONE_FUNCTION, &["api"][..]), (FUNCTIONS, &["api", "jobs"]), (ALL_KINDS, &["agent", "api", "web"])]
    {
        let mut shop = Shop::new(&program, declaration);
        shop.deploy("1.0.0", components);
        shop.region.run();
        let request = shop.release("1.0.1", components);
        let before = (ledger(&shop), shop.serves("shop-api"), shop.runs(), shop.page());
        let planned = plan(&mut shop, request.clone());
        let again = plan(&mut shop, request.clone());
        let after = (ledger(&shop), shop.serves("shop-api"), shop.runs(), shop.page());
        assert_eq!(before, after);
        assert_eq!(planned.turn.becomes, Becomes::Goes);
        let kept_ms = planned.expires.ms_since(planned.deployment.accepted);
        assert_eq!(kept_ms / 1000, KEPT_S);
        let drawn = planned.drawn.unwrap();
        assert_eq!(again.drawn.unwrap().hash, drawn.hash);
        let alarm = drawn.gates.iter().find(|one| one.gate == ALARM).unwrap();
        assert_eq!(alarm.verdict, Some(Verdict::Pass));

        let arn = shop.start(&request);
        shop.region.run();
        let deployment = shop.deployment(&arn);
        let plan: Plan = load(&shop, &ledger::plan(&deployment.id));
        assert_eq!(json!(drawn.plan), json!(plan));
        let targets: BTreeMap<ComponentName, Value> =
            steps(&shop, &deployment.id).into_iter().map(|step| (step.component.clone(), target_of(&step))).collect();
        assert_eq!(drawn.hash, hash(&deployment, &plan, &targets, (&drawn.changes, &Irreversible::new())));
        let named: Vec<&str> = drawn.changes.keys().map(ComponentName::as_str).collect();
        assert_eq!(named, components);
        for change in drawn.changes.values() {
            let from = change.from.as_ref().unwrap();
            assert_eq!((from.version.as_str(), change.to.version.as_str()), ("1.0.0", "1.0.1"));
        }
        // The waits for AWS are not in the estimate.
        let made = shop.region.ended(&arn).unwrap().execution.path().transitions;
        let estimated = drawn.cost.transitions;
        assert!(estimated <= made && made < estimated + 12, "{estimated} {made}");
    }
}

#[test]
fn a_plan_names_what_no_gate_measures() {
    let program = Program::release().unwrap();
    let (without, _) = FUNCTIONS.split_once("gates:").unwrap();
    let jobs = "function: shop-jobs, alias: live";
    let of_jobs = without.replace(jobs, &format!("{jobs}, gates: {{alarms: [{ALARM}]}}")) + "gates: {bake: 2m}\n";
    for (declaration, wanted) in [(without, &["api", "jobs"][..]), (of_jobs.as_str(), &["api"]), (FUNCTIONS, &[])] {
        let mut shop = Shop::new(&program, declaration);
        let request = shop.release("1.0.0", &["api", "jobs"]);
        let drawn = plan(&mut shop, request).drawn.unwrap();
        let unmeasured: Vec<&str> = drawn.unmeasured.iter().map(ComponentName::as_str).collect();
        assert_eq!(unmeasured, wanted, "{declaration}");
    }
}

fn planned_of(arn: &str) -> ledger::ItemKey<Planned> {
    ledger::planned(&DeploymentId::planned(arn))
}

/// Returns the time until which the ledger keeps the item of a plan.
fn kept_until(shop: &Shop<'_>, arn: &str) -> Option<Time> {
    let item = run(shop.world().get(&planned_of(arn))).unwrap();
    item.unwrap().expires
}

#[test]
fn the_ledger_keeps_a_plan_for_a_day_before_and_after_it_is_drawn() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ONE_FUNCTION);
    let request = planning(shop.release("1.0.0", &["api"]));
    let arn = shop.start(&request);
    assert!(shop.region.run_until(&arn, "Plan"));
    let planned: Planned = load(&shop, &planned_of(&arn));
    assert!(planned.drawn.is_none());
    let wanted = planned.deployment.accepted.plus_s(KEPT_S);
    assert_eq!(kept_until(&shop, &arn), Some(wanted));
    shop.region.run();
    let planned: Planned = load(&shop, &planned_of(&arn));
    assert!(planned.drawn.is_some());
    assert_eq!(kept_until(&shop, &arn), Some(wanted));
}

#[test]
fn a_plan_is_drawn_though_others_were_in_the_way() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ONE_FUNCTION);
    let request = planning(shop.release("1.0.0", &["api"]));
    let arn = shop.start(&request);
    assert!(shop.region.run_until(&arn, "Plan"));
    shop.world().dynamodb().busy = 3;
    shop.region.run();
    let planned: Planned = load(&shop, &planned_of(&arn));
    assert!(planned.drawn.is_some());
    assert_eq!(shop.world().dynamodb().busy, 0);
}

#[test]
fn a_plan_says_what_would_refuse_the_release() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ONE_FUNCTION);
    shop.deploy("1.0.0", &["api"]);
    shop.region.run();
    shop.act("hold");
    shop.region.run();
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    let request = shop.release("1.0.1", &["api"]);
    let planned = plan(&mut shop, request);
    assert_eq!(planned.turn.becomes, Becomes::Refused);
    assert_eq!(planned.turn.findings[0].name.to_string(), "Held");
    // The plan shows beside it what the targets say.
    let drawn = planned.drawn.unwrap();
    assert_eq!(drawn.outcome(), PlanOutcome::Rejected);
    assert_eq!(drawn.plan.findings[0].name.to_string(), "GateAlreadyRed");
}

#[test]
fn a_plan_takes_no_turn_and_names_who_has_it() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ONE_FUNCTION);
    let first = shop.deploy("1.0.0", &["api"]);
    assert!(shop.region.run_until(&first, "Bake"));
    let held: Option<LockHolder> = shop.lock().held;
    let request = shop.release("1.0.1", &["api"]);
    let planned = plan(&mut shop, request);
    assert_eq!(planned.turn.becomes, Becomes::Waits);
    let id = held.unwrap().deployment.to_string();
    assert!(planned.turn.text.written().contains(&id), "{:?}", planned.turn.text);
}

#[test]
fn a_rollback_is_planned_without_a_reason_and_without_a_hold() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ONE_FUNCTION);
    let back = json!({"action": "rollback", "app": "shop", "environment": "prod"});
    let nowhere = plan(&mut shop, back.clone());
    assert_eq!(nowhere.turn.becomes, Becomes::Refused);
    assert_eq!(nowhere.drawn.unwrap().outcome(), PlanOutcome::Rejected);
    for version in ["1.0.0", "1.0.1"] {
        shop.deploy(version, &["api"]);
        shop.region.run();
    }
    let planned = plan(&mut shop, back);
    assert_eq!(planned.turn.becomes, Becomes::Goes);
    assert!(shop.environment().hold.is_none());
    let drawn = planned.drawn.unwrap();
    let change = drawn.changes.values().next().unwrap();
    assert_eq!(change.from.as_ref().unwrap().version, "1.0.1");
    assert_eq!(change.to.version, "1.0.0");
    let arn = shop.act("rollback");
    shop.region.run();
    let plan: Plan = load(&shop, &ledger::plan(&shop.deployment(&arn).id));
    assert_eq!(json!(drawn.plan), json!(plan));
}

#[test]
fn only_what_changes_targets_can_be_planned() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ONE_FUNCTION);
    let request = json!({"action": "hold", "app": "shop", "environment": "prod", "reason": "so", "plan": true});
    let arn = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&arn), "Admit Admitted Rejected");
    assert!(!shop.has("state"));
}
