//! Operators' rollbacks.

use crate::scenarios::healing::moves_alias;
use crate::scenarios::scene::{
    BACK, BOTH, GO, ROLLED_BACK, WAITED, WAVE, assert_free, both, ended, failure, live_with, path, program, serves,
    way_back,
};
use serde_json::json;
use windlass_domain::environment::{Running, Snapshot};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::next_step::NextStep;
use windlass_engine::ledger::{self, Stored};
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::mishaps::When;
use windlass_world::run::run;

fn take_away_version_2(shop: &Shop<'_>, function: &str) {
    let mut functions = shop.world().lambda();
    let function = functions.named(function).unwrap();
    assert!(function.versions.remove(&2).is_some());
}

#[test]
fn pressing_it_twice_walks_further_back() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
    for version in ["3", "2"] {
        let rollback = shop.act("rollback");
        shop.region.run();
        assert_eq!(shop.path(&rollback), way_back());
        assert_eq!(serves(&shop), both(version));
        assert_free(&shop);
    }
    let third = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.path(&third), "Admit Admitted Rejected");
    let (error, cause) = failure(&shop, &third);
    assert_eq!(error, "NothingToGoBackTo");
    let first = cause.lines().next().unwrap();
    assert!(first.starts_with("automatic deployments are held since"), "{cause}");
    assert!(first.contains(r#""action":"release_hold""#), "{cause}");
    assert_eq!(serves(&shop), both("2"));
    assert!(shop.environment().hold.is_some());
    let running = shop.environment().running;
    assert!(running.values().all(|running| running.version() == "1.0.0"));
}

/// Somebody has put the aliases back by hand before the operator asked.
#[test]
fn one_that_finds_its_goal_in_place_walks_further_back_the_next_time() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
    for function in ["shop-api", "shop-jobs"] {
        let mut functions = shop.world().lambda();
        let function = functions.named(function).unwrap();
        function.aliases.get_mut("live").unwrap().version = "3".into();
    }
    let pressed = shop.world().clock().now;
    let first = shop.act("rollback");
    shop.region.run();
    let first = ended(&shop, &first);
    assert_eq!((first.ending, first.cause_name.as_str()), (Ending::NothingToDo, "NothingChanged"));
    assert!(first.cause.written().starts_with("Nothing was changed: shop prod is at 1.1.0"), "{:?}", first.cause);
    let running = shop.environment().running;
    assert!(running.values().all(|running| running.version() == "1.1.0"));
    assert!(running.values().all(|running| running.names.now.since >= pressed));
    let second = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.path(&second), way_back());
    assert_eq!(serves(&shop), both("2"));
    let third = shop.act("rollback");
    shop.region.run();
    assert_eq!(failure(&shop, &third).0, "NothingToGoBackTo");
}

/// The others stay as they run. Nobody has judged the two together, and a rollback of all brings the other one there.
#[test]
fn one_component_goes_back_alone() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
    let present = shop.environment().snapshot;
    let back = |shop: &mut Shop<'_>, component: &str| {
        let arn = shop
            .start(&json!({"action": "rollback", "app": "shop", "environment": "prod", "component": component,
            "reason": "it answers nonsense"}));
        shop.region.run();
        assert_free(shop);
        arn
    };
    let unknown = back(&mut shop, "web");
    assert_eq!(failure(&shop, &unknown).0, "UnknownName");
    assert!(shop.environment().hold.is_none(), "a slip of the pen holds nothing");
    let first = back(&mut shop, "api");
    let done = ended(&shop, &first);
    assert_eq!(done.ending, Ending::Succeeded, "{done:?}");
    assert!(done.cause.written().starts_with("api of shop prod is back at 1.1.0 (snapshot "), "{:?}", done.cause);
    assert_eq!(serves(&shop), ("3".into(), "4".into()));
    let environment = shop.environment();
    assert!(environment.hold.is_some());
    let versions: Vec<&str> = environment.running.values().map(Running::version).collect();
    assert_eq!(versions, ["1.1.0", "1.2.0"]);
    let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    let key = ledger::snapshot(EnvironmentId::new(&app, &prod), environment.snapshot);
    let made: Stored<Snapshot> = run(ledger::require(shop.world(), &key)).unwrap();
    assert_eq!((&made.value.release, made.value.replaced), (&None, present - 1));
    assert_eq!(made.value.components, environment.running);
    back(&mut shop, "api");
    assert_eq!(serves(&shop), ("2".into(), "4".into()), "further back");
    shop.act("rollback");
    shop.region.run();
    assert_eq!(serves(&shop), both("2"));
    // Somebody has put it there by hand: what is recorded follows, and the rollback says that it changed nothing.
    shop.act("release_hold");
    shop.region.run();
    let deployed = shop.deploy("1.3.0", &BOTH);
    shop.region.run();
    assert_eq!(ended(&shop, &deployed).ending, Ending::Succeeded);
    moves_alias(&shop, "shop-api", "2");
    let last = back(&mut shop, "api");
    assert_eq!(ended(&shop, &last).cause_name, "NothingChanged");
    let running = shop.environment().running;
    let versions: Vec<&str> = running.values().map(Running::version).collect();
    assert_eq!(versions, ["1.0.0", "1.3.0"]);
}

/// Somebody has put one of two aliases back by hand. The snapshot of the rollback says what runs of both.
#[test]
fn one_that_finds_a_part_of_its_goal_in_place_is_gone_back_to_as_a_whole() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
    {
        let mut functions = shop.world().lambda();
        let function = functions.named("shop-jobs").unwrap();
        function.aliases.get_mut("live").unwrap().version = "3".into();
    }
    let first = shop.act("rollback");
    shop.region.run();
    assert_eq!(ended(&shop, &first).ending, Ending::Succeeded);
    let running = shop.environment().running;
    assert!(running.values().all(|running| running.version() == "1.1.0"));
    assert_eq!(serves(&shop), both("3"));
    let fix = shop.deploy("1.3.0", &BOTH);
    shop.act("release_hold");
    shop.region.run();
    assert_eq!(ended(&shop, &fix).ending, Ending::Succeeded);
    shop.act("rollback");
    shop.region.run();
    assert_eq!(serves(&shop), both("3"), "and not 4");
}

#[test]
fn one_that_is_pressed_while_another_runs_waits_and_walks_further_back() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
    let first = shop.act("rollback");
    assert!(shop.region.run_until(&first, "Judge"));
    let second = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.path(&first), way_back());
    assert_eq!(shop.path(&second), path(&[WAITED, &way_back()]));
    assert_eq!(shop.deployment(&first).release.version, "1.1.0");
    assert_eq!(shop.deployment(&second).release.version, "1.0.0");
    assert_eq!(serves(&shop), both("2"));
    assert_free(&shop);
}

#[test]
fn what_is_gone_is_named_and_nothing_changes() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    take_away_version_2(&shop, "shop-api");
    take_away_version_2(&shop, "shop-jobs");
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.path(&rollback), path(&[GO, "Settle Ended Rejected"]));
    let (error, cause) = failure(&shop, &rollback);
    assert_eq!(error, "ArtifactMissing");
    assert!(cause.starts_with("automatic deployments are held since"), "{cause}");
    for function in ["shop-api", "shop-jobs"] {
        let gone = format!("The version 2 of {function} is no longer there");
        assert!(cause.contains(&gone), "{cause}");
    }
    assert_eq!(ended(&shop, &rollback).findings.len(), 2);
    assert_eq!(serves(&shop), both("3"));
    assert_free(&shop);
}

/// The input that a refusal names can be started as it stands, and goes there.
#[test]
fn one_that_cannot_go_to_the_snapshot_before_names_the_newest_that_it_can_reach() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
    assert!(shop.world().lambda().named("shop-api").unwrap().versions.remove(&3).is_some());
    let refused = shop.act("rollback");
    shop.region.run();
    let findings = ended(&shop, &refused).findings;
    assert_eq!(findings.iter().map(|one| one.name).collect::<Vec<_>>(), [FindingName::ArtifactMissing]);
    assert!(findings[0].remedy.written().contains(" (1.0.0) can be reached: start "), "{findings:?}");
    let Some(NextStep::Start(input)) = findings[0].remedy.steps().last() else {
        panic!("{findings:?}");
    };
    let back = shop.start(&serde_json::from_str(&input.to_string()).unwrap());
    shop.region.run();
    assert_eq!((ended(&shop, &back).ending, serves(&shop)), (Ending::Succeeded, both("2")));
}

#[test]
fn one_that_can_go_nowhere_names_what_was_tried() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
    for version in [2, 3] {
        assert!(shop.world().lambda().named("shop-api").unwrap().versions.remove(&version).is_some());
    }
    let refused = shop.act("rollback");
    shop.region.run();
    let remedy = ended(&shop, &refused).findings[0].remedy.written();
    assert!(remedy.ends_with("None of the others that passed and were tried can be reached: 2."), "{remedy}");
}

/// After the same bytes were deployed once more, such as to mend what somebody changed, a rollback brings others.
#[test]
fn a_rollback_passes_by_snapshots_that_have_what_runs() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let mut again = shop.release("1.1.0", &BOTH);
    again["again"] = true.into();
    again["reason"] = "somebody moved it".into();
    let mut functions = shop.world().lambda();
    functions.named("shop-api").unwrap().aliases.get_mut("live").unwrap().version = "2".into();
    drop(functions);
    let mended = shop.start(&again);
    shop.region.run();
    assert_eq!((ended(&shop, &mended).ending, serves(&shop)), (Ending::Succeeded, both("3")));
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!((ended(&shop, &rollback).ending, serves(&shop)), (Ending::Succeeded, both("2")));
}

/// A component that stays as it is asks nothing of its way back, so that it refuses no other one's.
#[test]
fn a_rollback_of_one_function_only_warns_of_another_that_stays() {
    let program = program();
    for somebody_moved_it in [false, true] {
        let mut shop = live_with(&program, &["1.0.0"]);
        shop.deploy("1.1.0", &["api"]);
        shop.region.run();
        let mut functions = shop.world().lambda();
        let jobs = functions.functions.get_mut("shop-jobs").unwrap();
        jobs.tags.clear();
        if somebody_moved_it {
            jobs.aliases.get_mut("live").unwrap().version = "1".into();
        }
        drop(functions);
        let rollback = shop.act("rollback");
        shop.region.run();
        let record = ended(&shop, &rollback);
        if somebody_moved_it {
            // What does not show what the snapshot has is not passed by.
            let found: Vec<(FindingName, &str)> =
                record.findings.iter().map(|one| (one.name, one.path.as_str())).collect();
            assert_eq!(record.ending, Ending::Rejected);
            assert_eq!(found, [(FindingName::TargetNotOurs, "components.jobs.function")]);
            continue;
        }
        assert_eq!(record.ending, Ending::Succeeded, "{record:?}");
        let plan = ledger::plan(&shop.deployment(&rollback).id);
        let plan = run(ledger::require(shop.world(), &plan)).unwrap();
        let warned = plan.value.warnings;
        let names: Vec<(FindingName, &str)> = warned.iter().map(|one| (one.name, one.path.as_str())).collect();
        assert!(names.contains(&(FindingName::TargetNotOurs, "components.jobs.function")), "{names:?}");
        assert_free(&shop);
    }
}

/// The look at a component that stays is made again where it is throttled for a moment. Where it is refused, the
/// rollback lacks the right to look, and nothing else is known to be in its way.
#[test]
fn a_rollback_past_what_stays_bears_a_throttle_of_any_look_and_names_a_right_that_it_lacks() {
    let program = program();
    let staying = || {
        let mut shop = live_with(&program, &["1.0.0"]);
        shop.deploy("1.1.0", &["api"]);
        shop.region.run();
        shop.world().lambda().functions.get_mut("shop-jobs").unwrap().tags.clear();
        shop
    };
    let mut plain = staying();
    let before = plain.world().mishaps().calls.len();
    plain.act("rollback");
    plain.region.run();
    let calls = plain.world().mishaps().calls.split_off(before);
    let looks = (1..).zip(calls).filter(|(_, call)| call.starts_with("lambda."));
    let looks: Vec<(u64, &str)> = looks.collect();
    assert!(looks.len() > 4, "{looks:?}");
    let mut rejected = 0;
    for (nth, call) in looks {
        let failing = |name: FaultName| {
            let mut shop = staying();
            let at = shop.world().mishaps().count() + nth;
            shop.world().fail_call(at, When::Before, Fault::new(name, "not now"));
            let rollback = shop.act("rollback");
            shop.region.run();
            (ended(&shop, &rollback), serves(&shop))
        };
        let (record, served) = failing(FaultName::Throttled);
        assert_eq!(record.ending, Ending::Succeeded, "{call}: {record:?}");
        assert_eq!(served, both("2"), "{call}");
        let (record, _) = failing(FaultName::AccessDenied);
        if record.ending == Ending::Rejected {
            let is_right = record.findings.iter().all(|one| one.name == FindingName::NoPermission);
            assert!(is_right, "{call}: {record:?}");
            rejected += 1;
        }
    }
    assert!(rejected > 4, "only {rejected} were rejected");
}

#[test]
fn a_named_snapshot_is_gone_back_to_past_a_newer_one() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
    let rollback = shop.start(&json!({
        "action": "rollback", "app": "shop", "environment": "prod", "reason": "1.1.0 leaks",
        "snapshot": 2
    }));
    shop.region.run();
    assert_eq!(shop.path(&rollback), way_back());
    assert_eq!(serves(&shop), both("2"));
    let further = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.path(&further), "Admit Admitted Rejected");
    assert_free(&shop);
}

#[test]
fn the_first_deployment_is_undone_and_that_is_what_was_asked_for() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let first = shop.deploy("1.0.0", &BOTH);
    assert!(shop.region.run_until(&first, "Bake"));
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(ended(&shop, &first).ending, Ending::RolledBack);
    let preempting = "Admit Admitted Preempt AwaitTurn";
    let wanted = path(&[preempting, "Admit Admitted Succeeded"]);
    assert_eq!(shop.path(&rollback), wanted);
    assert_eq!(ended(&shop, &rollback).ending, Ending::Succeeded);
    assert_eq!(serves(&shop), both("1"));
    assert_free(&shop);
    let further = shop.act("rollback");
    shop.region.run();
    let (error, cause) = failure(&shop, &further);
    assert_eq!(error, "NothingToGoBackTo");
    assert!(cause.contains("Nothing was deployed here yet"), "{cause}");
}

#[test]
fn one_that_fails_is_undone_itself_and_vetoes_nothing() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    let rollback = shop.act("rollback");
    // The way back is in reverse: `api` is back, and `jobs` is next.
    assert!(shop.region.run_until(&rollback, "Judge"));
    assert_eq!(serves(&shop), ("2".into(), "3".into()));
    take_away_version_2(&shop, "shop-jobs");
    shop.region.run();
    let failed = "Change(Begin Deploy) Changed";
    let wanted = path(&[GO, WAVE, failed, BACK, BACK, ROLLED_BACK]);
    assert_eq!(shop.path(&rollback), wanted);
    assert_eq!(ended(&shop, &rollback).ending, Ending::RolledBack);
    assert_eq!(serves(&shop), both("3"));
    assert!(!shop.has("veto#"));
    assert!(shop.environment().hold.is_some());
    assert_free(&shop);
}
