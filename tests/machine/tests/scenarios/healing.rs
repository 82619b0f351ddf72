//! Components that have drifted and are declared `heal: restore` are brought back to what is recorded.

use crate::scenarios::scene::{BOTH, assert_free, both, declare, pass_minutes, program, serves};
use serde_json::json;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{EnvironmentState, Hold};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Route;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::{Clock, DynamoDbApi, Transacted};
use windlass_machine::program::Program;
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::cloudtrail::Event;
use windlass_world::run::run;

/// Returns the declaration of both functions, with this `heal` for `api`.
fn declaration(heal: &str) -> String {
    FUNCTIONS.replace("after: [jobs]", &format!("after: [jobs], heal: {heal}"))
}

/// Makes the shop with 1.0.0 live and looked at, in which `api` is to be restored.
pub fn healing(program: &Program) -> Shop<'_> {
    let mut shop = Shop::new(program, &declaration("restore"));
    shop.deploy("1.0.0", &BOTH);
    shop.region.run();
    schedule_for(&mut shop, 65);
    assert_eq!(serves(&shop), both("2"));
    shop
}

/// Runs the schedule every five minutes for so many minutes. The executions that it starts end meanwhile.
pub fn schedule_for(shop: &mut Shop<'_>, minutes: u64) {
    for _ in 0..minutes / 5 {
        pass_minutes(shop, 5);
        shop.region.scheduled();
        shop.region.run();
    }
}

pub fn moves_alias(shop: &Shop<'_>, function: &str, version: &str) {
    let mut functions = shop.world().lambda();
    let function = functions.functions.get_mut(function).unwrap();
    function.aliases.get_mut("live").unwrap().version = version.into();
}

/// Returns the executions that were started to restore, oldest first.
pub fn restorings(shop: &Shop<'_>) -> Vec<String> {
    let all = shop.region.all_ended().iter();
    let all = all.filter(|one| one.arn.contains(":restore-"));
    all.map(|one| one.arn.clone()).collect()
}

/// Returns the last restoring.
pub fn last(shop: &Shop<'_>) -> Deployment {
    shop.deployment(restorings(shop).last().unwrap())
}

pub fn ending(record: &Deployment) -> (Ending, &str) {
    let ended = record.ending.as_ref().unwrap();
    (ended.ending, ended.cause_name.as_str())
}

/// Runs the schedule until an execution that restores has begun. Returns its ARN. The execution makes no step.
pub fn begun(shop: &mut Shop<'_>) -> String {
    let started = |shop: &Shop<'_>| {
        let executions = shop.world().stepfunctions();
        let names = executions.executions.keys();
        let mut found = names.filter(|arn| arn.contains(":restore-"));
        found.next().cloned()
    };
    for _ in 0..14 {
        pass_minutes(shop, 5);
        shop.region.scheduled();
        if let Some(arn) = started(shop) {
            return arn;
        }
        shop.region.run();
    }
    panic!("nothing is restored");
}

pub fn notifications(shop: &Shop<'_>, part: &str) -> Vec<String> {
    let published = shop.world().sns().published.clone();
    let all = published.into_iter();
    let all = all.filter(|(subject, _)| subject.contains(part));
    all.map(|(_, message)| message).collect()
}

pub fn events(shop: &Shop<'_>) -> Vec<String> {
    let put = shop.world().eventbridge().put.clone();
    let names = put.into_iter().map(|(name, _)| name);
    names.filter(|name| name.starts_with("Drift")).collect()
}

fn trail(shop: &Shop<'_>, by: &str) {
    let event = Event {
        resource: "shop-api".into(),
        name: "UpdateAlias20150331".into(),
        by: by.into(),
        at: shop.world().now(),
    };
    shop.world().cloudtrail().events.push(event);
}

/// Sets a hold before anything else goes on.
pub fn hold(shop: &Shop<'_>) {
    let (app, env) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    let key = ledger::state(EnvironmentId::new(&app, &env));
    let mut state: Stored<EnvironmentState> = run(ledger::require(shop.world(), &key)).unwrap();
    state.value.hold = Some(Hold {
        since: shop.world().now(),
        reason: "a freeze".into(),
        by: "ann".into(),
        allowed_by: None,
        also: vec![],
    });
    let write = state.put_indexed(Some(ledger::environment_index(EnvironmentId::new(&app, &env))));
    let done = run(shop.world().transact(vec![write.unwrap()])).unwrap();
    assert_eq!(done, Transacted::Done);
}

/// Safety: restoring: A restoring is a deployment of Windlass that names what differed, and who made it.
#[test]
fn it_is_a_deployment_of_windlass_that_names_what_differed_and_who_made_it() {
    let program = program();
    let mut shop = healing(&program);
    shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    schedule_for(&mut shop, 10);
    let before = shop.environment();
    moves_alias(&shop, "shop-api", "1");
    trail(&shop, "arn:aws:iam::111111111111:user/ann");
    schedule_for(&mut shop, 60);
    assert_eq!(serves(&shop), both("3"));
    assert_free(&shop);

    let record = last(&shop);
    assert_eq!(record.action, ActionName::Restore);
    assert_eq!(record.requester.route, Route::Windlass);
    assert_eq!(ending(&record), (Ending::Succeeded, ""));
    let reason = record.reason.clone().unwrap();
    for part in [
        "api is not as recorded: version of the alias: recorded 3, seen 1; it began between",
        "CloudTrail names UpdateAlias20150331 by arn:aws:iam::111111111111:user/ann at",
    ] {
        assert!(reason.contains(part), "{reason}");
    }
    let cause = record.ending.as_ref().unwrap().cause.clone();
    assert!(
        cause.written().starts_with("shop prod is as recorded again: api restored. Before that api is not"),
        "{cause:?}"
    );
    let components: Vec<&str> = record.components().map(ComponentName::as_str).collect();
    assert_eq!(components, ["api"], "the other one is left alone");
    let message = notifications(&shop, "DriftFound").remove(0);
    assert!(message.contains("next: Windlass restores api by itself"), "{message}");

    // The order, the recorded release, and the target of a rollback stay what they were.
    let after = shop.environment();
    assert_eq!((after.marks, after.hold), (before.marks, None));
    let version = |name: &str| {
        let running = after.running.iter();
        let mut running = running.filter(|(it, _)| it.as_str() == name);
        running.next().unwrap().1.clone()
    };
    assert_eq!(version("api").version(), "1.1.0");
    let of_jobs = before.running.iter().find(|(it, _)| it.as_str() == "jobs");
    assert_eq!(Some(&version("jobs")), of_jobs.map(|(_, it)| it));
    schedule_for(&mut shop, 60);
    assert_eq!(events(&shop), ["DriftFound", "DriftGone"]);
    assert_eq!(restorings(&shop).len(), 1);
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(serves(&shop), both("2"), "{}", shop.path(&rollback));
}

#[test]
fn what_is_only_reported_is_not_restored_and_what_is_off_is_not_looked_at() {
    for (heal, wanted) in [("report", vec!["DriftFound"]), ("off", vec![])] {
        let program = program();
        let mut shop = Shop::new(&program, &declaration(heal));
        shop.deploy("1.0.0", &BOTH);
        shop.region.run();
        schedule_for(&mut shop, 65);
        moves_alias(&shop, "shop-api", "1");
        schedule_for(&mut shop, 180);
        assert_eq!(events(&shop), wanted, "{heal}");
        assert_eq!(restorings(&shop).len(), 0, "{heal}");
        assert_eq!(shop.serves("shop-api"), "1", "{heal}");
    }
}

/// Safety: restoring: What is set back a fourth time in a day is held, and who does it is named.
#[test]
fn what_is_set_back_a_fourth_time_in_a_day_is_held_and_who_does_it_is_named() {
    let program = program();
    let mut shop = healing(&program);
    let terraform = "arn:aws:sts::111111111111:assumed-role/terraform/run";
    for n in 1..=3 {
        moves_alias(&shop, "shop-api", "1");
        schedule_for(&mut shop, 65);
        assert_eq!((restorings(&shop).len(), serves(&shop)), (n, both("2")));
        assert_eq!(shop.environment().hold, None);
    }
    moves_alias(&shop, "shop-api", "1");
    trail(&shop, terraform);
    schedule_for(&mut shop, 65);
    assert_eq!(shop.serves("shop-api"), "1");
    let held = last(&shop);
    assert_eq!(ending(&held), (Ending::NothingToDo, "KeepsDrifting"));
    let Hold { by, reason, .. } = shop.environment().hold.unwrap();
    assert_eq!(by, "Windlass");
    for part in [
        "api is not as recorded: version of the alias: recorded 2, seen 1",
        &format!("CloudTrail names UpdateAlias20150331 by {terraform}"),
        "though what is recorded was deployed 3 times within a day (deployments ",
        "such as infrastructure code",
    ] {
        assert!(reason.contains(part), "{reason}");
    }
    let messages = notifications(&shop, "held");
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].contains(terraform), "{}", messages[0]);
    schedule_for(&mut shop, 26 * 60);
    assert_eq!(restorings(&shop).len(), 4, "while it is held nothing is started");

    // After the hold is released, it is restored again.
    shop.act("release_hold");
    schedule_for(&mut shop, 10);
    assert_eq!(serves(&shop), both("2"));
}

/// Safety: restoring: A restoring that dies is undone, and counts once.
#[test]
fn a_restoring_that_dies_is_undone_and_counts_once() {
    let program = program();
    for state in ["Prepare", "Change", "Bake", "Settle"] {
        let mut shop = healing(&program);
        moves_alias(&shop, "shop-api", "1");
        let arn = begun(&mut shop);
        assert!(shop.region.run_until(&arn, state), "{state}");
        shop.region.stop(&arn);
        shop.region.run();
        assert_free(&shop);
        let record = shop.deployment(&arn);
        let (ended, _) = ending(&record);
        let wanted = if state == "Settle" { "2" } else { "1" };
        assert_eq!(shop.serves("shop-api"), wanted, "{state}: {ended}");
        assert!(shop.environment().restored.len() <= 1, "{state}");
        schedule_for(&mut shop, 3 * 60);
        assert_eq!(serves(&shop), both("2"), "{state}");
        assert!(shop.environment().restored.len() <= 2, "{state}");
        assert_eq!(shop.environment().hold, None, "{state}");
    }
}

#[test]
fn where_the_last_look_found_nothing_it_does_nothing() {
    let program = program();
    let mut shop = healing(&program);
    let arn = shop.start(&json!({
        "action": "restore", "app": "shop", "environment": "prod", "reason": "a look",
        "requester": {"route": "windlass", "principal": "Windlass"},
    }));
    shop.region.run();
    let record = shop.deployment(&arn);
    assert_eq!(ending(&record), (Ending::NothingToDo, "NotRestored"));
    let cause = record.ending.unwrap().cause;
    let wanted = "shop prod is not restored now: the last look found nothing that is to be restored.";
    assert!(cause.written().starts_with(wanted), "{cause:?}");
}

#[test]
fn what_is_turned_off_later_is_let_go_of() {
    let program = program();
    let mut shop = healing(&program);
    let text = declaration("off").replace("version: 1.0.0", "version: 1.1.0");
    moves_alias(&shop, "shop-jobs", "1");
    schedule_for(&mut shop, 60);
    assert_eq!(events(&shop), ["DriftFound"]);
    assert_eq!(restorings(&shop).len(), 0);
    declare(&shop, &text);
    moves_alias(&shop, "shop-api", "1");
    schedule_for(&mut shop, 120);
    assert_eq!(events(&shop), ["DriftFound"]);
}
