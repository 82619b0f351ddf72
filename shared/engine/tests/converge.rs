//! The promises of `converge`, each with a kind that is as small as can be.

use crate::dial::{Turning, dial};
use std::pin::Pin;
use windlass_domain::deployment::step::{OPEN_CALL_GRACE_S, StepFailure, StepStatus};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_engine::payload::{WorkDone, WorkTransition};
use windlass_engine::ports::{Clock, Result};
use windlass_world::conformance::{Trial, conforms};
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

pub static ONE: Turning = Turning { goals: &["b"], slow_ms: 0 };

pub static TWO: Turning = Turning { goals: &["b", "c"], slow_ms: 0 };

pub fn begin(subject: &Turning) -> Trial<'_, Turning> {
    Trial::begin(subject).unwrap()
}

/// Returns the calls of a forward run without a mishap.
fn rehearsed() -> Vec<&'static str> {
    let rehearsal = begin(&ONE);
    let _ = rehearsal.forward();
    rehearsal.scene.world.mishaps().calls.clone()
}

/// Begins a trial of one wave, with a mishap at the first call of that name.
pub fn one_with(name: &str, when: When, mishap: Mishap) -> Trial<'static, Turning> {
    let trial = begin(&ONE);
    let call = rehearsed().iter().position(|call| *call == name).unwrap();
    trial.scene.world.plan_mishap(call as u64 + 1, when, mishap);
    trial
}

/// Makes one invocation, forward.
pub async fn invoke(trial: &Trial<'_, Turning>) -> Result<WorkDone> {
    let work = trial.work(Some(0), 1).unwrap();
    trial.invoke(&work).await
}

/// Makes one invocation, up to the planned pause.
pub fn paused(trial: &Trial<'_, Turning>) -> Pin<Box<impl Future<Output = Result<WorkDone>>>> {
    let mut invocation = Box::pin(invoke(trial));
    assert!(until_pause(invocation.as_mut()).is_none());
    invocation
}

fn points_at(trial: &Trial<'_, Turning>) -> String {
    dial(&trial.scene.world).state.points_at
}

/// Asserts that the wave failed because someone else changed the target, and that an undo leaves that alone.
pub fn assert_other_is_kept(trial: &Trial<'_, Turning>) {
    let found = failure_finding(trial.step().unwrap().failure);
    assert_eq!(found, FindingName::TargetChangedByOther);
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    assert_eq!(points_at(trial), "x");
}

fn fault(name: FaultName) -> Mishap {
    Mishap::Fault(Fault::new(name, "planned"))
}

pub fn name_of<T>(answer: &Result<T>) -> Option<FaultName> {
    answer.as_ref().err().map(|fault| fault.name)
}

pub fn failure_finding(failure: Option<StepFailure>) -> FindingName {
    match failure {
        Some(StepFailure::Finding(finding)) => finding.name,
        other => panic!("{other:?}"),
    }
}

/// Safety: kinds: A kind that is as small as can be, in one wave, conforms.
#[test]
fn a_kind_with_one_wave_conforms() {
    conforms(&ONE);
}

/// Safety: kinds: A kind that is as small as can be, slow and in three waves, conforms.
#[test]
fn a_slow_kind_with_three_waves_conforms() {
    conforms(&Turning { goals: &["b", "c", "d"], slow_ms: 25_000 });
}

/// Safety: fence: An invocation whose token is stale changes nothing.
#[test]
fn a_stale_token_changes_nothing() {
    let trial = begin(&ONE);
    trial.set_token(2).unwrap();
    let answer = run(invoke(&trial));
    assert_eq!(name_of(&answer), Some(FaultName::StaleToken));
    assert_eq!(dial(&trial.scene.world).turns, 0);
    assert_eq!(trial.step().unwrap().attempt, 0);
}

#[test]
fn a_token_that_grows_stale_on_the_way_stops_before_the_switch() {
    let trial = one_with("dial.stock", When::After, Mishap::Pause);
    let invocation = paused(&trial);
    trial.set_token(2).unwrap();
    let answer = run(invocation);
    assert_eq!(name_of(&answer), Some(FaultName::StaleToken));
    assert_eq!(dial(&trial.scene.world).turns, 0);
}

/// Safety: fence: A twin with the same token supersedes the first invocation, which changes nothing from then on.
#[test]
fn a_twin_with_the_same_token_supersedes_the_first() {
    let trial = one_with("dial.stock", When::After, Mishap::Pause);
    let first = paused(&trial);
    let twin = run(invoke(&trial)).unwrap();
    assert_eq!(twin.verdict, WorkTransition::Changed);
    assert_eq!(name_of(&run(first)), Some(FaultName::AttemptSuperseded));
    assert_eq!(dial(&trial.scene.world).turns, 1);
    assert_eq!(trial.step().unwrap().status, StepStatus::Changed);
}

/// Safety: open calls: Whoever comes next waits until an open call cannot take effect any more.
#[test]
fn whoever_comes_next_waits_until_an_open_call_cannot_take_effect() {
    let trial = one_with("dial.turn", When::Before, Mishap::Pause);
    let late = paused(&trial);
    let open = trial.step().unwrap().open.unwrap();
    assert_eq!(open.what, "turn a → b");
    let horizon = open.not_after.plus_s(OPEN_CALL_GRACE_S);
    assert!(trial.scene.world.now() < horizon);
    assert_eq!(run(invoke(&trial)).unwrap().verdict, WorkTransition::Changed);
    assert!(dial(&trial.scene.world).turned_at >= horizon);
    // A call that comes even later than that is stopped by its own condition.
    assert_eq!(name_of(&run(late)), Some(FaultName::AttemptSuperseded));
    assert_eq!(dial(&trial.scene.world).turns, 1);
}

#[test]
fn a_call_that_took_effect_while_its_horizon_was_waited_out_is_seen() {
    let trial = one_with("dial.turn", When::After, Mishap::Pause);
    drop(paused(&trial));
    trial.set_token(2).unwrap();
    assert_eq!(trial.answer(None, 2), Ok(WorkTransition::Changed));
    assert_eq!(points_at(&trial), "a");
    assert_eq!(dial(&trial.scene.world).turns, 2);
}

/// Makes an invocation that goes on so long after its open call was recorded. Returns its trial, and the fault that it
/// ends with.
pub fn late(ms: u64) -> (Trial<'static, Turning>, Option<FaultName>) {
    let calls = rehearsed();
    let turn = calls.iter().position(|call| *call == "dial.turn").unwrap();
    // The transactions: claim, begin, open.
    assert_eq!(calls[turn - 1], "dynamodb.transact");
    let trial = begin(&ONE);
    let world = &trial.scene.world;
    world.plan_mishap(turn as u64, When::After, Mishap::Pause);
    let slow = paused(&trial);
    run(world.sleep_ms(ms));
    let name = name_of(&run(slow));
    (trial, name)
}

/// Returns the fault of such an invocation, and how often the dial was turned by then.
fn sent_late(ms: u64) -> (Option<FaultName>, u32) {
    let (trial, name) = late(ms);
    let turns = dial(&trial.scene.world).turns;
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Changed));
    (name, turns)
}

/// Safety: open calls: Nothing is sent after the time that its open call leaves for sending.
#[test]
fn nothing_is_sent_after_the_call_s_own_horizon() {
    assert_eq!(sent_late(15_000), (Some(FaultName::StillInProgress), 0));
    // Nor is a call sent that could end after it: a send may take ten seconds.
    assert_eq!(sent_late(5_001), (Some(FaultName::StillInProgress), 0));
    assert_eq!(sent_late(5_000), (None, 1));
}

#[test]
fn a_lost_answer_is_waited_out_and_not_repeated() {
    let lost = fault(FaultName::Unavailable);
    let trial = one_with("dial.turn", When::After, lost);
    let answer = run(invoke(&trial));
    assert_eq!(name_of(&answer), Some(FaultName::StillInProgress));
    let open = trial.step().unwrap().open.unwrap();
    assert_eq!(run(invoke(&trial)).unwrap().verdict, WorkTransition::Changed);
    assert!(trial.scene.world.now() >= open.not_after.plus_s(OPEN_CALL_GRACE_S));
    assert_eq!(dial(&trial.scene.world).turns, 1);
    assert!(!trial.step().unwrap().changes.last().unwrap().answered);
}

/// Safety: late looks: A target is gone when every look has said so for 20 s.
#[test]
fn a_target_is_gone_when_every_look_says_so_for_as_long_as_one_may_be_behind() {
    // The target is gone, or what a change needs, such as a version that was just published.
    for call in ["dial.observe", "dial.turn"] {
        let trial = one_with(call, When::Before, fault(FaultName::NotFound));
        assert_eq!(trial.forward(), Ok(WorkTransition::Changed), "{call}");

        let trial = begin(&ONE);
        let gone = Fault::new(FaultName::NotFound, "planned");
        trial.scene.world.mishaps().refused.insert(call, gone);
        let began = trial.scene.world.now();
        assert_eq!(trial.forward(), Ok(WorkTransition::Failed), "{call}");
        assert!(trial.scene.world.now().ms_since(began) >= 20_000, "{call}");
        let failure = trial.step().unwrap().failure;
        assert!(matches!(failure, Some(StepFailure::Fault(fault)) if fault.name == FaultName::NotFound));
    }
}

#[test]
fn what_aws_refuses_for_good_is_recorded_as_the_failure() {
    let denied = fault(FaultName::AccessDenied);
    let trial = one_with("dial.turn", When::Before, denied);
    assert_eq!(trial.forward(), Ok(WorkTransition::Failed));
    let step = trial.step().unwrap();
    let Some(StepFailure::Fault(fault)) = step.failure else { panic!("{:?}", step.failure) };
    assert_eq!(fault.name, FaultName::AccessDenied);
    assert_eq!(fault.message, "turn a → b: planned");
    assert_eq!(step.open, None);
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Failed), "asked again");
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    assert_eq!(trial.step().unwrap().status, StepStatus::Undone);
}

#[test]
fn a_goal_that_cannot_be_reached_is_recorded_as_the_failure() {
    let subject = Turning { goals: &["nowhere"], slow_ms: 0 };
    let trial = begin(&subject);
    assert_eq!(trial.forward(), Ok(WorkTransition::Failed));
    let step = trial.step().unwrap();
    assert_eq!(step.status, StepStatus::Failed);
    assert_eq!(failure_finding(step.failure), FindingName::ChangeFailed);
}

/// Safety: undo: An undo that fails can be tried again by a recovery.
#[test]
fn an_undo_that_fails_can_be_tried_again_by_a_recovery() {
    let trial = begin(&ONE);
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    let next = trial.calls().len() as u64;
    // The undo: step, claim, observe.
    let denied = Fault::new(FaultName::AccessDenied, "planned");
    trial.scene.world.fail_call(next + 3, When::Before, denied);
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Failed));
    let step = trial.step().unwrap();
    assert_eq!(step.status, StepStatus::UndoFailed);
    assert!(step.undo_failure.is_some() && step.failure.is_none());
    trial.set_token(2).unwrap();
    assert_eq!(trial.answer(None, 2), Ok(WorkTransition::Changed));
    assert_eq!(points_at(&trial), "a");
}

/// Safety: out-of-band changes: A target that this deployment never switched is not written by its undo.
#[test]
fn a_step_that_never_began_has_nothing_to_undo() {
    let trial = begin(&ONE);
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    assert_eq!(trial.step().unwrap().status, StepStatus::Undone);
    assert!(!trial.scene.world.mishaps().calls[1..].contains(&"dial.observe"));
}

/// Safety: fence: A late invocation of an older wave is refused by what the step says.
#[test]
fn a_late_invocation_of_an_older_wave_is_refused() {
    let trial = begin(&TWO);
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    let late = trial.answer(Some(0), 1);
    assert_eq!(name_of(&late), Some(FaultName::AttemptSuperseded));
    assert_eq!(trial.answer(Some(1), 1), Ok(WorkTransition::Changed), "asked again");
    assert_eq!(dial(&trial.scene.world).turns, 2);
}

#[test]
fn one_invocation_waits_no_longer_than_its_budget_and_counts_its_time() {
    let subject = Turning { goals: &["b"], slow_ms: 600_000 };
    let trial = begin(&subject);
    let began = trial.scene.world.now();
    let answer = run(invoke(&trial));
    assert_eq!(name_of(&answer), Some(FaultName::StillInProgress));
    let took = trial.scene.world.now().ms_since(began);
    assert!((15_000..=45_000).contains(&took), "{took}");
    let step = trial.step().unwrap();
    assert_eq!((step.worked_ms, step.invocations), (took, 1));
}

#[test]
fn a_target_that_is_ready_in_a_moment_is_seen_soon() {
    let subject = Turning { goals: &["b"], slow_ms: 2_500 };
    let trial = begin(&subject);
    let began = trial.scene.world.now();
    assert_eq!(run(invoke(&trial)).unwrap().verdict, WorkTransition::Changed);
    let took = trial.scene.world.now().ms_since(began);
    assert!((2_500..4_000).contains(&took), "{took}");
}

/// Safety: fence: A refusal whose conditions hold, because a sibling's transaction is in the way, is tried again.
#[test]
fn a_sibling_s_transaction_in_the_way_is_waited_out() {
    let trial = begin(&ONE);
    trial.scene.world.dynamodb().busy = 3;
    assert_eq!(run(invoke(&trial)).unwrap().verdict, WorkTransition::Changed);
    assert_eq!(trial.step().unwrap().attempt, 1);
    trial.set_token(2).unwrap();
    trial.scene.world.dynamodb().busy = 99;
    let undo = trial.work(None, 2).unwrap();
    let answer = run(trial.invoke(&undo));
    assert_eq!(name_of(&answer), Some(FaultName::Unavailable));
}
