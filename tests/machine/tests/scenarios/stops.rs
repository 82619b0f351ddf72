//! A stop by a person says nothing against the release.

use crate::scenarios::scene::{
    BACK, BOTH, GO, WAVE, assert_free, both, ended, failure, live, path, program, serves, whole_way,
};
use serde_json::{Value, json};
use windlass_domain::release::ending::Ending;
use windlass_engine::routes::api::{self, ApiCall};
use windlass_machine::shop::{ALARM, Shop};
use windlass_world::run::run;

/// The three ways to stop a deployment that runs.
const WAYS: [&str; 3] = ["console", "cancel", "rollback"];

fn stop(shop: &mut Shop<'_>, arn: &str, way: &str) {
    match way {
        "console" => shop.region.stop(arn),
        "rollback" => {
            shop.act("rollback");
        }
        _ => {
            let id = shop.deployment(arn).id;
            let call = ApiCall {
                method: "POST".into(),
                path: format!("/apps/shop/environments/prod/deployments/{id}/cancel"),
                ..ApiCall::default()
            };
            assert_eq!(run(api::handle(shop.world(), call)).status, 202);
        }
    }
}

/// Returns the input that a cause names to start.
fn input(cause: &str) -> Value {
    let begins = cause.find(r#"{"action""#).unwrap();
    let mut inputs = serde_json::Deserializer::from_str(&cause[begins..]).into_iter();
    inputs.next().unwrap().unwrap()
}

/// Safety: undo: What a person stopped is not vetoed, and comes again only when it is asked for.
#[test]
fn what_a_person_stopped_is_not_vetoed_and_comes_again_only_when_asked_to() {
    let program = program();
    for way in WAYS {
        let mut shop = live(&program);
        let request = shop.release("1.1.0", &BOTH);
        let arn = shop.start(&request);
        assert!(shop.region.run_until(&arn, "Bake"));
        stop(&mut shop, &arn, way);
        shop.region.run();
        let end = ended(&shop, &arn);
        assert_eq!(end.ending, Ending::RolledBack, "{way}");
        assert!(end.cause.written().contains("is not vetoed"), "{:?}", end.cause);
        assert!(!shop.has("veto#"), "{way}");

        let late = shop.start(&arrival(&request));
        shop.region.run();
        assert_eq!(shop.path(&late), "Admit Admitted Rejected", "{way}");
        assert_eq!(serves(&shop), both("2"));

        let input = input(&end.cause.written());
        // Only the rollback has set a hold. A person's own request goes past their stop.
        assert_eq!(input["through_hold"] == json!(true), way == "rollback", "{input}");
        assert_eq!(input["again"], Value::Null, "{input}");
        let again = shop.start(&input);
        shop.region.run();
        assert_eq!(shop.path(&again), whole_way(), "{way}");
        assert_eq!(serves(&shop), both("3"));
        assert_free(&shop);
    }
}

/// Returns the same request as an arrival.
fn arrival(request: &Value) -> Value {
    let mut arrival = request.clone();
    arrival["requester"] = json!({"route": "s3"});
    arrival
}

#[test]
fn what_was_stopped_while_it_waited_comes_again_only_when_asked_to() {
    let program = program();
    let mut shop = live(&program);
    let running = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&running, "Bake"));
    let request = shop.release("1.2.0", &BOTH);
    let waiting = shop.start(&request);
    assert!(shop.region.run_until(&waiting, "AwaitTurn"));
    shop.region.step();
    stop(&mut shop, &waiting, "cancel");
    shop.region.run();
    let end = ended(&shop, &waiting);
    assert_eq!(end.ending, Ending::Rejected);
    let late = shop.start(&arrival(&request));
    shop.region.run();
    assert_eq!(shop.path(&late), "Admit Admitted Rejected");
    assert_eq!(failure(&shop, &late).0, "Stopped");
    assert_eq!(serves(&shop), both("3"));
    let input = input(&end.cause.written());
    assert_eq!(input["again"], Value::Null, "{input}");
    let again = shop.start(&input);
    shop.region.run();
    assert_eq!(shop.path(&again), whole_way());
    assert_eq!(serves(&shop), both("4"));
    assert_free(&shop);
}

#[test]
fn a_stop_does_not_hide_a_gate_that_had_failed() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    assert!(shop.region.run_until(&arn, "Undo"));
    shop.region.stop(&arn);
    shop.region.run();
    assert_eq!(shop.path(&arn), path(&[GO, WAVE, WAVE, "Undo"]));
    let recovery = shop.region.all_ended().last().unwrap();
    assert!(recovery.execution.in_words().contains(BACK));
    let end = ended(&shop, &arn);
    assert_eq!((end.ending, end.cause_name.as_str()), (Ending::RolledBack, "GateFailed"));
    assert!(end.cause.written().contains("release 1.1.0 is vetoed here"), "{:?}", end.cause);
    assert!(shop.has("veto#"));
}
