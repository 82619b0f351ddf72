//! Tests of plans.

use crate::prepare::scene::{
    DECLARATION, NEW, OLD, bring, function, new_release, plan, prepare, shop, step, upload, waves_in_words,
};
use crate::stage::{app, component, id, prod};
use serde_json::{Value, json};
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::declaration::tenancy::ResourceClaims;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::{EnvironmentState, GivenVersion, Lock, Running};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::planned::{ArrivalFate, Becomes, Planned};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::{PlannerInput, Transition};
use windlass_engine::ports::{AssumeRole, Clock};
use windlass_engine::prepare::handle;
use windlass_world::run::run;

/// Safety: intent: A release is planned, and its intent is written before anything changes.
#[test]
fn a_release_is_planned_and_its_intent_written() {
    let stage = new_release();
    let answer = prepare(&stage).unwrap();
    assert_eq!((answer.verdict, answer.wave), (Transition::Change, 0));
    assert_eq!(answer.items.len(), 1);
    assert_eq!(answer.items[0].component, component("worker"));
    let plan = plan(&stage);
    let new = Digest::of(NEW);
    let words = |text: &str| text.replace("NEW", &format!("sha256:{}", new.short()));
    assert_eq!(
        waves_in_words(&plan),
        [
            (words("worker alias live to NEW"), 60),
            (words("api alias live to 10 % of NEW"), 300),
            (words("api alias live to NEW"), 600),
        ]
    );
    let api = step(&stage, "api").unwrap();
    assert_eq!(api.goals.keys().copied().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(api.before["goal"]["back"]["alias"]["version"], "1");
    let target = "arn:aws:lambda:eu-west-1:111111111111:function:shop-api-prod";
    let claims: ResourceClaims = stage.get(&ledger::target(target)).unwrap();
    let held: Vec<&ComponentName> = claims.held.iter().map(|it| &it.owner.component).collect();
    assert_eq!(held, [&component("api")]);
}

/// Returns the milliseconds that `Prepare` takes, so many seconds after the deployment before. The ledger says that
/// `api` was left with this version.
fn takes(since_s: u64, version: &str) -> u64 {
    let rehearsal = new_release();
    prepare(&rehearsal).unwrap();
    let stage = new_release();
    let mut known: EnvironmentState = stage.get(&ledger::state(EnvironmentId::new(&app(), &prod()))).unwrap();
    for name in ["api", "worker"] {
        let mut left = step(&rehearsal, name).unwrap().before;
        if name == "api" {
            left["noticed"]["value"]["version"] = version.into();
        }
        let running = Running::new(
            None,
            GivenVersion {
                version: "1.3.0".into(),
                deployment: id(),
                since: stage.world.now(),
                git: None,
                released_by: None,
            },
            left,
        );
        known.running.insert(component(name), running);
    }
    stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &known);
    let mut lock: Lock = stage.get(&ledger::lock(EnvironmentId::new(&app(), &prod()))).unwrap();
    lock.freed = Some(stage.world.now());
    stage.put(ledger::lock(EnvironmentId::new(&app(), &prod())), &lock);
    stage.pass_seconds(since_s);
    let began = stage.world.now();
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Change);
    stage.world.now().ms_since(began)
}

/// Safety: late looks: No plan is made upon a look that may be older than what the deployment before has just changed.
#[test]
fn what_is_not_as_the_deployment_before_left_it_is_looked_at_again() {
    assert_eq!(takes(5, "1"), 0);
    assert_eq!(takes(5, "9"), 15_000);
    assert_eq!(takes(20, "9"), 0);
}

/// Safety: late looks: A target that is not there yet is looked for again before it is refused.
#[test]
fn a_target_that_is_not_there_yet_is_looked_for_again() {
    for (since_s, took) in [(5, 15_000), (20, 0)] {
        let stage = new_release();
        stage.world.lambda().functions.remove("shop-api-prod");
        let mut lock: Lock = stage.get(&ledger::lock(EnvironmentId::new(&app(), &prod()))).unwrap();
        lock.freed = Some(stage.world.now());
        stage.put(ledger::lock(EnvironmentId::new(&app(), &prod())), &lock);
        stage.pass_seconds(since_s);
        let began = stage.world.now();
        assert_eq!(prepare(&stage).unwrap().verdict, Transition::Settle);
        assert_eq!(stage.world.now().ms_since(began), took);
    }
}

#[test]
fn only_what_differs_is_changed_and_nothing_needs_no_gates() {
    let stage = shop(DECLARATION, OLD, NEW);
    prepare(&stage).unwrap();
    assert_eq!(plan(&stage).unchanged[0].component, component("worker"));
    assert!(step(&stage, "worker").is_none());

    let stage = shop(DECLARATION, OLD, OLD);
    stage.world.set_alarm("shop-prod-5xx", "ALARM", &[9.0]);
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Settle);
    let plan = plan(&stage);
    assert_eq!((plan.outcome, plan.waves.len()), (PlanOutcome::NothingToDo, 0));
    assert_eq!(plan.unchanged.len(), 2);
}

/// A component that the release names and that was found in place is handed on, unless its bytes are recorded already.
#[test]
fn what_was_found_in_place_is_handed_on_where_it_is_new() {
    for (release, recorded) in [(NEW, None), (OLD, None), (NEW, Some(NEW)), (NEW, Some(OLD))] {
        let stage = shop(DECLARATION, OLD, release);
        let artifact = &stage.record.release.components[&component("worker")];
        let running = recorded.map(|bytes| {
            Running::new(
                Some(match bytes {
                    OLD => artifact.clone(),
                    _ => upload(&stage, "worker", NEW),
                }),
                GivenVersion {
                    version: "1.3.0".into(),
                    deployment: id(),
                    since: Time(0),
                    git: None,
                    released_by: None,
                },
                Value::Null,
            )
        });
        let environment = EnvironmentState {
            running: running.map(|it| (component("worker"), it)).into_iter().collect(),
            snapshot: 1,
            last_snapshot: 1,
            ..EnvironmentState::default()
        };
        stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &environment);
        prepare(&stage).unwrap();
        let seen: Option<Step> = stage.get(&ledger::seen(&id(), &component("worker")));
        let is_new = recorded != Some(OLD);
        assert_eq!(seen.is_some(), is_new, "{release:?} {recorded:?}");
        let Some(seen) = seen else { continue };
        assert_eq!(seen.before["goal"]["back"]["alias"]["version"], "1");
        assert_eq!((seen.seen.as_ref(), &seen.goals[&0]), (Some(&seen.before), &seen.before["goal"]));
        let [claim] = seen.claims.as_slice() else {
            panic!("{seen:?}");
        };
        assert!(claim.resource.ends_with("shop-worker-prod"), "{claim}");
        assert!(!seen.status.may_have_changed() && !seen.target.is_null());
        let api: Option<Step> = stage.get(&ledger::seen(&id(), &component("api")));
        assert_eq!(api.is_some(), release == OLD, "the one that is changed has a step");
    }
}

#[test]
fn many_components_are_written_in_several_transactions() {
    let mut declaration = DECLARATION.to_owned();
    let mut more = String::new();
    let names: Vec<String> = (0..60).map(|number| format!("f{number}")).collect();
    for name in &names {
        more.push_str(&format!("  {name}: {{kind: lambda, function: shop-{name}-prod, alias: live}}\n"));
    }
    declaration = declaration.replace("components:\n", &format!("components:\n{more}"));
    let mut stage = shop(&declaration, NEW, NEW);
    for name in &names {
        bring(&mut stage, name, NEW);
    }
    stage.write_record();
    assert_eq!(prepare(&stage).unwrap().items.len(), 61);
    let calls = stage.world.mishaps().calls.clone();
    let writes = calls.iter().filter(|call| **call == "dynamodb.transact");
    assert_eq!(writes.count(), 3);
}

#[test]
fn an_environment_with_a_role_is_reached_by_it_for_this_deployment() {
    let role = "arn:aws:iam::222222222222:role/windlass-target";
    let with_role = format!("prod: {{deploy: {{branch: main}}, region: eu-west-2, role_arn: \"{role}\"}}");
    let declaration = DECLARATION.replace("prod: {deploy: {branch: main}}", &with_role);
    let stage = shop(&declaration, NEW, NEW);
    function(&stage, "api");
    let there = Place::default().in_region(Some("eu-west-2"));
    let there = stage.world.at(&there);
    there.set_alarm("shop-prod-5xx", "OK", &[0.0]);
    prepare(&stage).unwrap();
    let place = step(&stage, "api").unwrap().place;
    assert_eq!(place.region.as_deref(), Some("eu-west-2"));
    let reached = place.role.unwrap();
    assert_eq!((reached.arn.as_str(), reached.external_id.as_str()), (role, "shop/prod"));
    assert_eq!(reached.session_name, id().as_str());
}

#[test]
fn a_declaration_that_cannot_be_read_any_more_is_a_fault() {
    let stage = new_release();
    let key = ledger::declaration(&app(), &stage.record.declaration);
    let mut declared: Declared = stage.get(&key).unwrap();
    declared.text = "app: [".into();
    stage.put(key, &declared);
    let fault = prepare(&stage).unwrap_err();
    assert_eq!(fault.name, FaultName::Internal);
    assert!(fault.message.contains("declaration 1.0.0 of shop cannot be read for prod"), "{fault}");
}

#[test]
fn what_is_approved_gives_its_turn_back_where_a_declaration_was_put_in_force_meanwhile() {
    let newer = DECLARATION.replace("version: 1.0.0", "version: 1.1.0");
    // Whether one is put in force, and whether the release has named its own.
    for (is_put, is_named, wanted) in
        [(false, false, Transition::Change), (true, false, Transition::GiveBack), (true, true, Transition::Change)]
    {
        let mut stage = new_release();
        let turn = ArrivalFate::new(Becomes::Waits, "It waits.");
        let deployment = stage.record.clone();
        let planned = Planned { deployment, turn, expires: Time(99_999_999), drawn: None, before: None };
        stage.put(ledger::planned(&id()), &planned);
        run(handle(&stage.world, PlannerInput::Plan(stage.caller()))).unwrap();
        let planned: Planned = stage.get(&ledger::planned(&id())).unwrap();
        let approval = json!({"hash": planned.drawn.unwrap().hash, "since": 0, "until": 1, "goes": true});
        stage.record.approval = Some(serde_json::from_value(approval).unwrap());
        stage.record.names_declaration = is_named;
        stage.write_record();
        if is_put {
            let declared = Declared::new(&Declaration::parse(&newer).unwrap(), newer.as_str(), Time(0), None);
            stage.put(ledger::declaration_in_force(&app()), &declared);
        }
        assert_eq!(prepare(&stage).unwrap().verdict, wanted, "{is_put} {is_named}");
    }
}
