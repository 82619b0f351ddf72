//! Tests of the plans of functions that are called once.

use crate::task::scene::{TaskScene, running};
use serde_json::json;
use windlass_domain::text::digest::Digest;
use windlass_engine::kinds::needs::DeployerRole;

/// Returns the record after a call with these bytes has succeeded.
fn after(version: &str) -> windlass_domain::environment::Running {
    let work = json!({
        "sha256": Digest::of(version.as_bytes()), "command": ["jobs", "$LATEST", "{}"],
    });
    running(json!({"goal": {"back": work}, "noticed": {"value": work, "shown": ""}}))
}

#[test]
fn it_is_called_where_the_release_has_other_bytes_or_somebody_asks_again() {
    let mut scene = TaskScene::calling("jobs", None);
    let calls = |lines: &[String]| lines[0].starts_with("call function jobs once with sha256:");
    assert!(calls(&scene.plan_lines("1", None)));
    assert!(calls(&scene.plan_lines("2", Some(&after("1")))));
    let same = scene.plan_lines("1", Some(&after("1")));
    assert!(same[0].starts_with("is not called: function jobs has succeeded here already"));
    scene.again = true;
    assert!(calls(&scene.plan_lines("1", Some(&after("1")))));
    assert!(scene.world.lambda_invoke().asked.is_empty());
}

#[test]
fn what_is_not_there_or_not_ours_is_named() {
    let mut scene = TaskScene::calling("jobs", Some("live"));
    let missing = "TargetMissing components.migrate.function.name";
    assert_eq!(scene.plan_lines("1", None), [missing], "no such alias");
    scene.spec.function.as_mut().unwrap().alias = None;
    assert_eq!(scene.plan_lines("1", None).len(), 1);
    let mut functions = scene.world.lambda();
    functions.named("jobs").unwrap().tags.clear();
    drop(functions);
    let foreign = "TargetNotOurs components.migrate.function.name";
    assert_eq!(scene.plan_lines("1", None), [foreign]);
    scene.spec.function.as_mut().unwrap().name = "jbos".into();
    assert_eq!(scene.plan_lines("1", None), [missing], "no such function");
}

#[test]
fn what_may_outlast_its_caller_or_stay_is_warned_of() {
    let mut scene = TaskScene::calling("jobs", None);
    for (timeout_s, limit_s, warned) in [(120, 120, false), (121, 120, true), (720, 900, false), (721, 900, true)] {
        let mut functions = scene.world.lambda();
        functions.named("jobs").unwrap().timeout_s = timeout_s;
        drop(functions);
        scene.spec.limit = windlass_domain::text::time::Span::seconds(limit_s);
        let lines = scene.plan_lines("1", None);
        let is_warned = lines[1..] == ["MayOutlast"];
        assert_eq!(is_warned, warned, "{timeout_s} {limit_s} {lines:?}");
    }
    scene.spec.limit = windlass_domain::text::time::Span::seconds(900);
    scene.spec.undo = None;
    assert_eq!(scene.plan_lines("1", None)[1..], ["MayStay", "MayOutlast"]);
}

/// A task claims only its own calls, so that tasks may also call a function that is a component.
#[test]
fn a_call_takes_nothing_of_the_function_but_its_own_calls() {
    let scene = TaskScene::calling("jobs", None);
    let claims = scene.plan("1", None).claims;
    let claims: Vec<String> = claims.iter().map(|claim| format!("{claim:?}")).collect();
    assert_eq!(claims.len(), 1);
    assert!(claims[0].contains("task/windlass-shop_prod_migrate"), "{claims:?}");
}

#[test]
fn the_page_of_its_log_is_known_before_it_is_called() {
    let scene = TaskScene::calling("jobs", None);
    let log = || scene.plan("1", None).target["log"].clone();
    assert!(log().as_str().unwrap().ends_with("log-group/$252Faws$252Flambda$252Fjobs"));
    let mut functions = scene.world.lambda();
    functions.named("jobs").unwrap().log_group = Some("/shop".into());
    drop(functions);
    assert!(log().as_str().unwrap().ends_with("log-group/$252Fshop"));
}

/// A task that a release without bytes leaves out is not said to have run with them.
#[test]
fn an_irreversible_call_that_the_release_leaves_out_has_not_run_with_it() {
    let mut scene = TaskScene::calling("jobs", None);
    scene.spec.irreversible = true;
    scene.spec.undo = None;
    for (brings, expected) in [(true, true), (false, false)] {
        scene.brings = brings;
        let planned = scene.plan("1", Some(&after("1")));
        assert_eq!((planned.unchanged.is_some(), planned.irreversible), (true, expected));
    }
}

/// Without a role of the environment `run-task` calls the function, and not the role that a check asks about.
#[test]
fn only_the_environment_s_own_role_is_asked_whether_it_may_call() {
    let scene = TaskScene::calling("jobs", None);
    for (is_own, expected) in [(true, vec!["lambda:InvokeFunction"]), (false, vec![])] {
        let by = DeployerRole { role: "arn:aws:iam::111111111111:role/any", is_own, region: "eu-west-1" };
        assert_eq!(scene.needs(&by), expected);
    }
}
