//! The rules that every kind of target must keep. A change made twice takes effect once. After a fault or a stop at any
//! call, going on arrives at the goal. Undo restores what was observed, and undo twice has the effect of once.

use crate::mishaps::{Mishap, When};
use crate::run::{run, until_pause};
use crate::trial::{PATIENCE, RETRY_MS, must, read};
pub use crate::trial::{Scene, Subject, Trial, deployment, held_for};
use std::collections::BTreeMap;
use std::pin::pin;
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::converge::Work;
use windlass_engine::kinds::{ChangeFacts, Class, Kind, LookContext, Next};
use windlass_engine::payload::{WorkDone, WorkTransition};
use windlass_engine::ports::{Clock, Result};

/// Checks all of it.
///
/// # Panics
/// If the kind does not keep one of the rules.
pub fn conforms(subject: &impl Subject) {
    a_change_made_twice_is_made_once(subject);
    a_mishap_at_any_call_arrives(subject);
    a_stop_at_any_call_can_be_undone(subject);
    a_mishap_at_any_call_of_the_undo_arrives(subject);
}

/// The mishaps that are tried at every call.
fn mishaps() -> Vec<(When, Mishap)> {
    let lost = Mishap::Fault(Fault::new(FaultName::Unavailable, "the answer was lost"));
    let throttled = Mishap::Fault(Fault::new(FaultName::Throttled, "slow down"));
    vec![
        (When::Before, lost.clone()),
        (When::After, lost),
        (When::Before, throttled),
        (When::Before, Mishap::Pause),
        (When::After, Mishap::Pause),
    ]
}

/// Invokes once; a pause kills the invocation.
fn invoke_or_kill(trial: &Trial<'_, impl Subject>, work: &Work) -> Option<Result<WorkDone>> {
    let mut invocation = pin!(trial.invoke(work));
    until_pause(invocation.as_mut())
}

/// Goes through the waves, being killed where a pause is planned; answers in which wave.
fn forward_until_killed(trial: &Trial<'_, impl Subject>) -> Option<u32> {
    for wave in trial.waves() {
        let work = must(trial.work(Some(wave), 1), "work");
        for _ in 0..PATIENCE {
            match invoke_or_kill(trial, &work) {
                None => return Some(wave),
                Some(Err(fault)) if fault.name.is_transient() => {
                    run(trial.scene.world.sleep_ms(RETRY_MS));
                }
                Some(_) => break,
            }
        }
    }
    None
}

/// The number of calls by which two calls are taken for the same one, and how often the same one is tried.
const SAME_CALLS: usize = 12;
const TRIED: usize = 2;

/// Returns the numbers of the calls from one on that are tried. Of the looks at a target that somebody waits for, one
/// is as the other: two of them are tried.
fn tried(calls: &[&'static str], from: usize) -> Vec<u64> {
    let mut met: BTreeMap<&[&str], usize> = BTreeMap::new();
    let is_new = |call: &usize| {
        let times = met.entry(&calls[call.saturating_sub(SAME_CALLS)..*call]).or_default();
        *times += 1;
        *times <= TRIED
    };
    (from + 1..=calls.len()).filter(is_new).map(|call| call as u64).collect()
}

fn calls_forward(subject: &impl Subject) -> Vec<u64> {
    let trial = must(Trial::begin(subject), "begin");
    let from = trial.calls().len();
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed), "{:?}", trial.step());
    let calls = trial.calls();
    let changes = must(trial.step(), "step").changes;
    trial.assert_arrived("without a mishap", &changes);
    tried(&calls, from)
}

fn a_change_made_twice_is_made_once<S: Subject>(subject: &S) {
    let trial = must(Trial::begin(subject), "begin");
    let kind = subject.kind(trial.scene.world.clone());
    let target = must(read(&trial.scene.target), "target");
    let mut sent: Vec<ChangeRecord> = Vec::new();
    for goal in &trial.scene.goals {
        let goal = must(read(goal), "goal");
        let mut made: Option<String> = None;
        for _ in 0..PATIENCE {
            let way =
                LookContext { goal: Some(&goal), made: made.as_deref(), changes: &sent, ..LookContext::default() };
            let is = must(run(kind.observe(&target, &way)), "observe");
            match S::Kind::next(&target, &is, &goal) {
                Next::Done => break,
                Next::Wait(seconds) => run(trial.scene.world.sleep_ms(seconds * 1000)),
                Next::WaitForHours => run(trial.scene.world.sleep_ms(900_000)),
                Next::Failed(finding) | Next::Theirs(finding) | Next::TakenBack(finding) => {
                    panic!("{finding:?}")
                }
                Next::Do(change) => {
                    let now = trial.scene.world.now();
                    sent.push(record(S::Kind::facts(&change, &is), now));
                    let name = run(kind.change(&target, &change, &deployment()));
                    made = must(name, "change").or(made);
                    if let Err(fault) = run(kind.change(&target, &change, &deployment())) {
                        assert_eq!(fault.name, FaultName::Conflict, "{change:?}: {fault}");
                    }
                }
            }
        }
    }
    trial.assert_arrived("each change made twice", &sent);
}

/// Returns the ledger's record of a change that was made and answered.
fn record(facts: ChangeFacts, now: Time) -> ChangeRecord {
    ChangeRecord {
        at: now,
        change: facts.value,
        what: facts.what,
        made: None,
        answered: true,
        answered_at: Some(now),
        wave: Some(0),
        undo: false,
        switching: facts.class == Class::Switching,
        token: 1,
    }
}

fn a_mishap_at_any_call_arrives(subject: &impl Subject) {
    for call in calls_forward(subject) {
        for (when, mishap) in mishaps() {
            let trial = must(Trial::begin(subject), "begin");
            let context = format!("{mishap:?} {when:?} call {call}");
            trial.scene.world.plan_mishap(call, when, mishap);
            if let Some(wave) = forward_until_killed(&trial) {
                let answer = trial.forward_from(wave);
                assert_eq!(answer, Ok(WorkTransition::Changed), "{context}: {:?}", trial.step());
            }
            let changes = must(trial.step(), &context).changes;
            trial.assert_arrived(&context, &changes);
        }
    }
}

fn a_stop_at_any_call_can_be_undone(subject: &impl Subject) {
    for call in calls_forward(subject) {
        for when in [When::Before, When::After] {
            let trial = must(Trial::begin(subject), "begin");
            let context = format!("stopped {when:?} call {call}, then recovered");
            trial.scene.world.plan_mishap(call, when, Mishap::Pause);
            let _ = forward_until_killed(&trial);
            must(trial.set_token(2), &context);
            assert_eq!(trial.answer(None, 2), Ok(WorkTransition::Changed), "{context}: {:?}", trial.step());
            trial.assert_restored(&context);
            assert_late_forward_is_refused(&trial, &context);
            trial.assert_restored(&context);
        }
    }
}

fn assert_late_forward_is_refused(trial: &Trial<'_, impl Subject>, context: &str) {
    for (token, refused) in [(1, FaultName::AttemptSuperseded), (2, FaultName::AttemptSuperseded)] {
        let late = trial.answer(Some(0), token);
        assert_eq!(late.map_err(|fault| fault.name), Err(refused), "{context}");
    }
}

fn calls_back(subject: &impl Subject) -> Vec<u64> {
    let trial = must(Trial::begin(subject), "begin");
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    let from = trial.calls().len();
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed), "{:?}", trial.step());
    let calls = trial.calls();
    trial.assert_restored("undone without a mishap");
    let changes: BTreeMap<String, usize> = count_switching(&trial);
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed), "undo twice");
    assert_eq!(count_switching(&trial), changes, "undo twice is once");
    trial.assert_restored("undone twice");
    tried(&calls, from)
}

fn count_switching(trial: &Trial<'_, impl Subject>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for change in must(trial.step(), "step").changes {
        *counts.entry(change.change.to_string()).or_default() += 1;
    }
    counts
}

fn a_mishap_at_any_call_of_the_undo_arrives(subject: &impl Subject) {
    for call in calls_back(subject) {
        for (when, mishap) in mishaps() {
            let trial = must(Trial::begin(subject), "begin");
            let context = format!("{mishap:?} {when:?} call {call}, in the undo");
            assert_eq!(trial.forward(), Ok(WorkTransition::Changed), "{context}");
            trial.scene.world.plan_mishap(call, when, mishap);
            let work = must(trial.work(None, 1), &context);
            let _ = invoke_or_kill(&trial, &work);
            assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed), "{context}: {:?}", trial.step());
            trial.assert_restored(&context);
        }
    }
}
