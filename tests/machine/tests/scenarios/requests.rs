//! The options that a person may set for a deployment: `again`, `allow_older`, `accept_red`, a recorded version.

use crate::scenarios::scene::{
    BACK, BOTH, GO, ROLLED_BACK, SUCCEEDED, WAVE, assert_free, at_once, both, ended, failure, live, live_with, path,
    program, serves, whole_way,
};
use serde_json::{Value, json};
use windlass_domain::release::ending::Ending;
use windlass_domain::text::name::{ComponentName, EnvironmentName};
use windlass_machine::shop::{ALARM, Shop};

fn with(mut request: Value, member: &str, value: Value) -> Value {
    request[member] = value;
    request["reason"] = json!("because a test says so");
    request
}

#[test]
fn again_lifts_a_veto() {
    let program = program();
    let mut shop = live(&program);
    let request = shop.release("1.1.0", &BOTH);
    let first = shop.start(&request);
    assert!(shop.region.run_until(&first, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    assert_eq!(ended(&shop, &first).ending, Ending::RolledBack);
    assert!(shop.has("veto#"));
    shop.world().set_alarm(ALARM, "OK", &[0.0]);

    let without_reason = {
        let mut request = request.clone();
        request["again"] = json!(true);
        shop.start(&request)
    };
    shop.region.run();
    assert_eq!(shop.path(&without_reason), "Admit Admitted Rejected");
    assert!(shop.has("veto#"));

    let again = shop.start(&with(request, "again", json!(true)));
    shop.region.run();
    // The first attempt published version 3, which is used again.
    assert_eq!(shop.path(&again), whole_way());
    let record = shop.deployment(&again);
    assert_eq!((record.attempt, record.again), (1, true));
    assert_eq!(serves(&shop), both("3"));
    assert!(!shop.has("veto#"));
    assert_free(&shop);
}

/// Returns a release with a place in the order.
fn numbered(shop: &mut Shop<'_>, version: &str, sequence: u64) -> Value {
    let mut request = shop.release(version, &BOTH);
    request["manifest"]["sequence"] = json!(sequence);
    request
}

#[test]
fn allow_older_with_a_reason_goes_back_by_deploying() {
    let program = program();
    let mut shop = live(&program);
    let newer = numbered(&mut shop, "1.2.0", 20);
    shop.start(&newer);
    shop.region.run();
    let older = numbered(&mut shop, "1.1.0", 10);
    let refused = shop.start(&older);
    shop.region.run();
    assert_eq!(shop.path(&refused), "Admit Admitted Rejected");
    assert_eq!(failure(&shop, &refused).0, "Older");
    assert_eq!(serves(&shop), both("3"));

    let allowed = shop.start(&with(older, "allow_older", json!(true)));
    shop.region.run();
    assert_eq!(shop.path(&allowed), whole_way());
    assert!(shop.deployment(&allowed).allow_older);
    assert_eq!(serves(&shop), both("4"));
    let running = shop.environment().running;
    assert!(running.values().all(|running| running.version() == "1.1.0"));
    assert_free(&shop);
}

#[test]
fn accept_red_goes_on_while_the_gate_may_still_recover() {
    let program = program();
    for recovers in [true, false] {
        let mut shop = live(&program);
        shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
        let request = shop.release("1.1.0", &BOTH);
        let refused = shop.start(&request);
        shop.region.run();
        assert_eq!(shop.path(&refused), path(&[GO, "Settle Ended Rejected"]));

        let accepted = shop.start(&with(request, "accept_red", json!(true)));
        assert!(shop.region.run_until(&accepted, "Bake"));
        if recovers {
            shop.world().set_alarm(ALARM, "OK", &[0.0]);
            shop.region.run();
            let walked = shop.path(&accepted);
            assert!(walked.ends_with(SUCCEEDED), "{walked}");
            assert_eq!(serves(&shop), both("3"));
        } else {
            shop.region.run();
            let walked = shop.path(&accepted);
            // Only `jobs` was changed, watched for as long as unknown is held, and brought back.
            let without_looks = walked.replace("Bake Judge Judged ", "");
            assert_eq!(without_looks, path(&[GO, WAVE, BACK, ROLLED_BACK]));
            assert_eq!(serves(&shop), both("2"));
            assert!(shop.has("veto#"));
        }
        assert_free(&shop);
    }
}

/// One function in each of two environments; only a person starts deployments into `prod`.
const TWO_ENVIRONMENTS: &str = "
app: shop
version: 1.0.0
environments:
  staging: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
  prod: {start: manual}
components:
  api: {kind: lambda, function: 'shop-api-{environment}', alias: live}
gates:
  bake: 2m
";

fn make_functions(shop: &Shop<'_>) {
    for environment in ["staging", "prod"] {
        let mut functions = shop.world().lambda();
        let name = format!("shop-api-{environment}");
        let function = functions.make(&name, b"as found");
        let tag = "windlass:environment".to_owned();
        function.tags.insert(tag, environment.to_owned());
        function.publish_as("live", "as found");
    }
}

#[test]
fn a_recorded_release_is_promoted_with_the_same_bytes() {
    let program = program();
    let mut shop = Shop::new(&program, TWO_ENVIRONMENTS);
    make_functions(&shop);
    let mut arrival = shop.release_into("staging", "1.0.0", &["api"]);
    arrival["manifest"]["git"] = json!({"ref": "refs/heads/main"});
    arrival["requester"] = json!({"route": "s3"});
    arrival.as_object_mut().unwrap().remove("environment");
    let staged = shop.start(&arrival);
    shop.region.run();
    assert_eq!(shop.path(&staged), at_once());
    let staged = shop.deployment(&staged);
    assert_eq!(staged.environment, EnvironmentName::new("staging").unwrap());
    assert_eq!(shop.serves("shop-api-prod"), "1");

    // Other bytes are under the key now; the recorded bytes are deployed.
    let mut objects = shop.world().s3();
    objects.upload("artifacts", "artifacts/shop/staging/api/1.0.0.zip", "other bytes");
    drop(objects);
    let promotion = json!({
        "action": "deploy", "app": "shop", "environment": "prod", "version": "1.0.0"
    });
    let promoted = shop.start(&promotion);
    shop.region.run();
    assert_eq!(shop.path(&promoted), at_once());
    let record = shop.deployment(&promoted);
    assert_eq!(record.release.components, staged.release.components);
    assert_ne!(record.id, staged.id);
    let functions = shop.world().lambda().functions.clone();
    let live = |environment: &str| functions[&format!("shop-api-{environment}")].versions[&2].package.clone();
    assert_eq!(live("prod"), live("staging"));
    assert_eq!(shop.serves("shop-api-prod"), "2");
    assert_free(&shop);
}

/// The other component stays as it runs, and so does the record of it.
#[test]
fn one_component_of_a_recorded_release_is_deployed_alone() {
    let program = program();
    let mut shop = live_with(&program, &["1.0.0", "1.1.0"]);
    for action in ["rollback", "release_hold"] {
        shop.act(action);
        shop.region.run();
    }
    assert_eq!(serves(&shop), both("2"));
    let before = shop.environment();
    let of = |component: &str| json!({"action": "deploy", "app": "shop", "environment": "prod", "version": "1.1.0", "component": component});
    let arn = shop.start(&of("api"));
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded, "{:?}", ended(&shop, &arn));
    assert_eq!(serves(&shop), ("3".into(), "2".into()));
    let jobs = ComponentName::new("jobs").unwrap();
    assert_eq!(shop.environment().running[&jobs], before.running[&jobs]);
    let unknown = shop.start(&of("web"));
    let mut manifest = shop.release("1.2.0", &BOTH);
    manifest["component"] = json!("api");
    let stray = shop.start(&manifest);
    shop.region.run();
    assert_eq!(failure(&shop, &unknown).0, "UnknownName");
    assert_eq!(failure(&shop, &stray).0, "BadValue");
    assert_free(&shop);
}

#[test]
fn a_release_that_was_never_recorded_cannot_be_promoted() {
    let program = program();
    let mut shop = live(&program);
    let before = shop.lock().token;
    let promotion = json!({
        "action": "deploy", "app": "shop", "environment": "prod", "version": "9.9.9"
    });
    let arn = shop.start(&promotion);
    shop.region.run();
    assert_eq!(shop.path(&arn), "Admit Admitted Rejected");
    assert_eq!(failure(&shop, &arn).0, "UnknownName");
    assert_eq!(shop.lock().token, before);
}
