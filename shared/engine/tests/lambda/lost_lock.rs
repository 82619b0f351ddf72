//! Tests of a function whose execution was taken over while a call of it was slow.

use crate::lambda::scene::{Setting, function};
use windlass_domain::text::fault::FaultName;
use windlass_engine::payload::WorkTransition;
use windlass_world::conformance::Trial;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

/// Safety: fence: Who was taken over does not replace a function's code again.
#[test]
fn who_was_taken_over_does_not_replace_code_again() {
    let setting = Setting { alias: true, ..Setting::default() };
    let rehearsal = Trial::begin(&setting).unwrap();
    assert_eq!(rehearsal.forward(), Ok(WorkTransition::Changed));
    let calls = rehearsal.scene.world.mishaps().calls.clone();
    let update = calls.iter().position(|c| *c == "lambda.update_code");
    let trial = Trial::begin(&setting).unwrap();
    let world = &trial.scene.world;
    world.plan_mishap(update.unwrap() as u64 + 1, When::After, Mishap::Pause);
    let work = trial.work(Some(0), 1).unwrap();
    let mut slow = Box::pin(trial.invoke(&work));
    assert!(until_pause(slow.as_mut()).is_none());
    trial.set_token(2).unwrap();
    let theirs = function(world, |function| {
        function.publish_by_hand("the next deployment's");
        function.package.clone()
    });
    let answer = run(slow);
    let name = answer.err().map(|fault| fault.name);
    assert_eq!(name, Some(FaultName::StaleToken));
    assert_eq!(function(world, |function| function.package.clone()), theirs);
}
