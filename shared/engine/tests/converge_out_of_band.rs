//! The promises of `converge` where somebody else changes the target as well.

use crate::converge::{
    ONE, TWO, assert_other_is_kept, begin, failure_finding, invoke, late, name_of, one_with, paused,
};
use crate::dial::{Turning, dial, other_turns};
use windlass_domain::deployment::step::Step;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::ComponentName;
use windlass_engine::payload::WorkTransition;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::run;

#[test]
fn an_out_of_band_change_after_one_that_was_not_sent_in_time_is_not_overwritten() {
    let (trial, name) = late(15_000);
    assert_eq!(name, Some(FaultName::StillInProgress));
    other_turns(&trial.scene.world, "x");
    assert_eq!(trial.forward(), Ok(WorkTransition::Failed));
    assert_other_is_kept(&trial);
}

#[test]
fn an_out_of_band_change_before_the_first_one_is_not_overwritten() {
    let trial = begin(&ONE);
    other_turns(&trial.scene.world, "x");
    assert_eq!(trial.forward(), Ok(WorkTransition::Failed));
    assert_other_is_kept(&trial);
}

#[test]
fn an_out_of_band_change_between_look_and_send_is_not_overwritten() {
    let trial = one_with("dial.turn", When::Before, Mishap::Pause);
    let invocation = paused(&trial);
    other_turns(&trial.scene.world, "x");
    assert_eq!(run(invocation).unwrap().verdict, WorkTransition::Failed);
    assert_other_is_kept(&trial);
}

#[test]
fn a_revision_that_moved_without_a_change_is_only_looked_at_again() {
    let trial = one_with("dial.turn", When::Before, Mishap::Pause);
    let invocation = paused(&trial);
    other_turns(&trial.scene.world, "a");
    assert_eq!(run(invocation).unwrap().verdict, WorkTransition::Changed);
    assert_eq!(dial(&trial.scene.world).turns, 1);
}

#[test]
fn an_out_of_band_change_between_two_waves_fails_the_second() {
    let trial = begin(&TWO);
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Changed));
    other_turns(&trial.scene.world, "x");
    assert_eq!(trial.answer(Some(1), 1), Ok(WorkTransition::Failed));
    let found = failure_finding(trial.step().unwrap().failure);
    assert_eq!(found, FindingName::TargetChangedByOther);
}

#[test]
fn a_confirmed_change_that_is_needed_again_was_reverted_by_somebody_else() {
    let subject = Turning { goals: &["b"], slow_ms: 60_000 };
    let trial = begin(&subject);
    let answer = run(invoke(&trial));
    assert_eq!(name_of(&answer), Some(FaultName::StillInProgress));
    other_turns(&trial.scene.world, "a");
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Failed));
    let found = failure_finding(trial.step().unwrap().failure);
    assert_eq!(found, FindingName::TargetChangedByOther);
    assert_eq!(dial(&trial.scene.world).turns, 1);
}

#[test]
fn what_another_component_of_the_deployment_touched_is_brought_to_the_goal_and_back() {
    let trial = begin(&ONE);
    let points_at = || dial(&trial.scene.world).state.points_at;
    let touched_by = [ComponentName::new("infra").unwrap()].into();
    trial.put_step(&Step { touched_by, touched_first: true, ..trial.step().unwrap() }).unwrap();
    other_turns(&trial.scene.world, "x");
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    assert_eq!(points_at(), "b");
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    assert_eq!(points_at(), "a");
    // The other one is undone behind it, and touches it once more; also so that it goes back by the same change.
    for touched in ["x", "b"] {
        other_turns(&trial.scene.world, touched);
        let mut step = trial.step().unwrap();
        step.ask_again();
        trial.put_step(&step).unwrap();
        assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed), "{touched}");
        assert_eq!(points_at(), "a");
    }
}

#[test]
fn an_out_of_band_change_before_what_is_only_touched_later_is_not_overwritten() {
    let trial = begin(&TWO);
    let touched_by = [ComponentName::new("infra").unwrap()].into();
    trial.put_step(&Step { touched_by, behind: Some(1), ..trial.step().unwrap() }).unwrap();
    other_turns(&trial.scene.world, "x");
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Failed));
    assert_other_is_kept(&trial);
}

/// The stack's way back comes behind a rollback of what has its target from it.
#[test]
fn what_is_touched_after_its_own_change_is_brought_to_the_goal_behind_that() {
    let subject = Turning { goals: &["b", "b"], slow_ms: 0 };
    for (behind, wanted) in [(Some(1), WorkTransition::Changed), (None, WorkTransition::Failed)] {
        let trial = begin(&subject);
        let touched_by = [ComponentName::new("infra").unwrap()].into();
        trial.put_step(&Step { touched_by, behind, ..trial.step().unwrap() }).unwrap();
        assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Changed));
        // It goes from the same state to the same goal as before.
        other_turns(&trial.scene.world, "a");
        assert_eq!(trial.answer(Some(1), 1), Ok(wanted), "{behind:?}");
        let points_at = dial(&trial.scene.world).state.points_at;
        assert_eq!(points_at, if behind.is_some() { "b" } else { "a" });
    }
}

#[test]
fn what_was_touched_before_its_own_change_is_brought_back_as_well() {
    let trial = begin(&ONE);
    other_turns(&trial.scene.world, "x");
    let mut step = trial.step().unwrap();
    step.ask_again();
    trial.put_step(&step).unwrap();
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    assert_eq!(dial(&trial.scene.world).state.points_at, "a");
}
