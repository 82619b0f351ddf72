//! Tests of `Undo`: the reason why a deployment is undone.

use crate::conductor::scene::Scene;
use crate::conductor::undoing::why;
use crate::stage::id;
use std::pin::pin;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::{StepFailure, StepStatus};
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::{Span, Time};
use windlass_engine::{conductor, ledger};
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

/// An invocation is slow, while another execution takes over and ends the deployment.
///
/// Safety: recovery: An invocation that was taken over says nothing of why the deployment is undone.
#[test]
fn who_was_taken_over_says_nothing_of_why() {
    let rehearsal = Scene::new();
    let from = rehearsal.stage.world.mishaps().count();
    rehearsal.asks("Undo").unwrap();
    assert!(rehearsal.record().undoing.is_some());
    let to = rehearsal.stage.world.mishaps().count();
    for call in from + 1..=to {
        let mut scene = Scene::new();
        scene.stage.world.plan_mishap(call, When::Before, Mishap::Pause);
        let (world, ask) = (scene.stage.world.clone(), scene.stage.conducted("Undo"));
        let mut asked = pin!(conductor::handle(&world, ask));
        assert!(until_pause(asked.as_mut()).is_none());
        scene.end(Ending::Succeeded);
        scene.hold(None);
        assert_eq!(run(asked).unwrap_err().name, FaultName::StaleToken, "{call}");
        assert_eq!(scene.record().undoing, None, "{call}");
    }
}

pub fn finding() -> StepFailure {
    let name = FindingName::TargetMissing;
    StepFailure::Finding(Finding::new(name, "x", "it is gone", "make it"))
}

/// Returns why it is being undone, if the machine saw this error.
pub fn why_undone(scene: &Scene, error: &str) -> (String, String) {
    scene.serve(scene.stage.failed("Undo", error)).unwrap();
    let why = scene.record().undoing.unwrap();
    (why.name, why.text.written())
}

#[test]
fn what_failed_is_named_by_the_gate_else_by_components_else_as_the_machine_saw_it() {
    let scene = Scene::new();
    let (name, text) = why_undone(&scene, "");
    assert_eq!((name.as_str(), text.as_str()), ("Failed", "a step failed without a reason."));
    let scene = Scene::new();
    scene.plan(PlanOutcome::Change, 1);
    let (name, text) = why_undone(&scene, "States.Timeout");
    assert_eq!(name, "States.Timeout");
    assert_eq!(text, "a function failed with States.Timeout; its log says more.");

    scene.step("a", StepStatus::Failed, |step| {
        step.failure = Some(finding());
    });
    let again = why_undone(&scene, "Other").0;
    assert_eq!(again, "States.Timeout", "it is said once");

    let scene = Scene::new();
    scene.step("a", StepStatus::Failed, |step| {
        step.failure = Some(finding());
    });
    scene.step("b", StepStatus::Failed, |step| {
        step.failure = Some(StepFailure::Fault(Fault::internal("no idea")));
    });
    let (name, text) = why_undone(&scene, "States.Timeout");
    assert_eq!(name, "TargetMissing");
    let wanted = "a failed: It is gone. Make it.\n  b failed: Internal: no idea";
    assert_eq!(text, wanted);
}

fn fail_gate(scene: &Scene, look_at: &str) {
    let mut judgement = Judgement::begin(0, Time(0), Time(0), Span::ZERO, true);
    judgement.failed = Some(Measurement {
        gate: "shop-5xx".into(),
        source: "alarm".into(),
        component: None,
        verdict: Verdict::Fail,
        measured: "7".into(),
        threshold: "5".into(),
        value: None,
        limit: None,
        window: String::new(),
        look_at: look_at.into(),
        not_ready: false,
        counts_later: false,
        at: Time(0),
    });
    scene.stage.put(ledger::judgement(&id(), 0), &judgement);
    scene.plan(PlanOutcome::Change, 1);
}

#[test]
fn a_gate_that_failed_goes_before_components() {
    for (look_at, line) in [("the log", "\n  look at: the log"), ("", "")] {
        let scene = Scene::new();
        scene.step("a", StepStatus::Failed, |step| {
            step.failure = Some(finding());
        });
        fail_gate(&scene, look_at);
        let (name, text) = why_undone(&scene, "");
        assert_eq!(name, "GateFailed");
        let gate = "gate `shop-5xx` failed in wave 1 (api to version 2).";
        assert_eq!(text, format!("{gate}\n  measured 7, threshold 5{line}"));
    }
}

#[test]
fn what_had_failed_goes_before_a_stop() {
    // Whether something had failed, and whether a person stopped it. Expected: the name that is shown, and whether it
    // stays stopped.
    for (failed, stopped, name, stays) in [
        (false, true, "Stopped", true),
        (true, true, "GateFailed", false),
        (true, false, "Stopped", false),
        (false, false, "Stopped", false),
    ] {
        let mut scene = Scene::new();
        scene.change_record(|record| {
            record.undoing = Some(why("Stopped"));
            record.stopped = stopped;
        });
        if failed {
            fail_gate(&scene, "");
        }
        assert_eq!(why_undone(&scene, "Other").0, name, "{failed} {stopped}");
        assert_eq!(scene.record().stopped, stays, "{failed} {stopped}");
    }
}

#[test]
fn what_a_target_failed_does_not_lift_a_persons_stop() {
    let mut scene = Scene::new();
    scene.change_record(|record| {
        record.undoing = Some(why("Stopped"));
        record.stopped = true;
    });
    scene.step("a", StepStatus::Failed, |step| {
        step.failure = Some(finding());
    });
    assert_eq!(why_undone(&scene, "Other").0, "Stopped");
    assert!(scene.record().stopped);
}
