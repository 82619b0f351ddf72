//! Tests of a deployer that comes late, while the ending of its deployment is being decided.

use crate::conductor::scene::Scene;
use crate::stage::{TOKEN, app, component, id, prod};
use std::pin::pin;
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::conductor;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::payload::Transition;
use windlass_engine::ports::{Condition, DynamoDbApi, Transacted, Write};
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

/// Writes the step as every write of a deployer does: on the condition that the step is unchanged and that the token is
/// still its own. Returns whether it was written.
fn comes_late(scene: &Scene, status: StepStatus) -> bool {
    let key = ledger::step(&id(), &component("api"));
    let mut step: Stored<Step> = run(ledger::require(&scene.stage.world, &key)).unwrap();
    step.value.status = status;
    let token = Condition::Field("token".into(), TOKEN.into());
    let fence = Write::check(ledger::lock(EnvironmentId::new(&app(), &prod())), token);
    let writes = vec![step.put().unwrap(), fence];
    run(scene.stage.world.transact(writes)).unwrap() == Transacted::Done
}

/// Serves the state while a deployer comes late at each call. Returns how often it could still write.
fn at_each_call(state: &str, ready: impl Fn() -> Scene, late: StepStatus, good: Transition) -> usize {
    let rehearsal = ready();
    let from = rehearsal.stage.world.mishaps().count();
    assert_eq!(rehearsal.asks(state).unwrap().verdict, good);
    let to = rehearsal.stage.world.mishaps().count();
    let mut written = 0;
    for call in from + 1..=to {
        let scene = ready();
        scene.stage.world.plan_mishap(call, When::Before, Mishap::Pause);
        let ask = scene.stage.conducted(state);
        let answer = {
            let mut asked = pin!(conductor::handle(&scene.stage.world, ask));
            assert!(until_pause(asked.as_mut()).is_none());
            let came = comes_late(&scene, late);
            written += usize::from(came);
            (run(asked), came)
        };
        let is_good = answer.0.is_ok_and(|answer| answer.verdict == good);
        assert_eq!(is_good, !answer.1, "{state}: late at call {call}");
    }
    written
}

fn undone() -> Scene {
    let scene = Scene::new();
    scene.step("api", StepStatus::Planned, |_| ());
    scene.step("jobs", StepStatus::Undone, |_| ());
    scene
}

/// Safety: fence: A deployer that begins while the undo is ended is seen or refused, at whichever call it comes.
#[test]
fn what_begins_while_an_undo_is_ended_is_seen_or_refused() {
    let written = at_each_call("SettleUndo", undone, StepStatus::Changing, Transition::RolledBack);
    assert!(written > 0, "before the token is raised");
}

/// Safety: fence: A component that is found wrong while its deployment is settled is seen or refused, at whichever call
/// that comes.
#[test]
fn what_is_taken_back_while_it_is_settled_is_seen_or_refused() {
    let written = at_each_call("Settle", Scene::judged, StepStatus::Failed, Transition::Succeeded);
    assert!(written > 0, "before the token is raised");
}

#[test]
fn an_ending_whose_answer_was_lost_at_any_call_is_decided_by_the_same_execution() {
    for (state, ready, ending) in
        [("SettleUndo", undone as fn() -> Scene, Ending::RolledBack), ("Settle", Scene::judged, Ending::Succeeded)]
    {
        let rehearsal = ready();
        let from = rehearsal.stage.world.mishaps().count();
        rehearsal.asks(state).unwrap();
        let to = rehearsal.stage.world.mishaps().count();
        for call in from + 1..=to {
            for when in [When::Before, When::After] {
                let scene = ready();
                let lost = Fault::new(FaultName::Unavailable, "no answer");
                scene.stage.world.plan_mishap(call, when, Mishap::Fault(lost));
                let _ = scene.asks(state);
                scene.asks(state).unwrap();
                assert_eq!(scene.ending().ending, ending, "{state}: {when:?} {call}");
                assert_eq!(scene.lock().held, None);
            }
        }
    }
}
