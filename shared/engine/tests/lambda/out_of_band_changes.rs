//! Tests of a function whose alias or code somebody else changes.

use crate::lambda::scene::{Brings, FUNCTION, Setting, function, package};
use crate::lambda::{alias, live};
use std::pin::pin;
use windlass_domain::deployment::step::StepFailure;
use windlass_engine::converge::Work;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::LambdaApi;
use windlass_world::World;
use windlass_world::conformance::Trial;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

#[test]
fn a_shift_by_somebody_else_is_not_overwritten() {
    let setting = alias();
    let trial = Trial::begin(&setting).unwrap();
    let work: Work = trial.work(Some(0), 1).unwrap();
    let world = &trial.scene.world;
    world.plan_mishap(call_of_shift(&setting), When::Before, Mishap::Pause);
    let mut invocation = pin!(async {
        loop {
            match trial.invoke(&work).await {
                Err(fault) if fault.name.is_transient() => {}
                answer => return answer,
            }
        }
    });
    assert!(until_pause(invocation.as_mut()).is_none());
    let half = shift_by_hand(world);
    assert_eq!(run(invocation).unwrap().verdict, WorkTransition::Failed);
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    assert_eq!(live(&trial).weights, half);
}

/// Returns the number of the call that shifts the alias.
fn call_of_shift(setting: &Setting) -> u64 {
    let rehearsal = Trial::begin(setting).unwrap();
    rehearsal.forward().unwrap();
    let calls = rehearsal.scene.world.mishaps().calls.clone();
    let shift = calls.iter().position(|call| *call == "lambda.update_alias");
    shift.unwrap() as u64 + 1
}

fn shift_by_hand(world: &World) -> [(String, String); 1] {
    let revision = run(world.alias(FUNCTION, "live")).unwrap().revision_id;
    let half = [("2".to_owned(), "0.5".to_owned())];
    run(world.update_alias(FUNCTION, "live", "1", &half, &revision)).unwrap();
    half
}

/// Safety: out-of-band changes: Somebody else's shift right after the confirmed one is not overwritten, neither forward
/// nor by the undo.
#[test]
fn a_shift_by_somebody_else_right_after_the_confirmed_one_is_not_overwritten() {
    let setting = alias();
    let confirmed = call_of_shift(&setting) + 1;
    let trial = Trial::begin(&setting).unwrap();
    let world = &trial.scene.world;
    world.plan_mishap(confirmed, When::After, Mishap::Pause);
    let work: Work = trial.work(Some(0), 1).unwrap();
    let half = loop {
        let mut invocation = pin!(trial.invoke(&work));
        if until_pause(invocation.as_mut()).is_none() {
            let half = shift_by_hand(world);
            assert_eq!(run(invocation).unwrap().verdict, WorkTransition::Failed);
            break half;
        }
    };
    assert_eq!(live(&trial).weights, half);
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Failed), "nor by the undo");
    assert_eq!(live(&trial).weights, half);
}

/// Safety: out-of-band changes: An undo overwrites somebody else's shift only when an operator asks for it again.
#[test]
fn an_undo_overwrites_somebody_elses_shift_only_when_it_is_asked_for_again() {
    let setting = alias();
    let trial = Trial::begin(&setting).unwrap();
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    let half = shift_by_hand(&trial.scene.world);
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Failed));
    assert_eq!(live(&trial).weights, half);
    let Some(StepFailure::Finding(finding)) = trial.step().unwrap().undo_failure else {
        panic!("it shows no finding");
    };
    insta::assert_snapshot!(finding.written(), @"TargetChangedByOther: components.api: Someone else changed the target of api after Windlass had: from 2 to 1 with 2 at 50 %. Windlass owns the code of function shop-api-prod, and version and weights of its alias live; every other field is yours. Remedy: Find out who changed it (CloudTrail), make sure that nobody else changes what Windlass owns, then go on as the next step says.");
    // A recovery that starts by itself has not looked.
    trial.set_token(2).unwrap();
    assert_eq!(trial.answer(None, 2), Ok(WorkTransition::Failed));
    assert_eq!(live(&trial).weights, half);
    // An operator has looked, and wants the state before.
    trial.set_operators_token(3).unwrap();
    assert_eq!(trial.answer(None, 3), Ok(WorkTransition::Changed));
    assert_eq!(live(&trial).weights, []);
}

/// Code that RevisionId guards is not overwritten, whatever sort of code it is: neither by what the wave still has to
/// do nor by the undo.
///
/// Safety: out-of-band changes: Somebody else's code right after the confirmed one is not overwritten, neither forward
/// nor by the undo.
#[test]
fn code_of_somebody_else_right_after_the_confirmed_one_is_not_overwritten() {
    for brings in [Brings::Zip, Brings::Image, Brings::Index] {
        let setting = Setting { brings, ..Setting::default() };
        let rehearsal = Trial::begin(&setting).unwrap();
        rehearsal.forward().unwrap();
        let calls = rehearsal.scene.world.mishaps().calls.clone();
        let mut calls = calls.iter();
        let update = calls.position(|call| *call == "lambda.update_code");
        let confirmed = update.unwrap() as u64 + 2;
        let trial = Trial::begin(&setting).unwrap();
        let world = &trial.scene.world;
        world.plan_mishap(confirmed, When::After, Mishap::Pause);
        let work: Work = trial.work(Some(0), 1).unwrap();
        let by_hand = package(world, brings, "by hand");
        loop {
            let mut invocation = pin!(trial.invoke(&work));
            if until_pause(invocation.as_mut()).is_none() {
                function(world, |function| {
                    function.publish_by_hand("by hand");
                    function.package = by_hand.clone();
                });
                assert_eq!(run(invocation).unwrap().verdict, WorkTransition::Failed, "{brings:?}");
                break;
            }
        }
        let is_theirs = || function(world, |function| function.package == by_hand);
        assert!(is_theirs(), "{brings:?}");
        assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Failed), "nor by the undo");
        assert!(is_theirs(), "{brings:?}, by the undo");
    }
}
