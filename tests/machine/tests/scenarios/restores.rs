//! A person has what is recorded brought back, where somebody has changed a target by hand.

use crate::scenarios::healing::{moves_alias, schedule_for};
use crate::scenarios::scene::{BOTH, WAITED, assert_free, both, ended, failure, live, live_with, program, serves};
use serde_json::json;
use windlass_domain::environment::{EnvironmentState, Running};
use windlass_domain::release::ending::Ending;
use windlass_domain::text::name::ComponentName;
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, FUNCTIONS, Shop};

/// Makes the shop with 1.2.0 of `api` and 1.1.0 of `jobs` live, and moves both aliases by hand.
fn moved(program: &Program) -> (Shop<'_>, EnvironmentState) {
    let mut shop = live_with(program, &["1.0.0", "1.1.0"]);
    let arn = shop.deploy("1.2.0", &["api"]);
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
    assert_eq!(serves(&shop), ("4".into(), "3".into()));
    for function in ["shop-api", "shop-jobs"] {
        moves_alias(&shop, function, "2");
    }
    let before = shop.environment();
    (shop, before)
}

fn restore(shop: &mut Shop<'_>, component: Option<&str>) -> String {
    let mut input = json!({
        "action": "restore", "app": "shop", "environment": "prod", "reason": "the aliases were moved by mistake",
    });
    if let Some(component) = component {
        input["component"] = component.into();
    }
    let arn = shop.start(&input);
    shop.region.run();
    assert_free(shop);
    arn
}

fn versions(state: &EnvironmentState) -> Vec<&str> {
    state.running.values().map(Running::version).collect()
}

/// The alarm is red, perhaps because of the change by hand, and keeps nobody from mending that.
#[test]
fn components_of_different_versions_are_brought_back_and_nothing_is_held() {
    let program = program();
    let (mut shop, before) = moved(&program);
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    let arn = restore(&mut shop, None);
    let done = ended(&shop, &arn);
    assert_eq!((done.ending, done.cause_name.as_str()), (Ending::Succeeded, ""), "{done:?}");
    let first = format!("shop prod is as recorded again (snapshot {}): ", before.snapshot);
    assert!(done.cause.written().starts_with(&first), "{:?}", done.cause);
    assert_eq!(serves(&shop), ("4".into(), "3".into()));
    let after = shop.environment();
    assert_eq!(versions(&after), ["1.2.0", "1.1.0"]);
    assert_eq!((&after.marks, &after.hold), (&before.marks, &None));
    assert!(after.restored.is_empty(), "it takes nothing of what Windlass may do by itself in a day");
    // A rollback goes where it would have gone before.
    shop.act("rollback");
    shop.region.run();
    assert_eq!(serves(&shop), both("3"));
}

#[test]
fn one_component_is_brought_back_alone() {
    let program = program();
    let (mut shop, before) = moved(&program);
    let arn = restore(&mut shop, Some("jobs"));
    let done = ended(&shop, &arn);
    assert_eq!(done.ending, Ending::Succeeded, "{done:?}");
    let cause = done.cause.written();
    assert!(cause.starts_with("jobs of shop prod is as recorded again (snapshot "), "{cause}");
    assert!(cause.contains("api stays as it is: only another component is asked for"), "{cause}");
    assert_eq!(serves(&shop), ("2".into(), "3".into()));
    let api = ComponentName::new("api").unwrap();
    assert_eq!(shop.environment().running[&api], before.running[&api]);
    let unknown = restore(&mut shop, Some("web"));
    assert_eq!(failure(&shop, &unknown).0, "UnknownName");
    assert_eq!(serves(&shop), ("2".into(), "3".into()));
}

/// Also while deployments are held: it brings nothing new.
#[test]
fn where_nothing_differs_it_says_that_nothing_was_changed() {
    let program = program();
    let mut shop = live(&program);
    shop.act("hold");
    shop.region.run();
    let before = shop.environment();
    let arn = restore(&mut shop, None);
    let done = ended(&shop, &arn);
    assert_eq!((done.ending, done.cause_name.as_str()), (Ending::NothingToDo, "NothingChanged"), "{done:?}");
    let first = format!("Nothing was changed: shop prod is as recorded already (snapshot {}): ", before.snapshot);
    assert!(done.cause.written().starts_with(&first), "{:?}", done.cause);
    let after = shop.environment();
    assert_eq!((after.running, after.snapshot), (before.running, before.snapshot));

    let mut empty = Shop::new(&program, FUNCTIONS);
    let mut input = json!({"action": "restore", "app": "shop", "environment": "prod"});
    let refused = empty.start(&input);
    input["reason"] = json!("nothing runs yet");
    let arn = empty.start(&input);
    empty.region.run();
    assert_eq!(failure(&empty, &arn).0, "NothingToGoBackTo");
    assert_eq!(failure(&empty, &refused).0, "MissingField");
}

#[test]
fn it_waits_for_the_deployment_under_way_and_restores_what_that_has_brought() {
    let program = program();
    let mut shop = live(&program);
    let release = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&release, "Bake"));
    let arn = shop.act("restore");
    shop.region.run();
    assert_eq!(ended(&shop, &release).ending, Ending::Succeeded);
    assert!(shop.path(&arn).starts_with(WAITED), "{}", shop.path(&arn));
    assert_eq!(ended(&shop, &arn).cause_name, "NothingChanged");
    assert_eq!(serves(&shop), both("3"));
    // The next look finds nothing either.
    schedule_for(&mut shop, 65);
    assert_eq!(serves(&shop), both("3"));
}
