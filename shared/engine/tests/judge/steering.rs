//! Tests that the judge takes in what a person did at the wheel.

use crate::judge::scene::{DECLARATION, HEALTH, changed, changed_as, judge, judgement};
use crate::judge::twins::call_of;
use crate::stage::{Stage, id};
use windlass_domain::declaration::gate::{PauseThen, Verdict};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::steering::{PAUSE_RAN_OUT, Paused, SteeringRecord};
use windlass_domain::release::action::ActionName;
use windlass_engine::judge::handle;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_engine::ports::Clock;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

fn turn(stage: &Stage, action: ActionName, lasts_s: Option<u64>, then: PauseThen) {
    let key = ledger::deployment(&id());
    let mut record: Deployment = stage.get(&key).unwrap();
    let now = stage.world.now();
    record.wheel.push(SteeringRecord {
        action,
        wave: 0,
        at: now,
        by: "ann".into(),
        allowed_by: None,
        reason: "to look".into(),
        pause: lasts_s.map(|lasts_s| Paused { until: now.plus_s(lasts_s), pace_s: 60, then }),
    });
    stage.put(key, &record);
}

fn word(stage: &Stage, after_s: u64) -> (Transition, u64) {
    stage.pass_seconds(after_s);
    let answer = judge(stage, 0).unwrap();
    (answer.verdict, answer.seconds)
}

#[test]
fn a_paused_wave_goes_on_when_a_person_says_so() {
    let stage = changed();
    assert_eq!(word(&stage, 0), (Transition::Bake, 60));
    turn(&stage, ActionName::Pause, Some(3600), PauseThen::Continue);
    for _ in 0..5 {
        assert_eq!(word(&stage, 60).0, Transition::Bake);
    }
    assert_eq!(judgement(&stage, 0).paused_polls, 5);
    turn(&stage, ActionName::Continue, None, PauseThen::Continue);
    assert_eq!(word(&stage, 0), (Transition::Change, 0));
}

/// It is recorded once, also if the wave is watched further. It is not recorded if a gate is red by then.
#[test]
fn a_pause_that_is_over_is_recorded_once() {
    for (is_red, wanted) in [(false, 2), (true, 1)] {
        let stage = changed();
        assert_eq!(word(&stage, 0).0, Transition::Bake);
        turn(&stage, ActionName::Pause, Some(1), PauseThen::Continue);
        stage.world.serve(HEALTH, if is_red { 502 } else { 200 }, "", 9);
        for _ in 0..3 {
            stage.pass_seconds(2);
            judge(&stage, 0).unwrap();
        }
        let record: Deployment = stage.get(&ledger::deployment(&id())).unwrap();
        assert_eq!(record.wheel.len(), wanted, "{:?}", record.wheel);
    }
}

#[test]
fn a_pause_ends_as_declared() {
    for (then, wanted) in [(PauseThen::Continue, Transition::Change), (PauseThen::Undo, Transition::Failed)] {
        let stage = changed();
        assert_eq!(word(&stage, 0).0, Transition::Bake);
        turn(&stage, ActionName::Pause, Some(600), then);
        assert_eq!(word(&stage, 599).0, Transition::Bake);
        stage.pass_seconds(1);
        let answer = judge(&stage, 0).unwrap();
        assert_eq!(answer.verdict, wanted, "{then:?}");
        let again = judge(&stage, 0).unwrap();
        assert_eq!(again, answer, "asked again: the same");
        let record: Deployment = stage.get(&ledger::deployment(&id())).unwrap();
        let line = record.wheel.last().map(SteeringRecord::in_words).unwrap();
        let ended = "wave 1 goes on, by Windlass: \"its pause was over at ";
        assert_eq!(line.starts_with(ended), then == PauseThen::Continue, "{line}");
        assert_eq!(record.wheel.len(), if line.starts_with(ended) { 2 } else { 1 });
        if then == PauseThen::Undo {
            assert_eq!(answer.error, PAUSE_RAN_OUT);
            let begins = "the pause of wave 1 (api at 10 %) was over at ";
            assert!(answer.cause.starts_with(begins), "{}", answer.cause);
        }
    }
}

#[test]
fn what_is_red_undoes_a_paused_wave_and_one_whose_bake_is_skipped() {
    for (action, lasts_s) in [(ActionName::Pause, Some(3600)), (ActionName::SkipBake, None)] {
        let stage = changed();
        turn(&stage, action, lasts_s, PauseThen::Continue);
        stage.world.serve(HEALTH, 502, "", 9);
        assert_eq!(word(&stage, 1).0, Transition::Failed, "{action}");
    }
}

#[test]
fn a_skipped_bake_passes_at_the_next_look_and_not_while_a_gate_is_unknown() {
    let stage = changed_as(DECLARATION);
    turn(&stage, ActionName::SkipBake, None, PauseThen::Continue);
    stage.world.cloudwatch().denied = true;
    assert_eq!(word(&stage, 1).0, Transition::Bake);
    stage.world.cloudwatch().denied = false;
    assert_eq!(word(&stage, 12), (Transition::Change, 0));
    assert_eq!(judgement(&stage, 0).verdict, Verdict::Pass);
}

/// Safety: person at the wheel: A pause that comes while the gates are measured holds: the judge writes upon the record
/// that it read.
#[test]
fn a_pause_that_comes_while_the_gates_are_measured_holds() {
    let rehearsal = changed();
    let write = call_of(&rehearsal, "dynamodb.transact");
    let stage = changed();
    stage.pass_seconds(1);
    turn(&stage, ActionName::SkipBake, None, PauseThen::Continue);
    stage.world.plan_mishap(write, When::Before, Mishap::Pause);
    let mut judging = std::pin::pin!(handle(&stage.world, stage.judge_input(0)));
    assert!(until_pause(judging.as_mut()).is_none());
    turn(&stage, ActionName::Pause, Some(3600), PauseThen::Continue);
    let answer = run(judging);
    assert!(answer.is_err() || answer.unwrap().verdict == Transition::Bake, "it passed over a pause");
    assert_eq!(judgement(&stage, 0).verdict, Verdict::Unknown);
}
