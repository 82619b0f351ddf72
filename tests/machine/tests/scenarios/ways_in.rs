//! Events and calls that meet deployments which run or wait.

use crate::scenarios::scene::{
    BACK, BOTH, GO, ROLLED_BACK, SUCCEEDED, WAITED, WAVE, assert_free, both, declare, ended, live, path, program,
    serves, whole_way,
};
use windlass_domain::release::ending::Ending;
use windlass_engine::routes::api::{self, ApiCall, Reply};
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::run::run;

/// Cancels the deployment that an execution works for.
fn cancel(shop: &Shop<'_>, arn: &str) -> Reply {
    let id = shop.deployment(arn).id;
    let call = ApiCall {
        method: "POST".into(),
        path: format!("/apps/shop/environments/prod/deployments/{id}/cancel"),
        body: Some(r#"{"reason": "wrong release"}"#.into()),
        caller: Some("arn:aws:iam::111111111111:user/ann".into()),
        ..ApiCall::default()
    };
    run(api::handle(shop.world(), call))
}

#[test]
fn what_is_cancelled_while_it_runs_is_undone() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    let reply = cancel(&shop, &arn);
    assert_eq!(reply.status, 202);
    shop.region.run();
    assert_eq!(shop.region.ended(&arn).unwrap().status, "ABORTED");
    let recovery = reply.body["execution"].as_str().unwrap();
    let undone = path(&["Admit Admitted", BACK, BACK, ROLLED_BACK]);
    assert_eq!(shop.path(recovery), undone);
    assert_eq!(shop.region.all_ended().len(), 3, "it is recovered once");
    let end = ended(&shop, &arn);
    assert_eq!(end.ending, Ending::RolledBack);
    assert_eq!(end.cause_name, "CancelledByOperator");
    for part in ["user/ann", "wrong release"] {
        assert!(end.cause.written().contains(part), "{:?}", end.cause);
    }
    assert_eq!(serves(&shop), both("2"));
    assert_free(&shop);
    assert_eq!(cancel(&shop, &arn).status, 409);
}

#[test]
fn what_is_cancelled_while_it_waits_leaves_the_queue() {
    let program = program();
    let mut shop = live(&program);
    let running = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&running, "Bake"));
    let waiting = shop.deploy("1.2.0", &BOTH);
    assert!(shop.region.run_until(&waiting, "AwaitTurn"));
    shop.region.step();
    assert!(shop.has("waiting#"));
    assert_eq!(cancel(&shop, &waiting).status, 202);
    shop.region.run();
    assert_eq!(shop.path(&waiting), WAITED);
    let end = ended(&shop, &waiting);
    assert_eq!(end.ending, Ending::Rejected);
    assert_eq!(end.cause_name, "CancelledByOperator");
    assert!(end.cause.written().contains("before it had changed anything"), "{:?}", end.cause);
    assert_eq!(shop.path(&running), whole_way());
    assert_eq!(serves(&shop), both("3"));
    assert_free(&shop);
}

#[test]
fn a_deployment_that_waits_keeps_the_declaration_that_it_was_accepted_under() {
    let program = program();
    let mut shop = live(&program);
    let running = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&running, "Bake"));
    let waiting = shop.deploy("1.2.0", &BOTH);
    assert!(shop.region.run_until(&waiting, "AwaitTurn"));
    let changed = FUNCTIONS.replace("version: 1.0.0", "version: 1.1.0");
    let changed = changed.replace(", rollout: {canary: [50], every: 1m}", "");
    declare(&shop, &changed);
    shop.region.run();
    assert_eq!(shop.path(&running), whole_way());
    assert_eq!(shop.path(&waiting), path(&[WAITED, &whole_way()]));
    assert_eq!(shop.deployment(&waiting).declaration.to_string(), "1.0.0");
    let next = shop.deploy("1.3.0", &BOTH);
    shop.region.run();
    let all_at_once = path(&[GO, WAVE, WAVE, SUCCEEDED]);
    assert_eq!(shop.path(&next), all_at_once);
    assert_eq!(shop.deployment(&next).declaration.to_string(), "1.1.0");
    assert_eq!(serves(&shop), both("5"));
    assert_free(&shop);
}
