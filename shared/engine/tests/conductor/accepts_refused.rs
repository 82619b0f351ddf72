//! Tests of an `accept` that is refused.

use crate::conductor::accepting::{looked, stuck, there};
use crate::conductor::inputs::input;
use crate::conductor::scene::{FIRST, Scene, fault, in_short};
use crate::stage::{TOKEN, app, prod};
use serde_json::json;
use windlass_domain::deployment::Refusal;
use windlass_domain::deployment::accept_look::Live;
use windlass_domain::deployment::step::StepStatus;
use windlass_domain::environment::HeldState;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_world::stepfunctions::arn_of;

pub fn refusal(scene: &Scene, name: &str) -> Option<Refusal> {
    scene.stage.get(&ledger::refusal(&app(), &arn_of(name)))
}

#[test]
fn only_what_needs_an_operator_is_accepted() {
    for held in [None, Some(HeldState::Running), Some(HeldState::Recovering)] {
        let scene = Scene::new();
        scene.hold(held.map(|state| (FIRST, state)));
        let answer = scene.accepts("operator");
        let refused = (Transition::Rejected, "NothingToAccept");
        assert_eq!(in_short(&answer), refused, "{held:?}");
        assert!(answer.unwrap().cause.contains("`GET /apps/shop/environments/prod`"));
        assert_eq!(scene.lock().token, TOKEN);
    }
}

/// Safety: accept: Where a target cannot be seen, nothing is recorded, it is named, and the environment stays locked.
#[test]
fn what_could_not_be_seen_is_refused_by_name_and_the_environment_stays_locked() {
    use StepStatus::{Changed, UndoFailed, Undoing};
    let scene = stuck();
    scene.step("live", UndoFailed, |step| looked(step, there(json!(41))));
    let denied = || Fault::new(FaultName::AccessDenied, "lambda:GetAlias is not allowed");
    scene.step("denied", Undoing, |step| {
        looked(step, Live::Unknown(denied()));
    });
    scene.step("unseen", Changed, |_| ());
    let (lock, state) = (scene.lock(), scene.state());
    let answer = scene.accepts("operator");
    assert_eq!(in_short(&answer), (Transition::Rejected, "TargetNotSeen"));
    let refusal = refusal(&scene, "operator").unwrap();
    let paths: Vec<&str> = refusal.findings.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["components.denied", "components.unseen"]);
    assert!(refusal.findings[0].reason.written().contains("lambda:GetAlias is not allowed"));
    assert_eq!((scene.lock(), scene.state()), (lock, state));
    assert_eq!(scene.ending().resolved, None);
}

#[test]
fn where_the_function_that_looks_fails_nothing_is_accepted() {
    let scene = stuck();
    let first = scene.admit("operator", input("accept")).unwrap();
    let answer = scene.serve(Scene::accept_failed("operator", &first, "Throttled"));
    assert_eq!(in_short(&answer), (Transition::Rejected, "TargetNotSeen"));
    let paths = refusal(&scene, "operator").unwrap().findings.into_iter();
    let paths: Vec<String> = paths.map(|finding| finding.path).collect();
    assert_eq!(paths, ["environments.prod"]);
    let cause = answer.unwrap().cause;
    assert!(cause.contains("failed with Throttled"), "{cause}");
    assert!(cause.contains(r#"start {"action":"accept","#), "{cause}");
    assert!(scene.lock().held.is_some());
}

/// Safety: accept: What a recovery or another `accept` did between the look and the record ends the `accept`.
#[test]
fn what_a_recovery_went_on_with_since_the_look_is_not_accepted() {
    let scene = stuck();
    let first = scene.admit("operator", input("accept")).unwrap();
    let mut lock = scene.lock();
    lock.token += 1;
    scene.stage.put(ledger::lock(EnvironmentId::new(&app(), &prod())), &lock);
    let answer = scene.serve(Scene::accept_after("operator", &first));
    assert_eq!(fault(answer).0, FaultName::StaleToken);
    assert_eq!(scene.lock(), lock);
}
