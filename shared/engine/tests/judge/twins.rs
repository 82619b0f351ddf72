//! Tests that an invocation that lost the lock judges nothing, and that one beside a twin judges as the twin does.

use crate::judge::scene::{HEALTH, changed, judge};
use crate::stage::{Stage, TOKEN, id};
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::judge::handle;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

#[test]
fn a_stale_token_records_nothing() {
    let stage = changed();
    stage.hold_lock(TOKEN + 1);
    assert_eq!(judge(&stage, 0).unwrap_err().name, FaultName::StaleToken);
    assert!(stage.get::<Judgement>(&ledger::judgement(&id(), 0)).is_none());
}

#[test]
fn a_token_that_goes_stale_while_it_measures_records_nothing() {
    let stage = changed();
    let mut judging = std::pin::pin!(handle(&stage.world, stage.judge_input(0)));
    let write = call_of(&changed(), "dynamodb.transact");
    stage.world.plan_mishap(write, When::Before, Mishap::Pause);
    assert!(until_pause(judging.as_mut()).is_none());
    stage.hold_lock(TOKEN + 1);
    let answer = run(judging);
    assert_eq!(answer.unwrap_err().name, FaultName::StaleToken);
    assert!(stage.get::<Judgement>(&ledger::judgement(&id(), 0)).is_none());
}

/// Returns the number of the first call of that name in a judgement.
pub fn call_of(rehearsal: &Stage, name: &str) -> u64 {
    judge(rehearsal, 0).unwrap();
    let calls = rehearsal.world.mishaps().calls.clone();
    calls.iter().position(|call| *call == name).unwrap() as u64 + 1
}

#[test]
fn a_lost_answer_or_a_twin_counts_as_one_judgement() {
    let write = call_of(&changed(), "dynamodb.transact");
    let stage = changed();
    let lost = Fault::new(FaultName::Unavailable, "the answer was lost");
    stage.world.fail_call(write, When::After, lost);
    assert!(judge(&stage, 0).is_err());
    assert_eq!(judge(&stage, 0).unwrap().verdict, Transition::Bake);

    let stage = changed();
    stage.world.plan_mishap(write, When::Before, Mishap::Pause);
    let mut slow = std::pin::pin!(handle(&stage.world, stage.judge_input(0)));
    assert!(until_pause(slow.as_mut()).is_none());
    stage.world.serve(HEALTH, 502, "", 9);
    assert_eq!(judge(&stage, 0).unwrap().verdict, Transition::Failed);
    let answer = run(slow).unwrap();
    assert_eq!(answer.verdict, Transition::Failed, "the twin's verdict is final");
}
