//! A remedy names the input that comes next, and that input does what the remedy says.

use crate::scenarios::scene::{BOTH, assert_free, both, failure, live, program, serves, whole_way};
use serde_json::{Value, json};
use windlass_machine::shop::Shop;

/// Returns the inputs that a text names to start.
fn inputs(text: &str) -> Vec<Value> {
    let begins = text.match_indices(r#"{"action""#);
    let inputs = begins.map(|(at, _)| serde_json::Deserializer::from_str(&text[at..]).into_iter());
    inputs.map(|mut one| one.next().unwrap().unwrap()).collect()
}

/// Returns the error at the end of an execution, and the inputs that it names.
fn refusal(shop: &Shop<'_>, arn: &str) -> (String, Vec<Value>) {
    let (error, cause) = failure(shop, arn);
    (error, inputs(&cause))
}

fn point_to(shop: &Shop<'_>, version: &str) {
    let mut functions = shop.world().lambda();
    let function = functions.functions.get_mut("shop-api").unwrap();
    function.aliases.get_mut("live").unwrap().version = version.into();
}

#[test]
fn what_is_held_is_started_by_the_input_that_it_names() {
    let program = program();
    for release_first in [false, true] {
        let mut shop = live(&program);
        shop.act("hold");
        let mut arrival = shop.release("1.1.0", &BOTH);
        arrival["requester"] = json!({"route": "s3"});
        let held = shop.start(&arrival);
        shop.region.run();
        let (error, inputs) = refusal(&shop, &held);
        assert_eq!((error.as_str(), inputs.len()), ("Held", 3));
        if release_first {
            shop.start(&inputs[1]);
            shop.region.run();
        }
        assert_eq!(shop.environment().hold.is_none(), release_first);
        let started = shop.start(&inputs[if release_first { 2 } else { 0 }]);
        shop.region.run();
        assert_eq!(shop.path(&started), whole_way());
        assert_eq!(serves(&shop), both("3"));
        assert_free(&shop);
    }
}

#[test]
fn what_must_be_mended_first_names_what_is_started_then() {
    let program = program();
    let mut shop = live(&program);
    point_to(&shop, "$LATEST");
    let refused = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    let (error, inputs) = refusal(&shop, &refused);
    assert_eq!((error.as_str(), inputs.len()), ("TargetNotReady", 1));
    point_to(&shop, "2");
    let started = shop.start(&inputs[0]);
    shop.region.run();
    assert_eq!(shop.path(&started), whole_way());
    assert_eq!(serves(&shop), both("3"));
}

/// A person stops an older release that was allowed, and deployments are held meanwhile.
#[test]
fn what_was_stopped_is_deployed_by_the_input_that_its_ending_names() {
    let program = program();
    let mut shop = live(&program);
    let numbered = |shop: &Shop<'_>, version: &str, sequence: u64| {
        let mut release = shop.release(version, &BOTH);
        release["manifest"]["sequence"] = json!(sequence);
        release
    };
    let newer = numbered(&shop, "1.2.0", 2);
    shop.start(&newer);
    shop.region.run();
    let mut older = numbered(&shop, "1.1.0", 1);
    older["allow_older"] = json!(true);
    older["reason"] = json!("a test");
    let stopped = shop.start(&older);
    assert!(shop.region.run_until(&stopped, "Bake"));
    let hold = shop.act("hold");
    while shop.region.ended(&hold).is_none() {
        shop.region.step();
    }
    shop.region.stop(&stopped);
    shop.region.run();
    let ending = shop.deployment(&stopped).ending.unwrap();
    let inputs = inputs(&ending.cause.written());
    for wish in ["allow_older", "through_hold"] {
        assert_eq!(inputs[0][wish], true, "{wish}: {}", ending.cause.written());
    }
    // A person's own request goes past a person's stop.
    assert_eq!(inputs[0]["again"], Value::Null, "{}", ending.cause.written());
    let started = shop.start(&inputs[0]);
    shop.region.run();
    assert_eq!(shop.path(&started), whole_way());
    assert_free(&shop);
}

#[test]
fn what_is_older_is_deployed_by_the_input_that_it_names() {
    let program = program();
    let mut shop = live(&program);
    let mut older = shop.release("1.1.0", &BOTH);
    older["manifest"]["sequence"] = json!(1);
    let mut newer = shop.release("1.2.0", &BOTH);
    newer["manifest"]["sequence"] = json!(2);
    shop.start(&newer);
    shop.region.run();
    let refused = shop.start(&older);
    shop.region.run();
    let (error, inputs) = refusal(&shop, &refused);
    // Each component names the same inputs.
    assert_eq!((error.as_str(), inputs.len()), ("Older", 4));
    assert_eq!(inputs[..2], inputs[2..]);
    assert_eq!(inputs[0]["action"], "rollback");
    let started = shop.start(&inputs[1]);
    shop.region.run();
    assert_eq!(shop.path(&started), whole_way());
    assert_eq!(serves(&shop), both("4"));
}
