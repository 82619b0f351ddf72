//! The order in which waiting deployments go.

use crate::scenarios::scene::{
    BOTH, GO, WAITED, api_way, assert_free, at_once, both, ended, live, path, program, serves, whole_way,
};
use windlass_domain::environment::Running;
use windlass_domain::release::ending::Ending;
use windlass_machine::shop::{ALARM, FUNCTIONS, Shop};

/// Returns the place of an execution among all that ended.
fn place(shop: &Shop<'_>, arn: &str) -> usize {
    let mut ended = shop.region.all_ended().iter();
    ended.position(|ended| ended.arn == arn).unwrap()
}

/// Checks that an execution waited, even if it was woken for nothing, and then went this way.
fn assert_waited_then(shop: &Shop<'_>, arn: &str, way: &str) {
    let walked = shop.path(arn);
    let mut rest = walked.as_str();
    let mut waits = 0;
    while let Some(shorter) = rest.strip_prefix(WAITED) {
        rest = shorter.trim_start();
        waits += 1;
    }
    assert!((1..=3).contains(&waits), "{walked}: {:?}", shop.deployment(arn).ending);
    assert_eq!(rest, way);
}

/// Starts a deployment that has to wait. It is accepted before the next one starts.
fn wait_with(shop: &mut Shop<'_>, version: &str, components: &[&str]) -> String {
    let arn = shop.deploy(version, components);
    assert!(shop.region.run_until(&arn, "AwaitTurn"));
    arn
}

fn assert_superseded(shop: &Shop<'_>, arn: &str) {
    assert_waited_then(shop, arn, "Admit Admitted NothingToDo");
    let ended = ended(shop, arn);
    assert_eq!(ended.ending, Ending::NothingToDo);
    assert_eq!(ended.cause_name, "Superseded");
}

#[test]
fn of_four_that_wait_the_operator_goes_first_then_the_newest_and_no_component_is_lost() {
    let program = program();
    let mut shop = live(&program);
    let running = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&running, "Bake"));
    let older = wait_with(&mut shop, "1.2.0", &["api"]);
    let jobs = wait_with(&mut shop, "1.3.0", &["jobs"]);
    let newest = wait_with(&mut shop, "1.4.0", &["api"]);
    let rollback = shop.act("rollback");
    shop.region.run();

    assert_eq!(ended(&shop, &running).ending, Ending::RolledBack);
    assert_eq!(ended(&shop, &running).cause_name, "PreemptedByOperator");
    let preempting = "Admit Admitted Preempt AwaitTurn";
    let first = path(&[preempting, GO, "Settle Ended Succeeded"]);
    assert_eq!(shop.path(&rollback), first);
    assert_waited_then(&shop, &newest, &api_way());
    assert_waited_then(&shop, &jobs, &at_once());
    assert_superseded(&shop, &older);
    assert!(place(&shop, &rollback) < place(&shop, &newest));
    assert!(place(&shop, &newest) < place(&shop, &jobs));
    assert_eq!(serves(&shop), ("4".into(), "4".into()));
    let now = shop.environment();
    let versions: Vec<&str> = now.running.values().map(Running::version).collect();
    assert_eq!(versions, ["1.4.0", "1.3.0"]);
    assert_free(&shop);
}

#[test]
fn one_whose_wake_up_is_late_is_superseded_by_the_newer_one_that_went() {
    let program = program();
    let mut shop = live(&program);
    let running = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&running, "Bake"));
    let older = wait_with(&mut shop, "1.2.0", &BOTH);
    let newer = wait_with(&mut shop, "1.3.0", &BOTH);
    shop.region.step();
    let token = shop.world().stepfunctions().tokens.pop_first().unwrap();
    assert!(shop.region.run_until(&newer, "Admit"));
    assert!(shop.region.run_until(&newer, "Prepare"));
    shop.world().stepfunctions().tokens.insert(token);
    assert_eq!(shop.region.state_of(&older), Some("AwaitTurn"));
    shop.region.run();
    assert_eq!(shop.path(&running), whole_way());
    assert_waited_then(&shop, &newer, &whole_way());
    assert_superseded(&shop, &older);
    assert_eq!(serves(&shop), both("4"));
    assert_free(&shop);
}

#[test]
fn a_fix_that_fails_after_it_undid_the_release_before_leaves_what_ran_before_both() {
    let program = program();
    let declaration = FUNCTIONS.replace("branch: main}", "branch: main}, supersede: undo_first");
    let mut shop = Shop::new(&program, &declaration);
    shop.deploy("1.0.0", &BOTH);
    shop.region.run();
    let older = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&older, "Bake"));
    let newer = shop.deploy("1.2.0", &BOTH);
    assert!(shop.region.run_until(&newer, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();

    assert_eq!(ended(&shop, &older).cause_name, "PreemptedByDeploy");
    assert_eq!(ended(&shop, &newer).cause_name, "GateFailed");
    let now = shop.environment();
    let versions: Vec<&str> = now.running.values().map(Running::version).collect();
    assert_eq!(versions, ["1.0.0", "1.0.0"]);
    assert_eq!(serves(&shop), ("2".into(), "2".into()));
    assert_free(&shop);
}

/// Stopped by its own release, it would be undone, and refused to the one that came: nothing would be live.
///
/// Safety: overtaking: A release that is under way is not undone because the same release comes once more.
#[test]
fn the_same_release_waits_for_itself_and_finds_itself_live() {
    let program = program();
    let declaration = FUNCTIONS.replace("branch: main}", "branch: main}, supersede: undo_first");
    let mut shop = Shop::new(&program, &declaration);
    shop.deploy("1.0.0", &BOTH);
    shop.region.run();
    let first = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&first, "Bake"));
    let again = shop.deploy("1.1.0", &BOTH);
    shop.region.run();

    assert_eq!(ended(&shop, &first).ending, Ending::Succeeded);
    assert_eq!(ended(&shop, &again).cause_name, "AlreadyThere");
    assert_eq!(serves(&shop), both("3"));
    assert_free(&shop);
}
