//! One component goes back, or is deployed, alone: what is said is of that component, and the others stay.

use crate::scenarios::scene::{BOTH, assert_free, ended, failure, live_with, program, serves};
use serde_json::{Value, json};
use windlass_domain::release::ending::Ending;
use windlass_machine::shop::{ALARM, Shop};

/// Rolls a component back, and returns the execution.
fn back(shop: &mut Shop<'_>, component: &str) -> String {
    let arn = shop.start(&json!({"action": "rollback", "app": "shop", "environment": "prod", "component": component,
        "reason": "it answers nonsense"}));
    shop.region.run();
    assert_free(shop);
    arn
}

fn deploys(shop: &mut Shop<'_>, version: &str, components: &[&str]) {
    let arn = shop.deploy(version, components);
    shop.region.run();
    assert_eq!(ended(shop, &arn).ending, Ending::Succeeded);
}

/// Returns the beginning of the cause of what succeeded.
fn cause(shop: &Shop<'_>, arn: &str) -> String {
    let done = ended(shop, arn);
    assert_eq!(done.ending, Ending::Succeeded, "{done:?}");
    done.cause.written()
}

#[test]
fn it_is_called_by_the_version_with_which_it_came() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0"]);
    deploys(&mut shop, "1.1.0", &["api"]);
    deploys(&mut shop, "1.2.0", &["jobs"]);
    let arn = back(&mut shop, "jobs");
    let said = cause(&shop, &arn);
    assert!(said.starts_with("jobs of shop prod is back at 1.0.0 (snapshot "), "{said}");
    assert_eq!(shop.deployment(&arn).release.version, "1.0.0");
    assert_eq!(serves(&shop), ("3".into(), "2".into()));
}

/// One component that has gone back further says nothing of another.
#[test]
fn another_one_goes_back_by_its_own_versions() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
    for wanted in ["3", "2"] {
        back(&mut shop, "api");
        assert_eq!(serves(&shop), (wanted.into(), "4".into()));
    }
    for wanted in ["3", "2"] {
        back(&mut shop, "jobs");
        assert_eq!(serves(&shop), ("2".into(), wanted.into()));
    }
}

/// The deployment that it stops brings another component, whose undo brings nothing of this one back.
#[test]
fn it_goes_back_although_another_one_was_under_way() {
    let program = program();
    for (component, wanted, version) in [("jobs", ("3", "2"), "1.0.0"), ("api", ("3", "3"), "1.1.0")] {
        let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
        let release = shop.deploy("1.2.0", &["api"]);
        assert!(shop.region.run_until(&release, "Bake"));
        let arn = back(&mut shop, component);
        let said = cause(&shop, &arn);
        assert!(said.starts_with(&format!("{component} of shop prod is back at {version} (snapshot ")), "{said}");
        assert_eq!(ended(&shop, &release).ending, Ending::RolledBack);
        assert_eq!(serves(&shop), (wanted.0.into(), wanted.1.into()), "{component}");
    }
}

/// Whoever starts what a refusal names takes back no other component.
#[test]
fn what_a_refusal_names_is_of_the_component() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0"]);
    deploys(&mut shop, "1.1.0", &["api"]);
    let arn = back(&mut shop, "jobs");
    let (name, cause) = failure(&shop, &arn);
    assert_eq!(name, "NothingToGoBackTo", "{cause}");
    let findings = ended(&shop, &arn).findings;
    let steps: Vec<Value> = findings[0].steps().map(|step| serde_json::to_value(step).unwrap()).collect();
    let starts: Vec<&Value> = steps.iter().filter(|step| step["start"]["action"] == "rollback").collect();
    assert!(!starts.is_empty(), "{steps:?}");
    for step in starts {
        assert_eq!(step["start"]["component"], "jobs", "{step}");
    }
}

/// A release that has failed is not brought in by its parts.
#[test]
fn a_component_of_a_vetoed_release_needs_again() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0"]);
    let release = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&release, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    assert_eq!(ended(&shop, &release).ending, Ending::RolledBack);
    let mut part = json!({"action": "deploy", "app": "shop", "environment": "prod", "version": "1.1.0",
        "component": "api"});
    let refused = shop.start(&part);
    shop.region.run();
    assert_eq!(failure(&shop, &refused).0, "Vetoed");
    part["again"] = json!(true);
    part["reason"] = json!("the alarm was another's");
    let again = shop.start(&part);
    shop.region.run();
    assert_eq!(ended(&shop, &again).ending, Ending::Succeeded);
    // What was brought so is gone back from as anything else is, and the whole release stays vetoed.
    let whole = shop.start(&json!({"action": "deploy", "app": "shop", "environment": "prod", "version": "1.1.0"}));
    shop.region.run();
    assert_eq!(failure(&shop, &whole).0, "Vetoed");
}
