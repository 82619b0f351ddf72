use crate::declaration::gate::{Measurement, PauseThen, UnknownRule, Verdict};
use crate::deployment::judgement::{Judged, Judgement};
use crate::deployment::steering::tests::decide_tests::record;
use crate::deployment::steering::*;
use crate::text::time::Span;
use serde_json::json;

#[path = "steering/decide_tests.rs"]
mod decide_tests;

const NOW: Time = Time(1_795_183_200_000);
const HOUR_S: u64 = 3600;

fn paused(action: ActionName, at_s: u64, until_s: Option<u64>, then: PauseThen) -> SteeringRecord {
    SteeringRecord {
        action,
        wave: 1,
        at: NOW.plus_s(at_s),
        by: "ann".into(),
        allowed_by: None,
        reason: "to look".into(),
        pause: until_s.map(|until_s| Paused { until: NOW.plus_s(until_s), pace_s: 60, then }),
    }
}

fn turn(action: ActionName, at_s: u64, until_s: Option<u64>) -> SteeringRecord {
    paused(action, at_s, until_s, PauseThen::Continue)
}

#[test]
fn turns_move_the_end_of_the_watch() {
    use ActionName::{Continue, Pause, SkipBake};
    // Turns as (action, at, until), in seconds; when the watch is over whose bake ends after 600 s.
    type Row<'a> = (&'a [(ActionName, u64, Option<u64>)], Option<u64>);
    let table: &[Row<'_>] = &[
        (&[], None),
        (&[(Pause, 60, Some(300))], Some(600)),
        (&[(Pause, 60, Some(3600))], Some(3600)),
        (&[(Pause, 60, Some(3600)), (Continue, 90, None)], Some(600)),
        (&[(Pause, 60, Some(3600)), (Continue, 900, None)], Some(900)),
        (&[(Pause, 60, Some(3600)), (Pause, 900, Some(1000))], Some(1000)),
        (&[(Pause, 60, Some(700)), (Pause, 900, Some(800))], Some(800)),
        (&[(SkipBake, 60, None)], Some(60)),
        (&[(Pause, 60, Some(3600)), (SkipBake, 900, None)], Some(900)),
        (&[(SkipBake, 60, None), (Pause, 61, Some(3600))], Some(3600)),
        (&[(SkipBake, 60, None), (Pause, 61, Some(3600)), (Continue, 70, None)], Some(70)),
    ];
    for (turns, end_s) in table {
        let turns: Vec<SteeringRecord> = turns.iter().map(|it| turn(it.0, it.1, it.2)).collect();
        let end = steered(&turns, 1, NOW.plus_s(600)).map(|steered| steered.until);
        assert_eq!(end, end_s.map(|end_s| NOW.plus_s(end_s)), "{turns:?}");
        assert_eq!(steered(&turns, 0, NOW), None, "another wave");
    }
}

fn measured(verdict: Verdict) -> Measurement {
    serde_json::from_value(json!({"gate": "a", "source": "alarm", "verdict": verdict, "measured": "7.3",
        "threshold": "5", "at": NOW}))
    .unwrap()
}

/// Returns the results of the looks at a wave that bakes for ten minutes, at these seconds.
fn looked(turns: &[SteeringRecord], looks: &[(u64, Verdict)]) -> String {
    let mut judgement = Judgement::begin(1, NOW, NOW, Span::seconds(600), true);
    let mut results = vec![];
    for (at_s, verdict) in looks {
        judgement.steer(turns);
        let rule = UnknownRule::default();
        results.push(match judgement.look(vec![measured(*verdict)], &rule, NOW.plus_s(*at_s)) {
            Judged::Pass => "pass".to_owned(),
            Judged::Fail(_) => "fail".to_owned(),
            Judged::RanOut { until } => format!("ran out {}", until.ms_since(NOW) / 1000),
            Judged::Bake { seconds } => format!("bake {seconds}"),
        });
    }
    assert!(judgement.paused_polls <= judgement.polls);
    results.join(", ")
}

/// A case: its name, the turns, the verdicts with their times, and the result.
type Row<'a> = (&'a str, &'a [SteeringRecord], &'a [(u64, Verdict)], &'a str);

/// Safety: person at the wheel: Gates are judged while a wave is paused, and a red one undoes it.
#[test]
fn gates_are_judged_while_it_is_paused() {
    use ActionName::{Continue, Pause, SkipBake};
    use Verdict::{Fail, Pass, Unknown};
    let hour = || vec![turn(Pause, 60, Some(HOUR_S))];
    let undo = vec![paused(Pause, 60, Some(HOUR_S), PauseThen::Undo)];
    let went_on = [hour(), vec![turn(Continue, 1800, None)]].concat();
    let skipped = vec![turn(SkipBake, 60, None)];
    let table: [Row; 10] = [
        ("nobody", &[], &[(599, Pass), (600, Pass)], "bake 5, pass"),
        ("paused", &hour(), &[(600, Pass), (3590, Pass)], "bake 60, bake 10"),
        ("its bound", &hour(), &[(3600, Pass)], "pass"),
        ("its bound undoes", &undo, &[(3599, Pass), (3600, Pass)], "bake 5, ran out 3600"),
        ("asked again", &undo, &[(3600, Pass), (3700, Fail)], "ran out 3600, ran out 3600"),
        ("red meanwhile", &hour(), &[(1200, Fail)], "fail"),
        ("red at its bound", &undo, &[(3600, Fail)], "fail"),
        ("unknown meanwhile", &hour(), &[(1200, Unknown), (1500, Unknown)], "bake 60, fail"),
        ("unknown when it goes on", &went_on, &[(1800, Unknown), (1900, Pass)], "bake 5, pass"),
        ("skipped", &skipped, &[(60, Unknown), (65, Pass)], "bake 5, pass"),
    ];
    for (why, turns, looks, wanted) in table {
        assert_eq!(looked(turns, looks), wanted, "{why}");
    }
    assert_eq!(looked(&skipped, &[(60, Fail)]), "fail", "what is red does not pass");
}

#[test]
fn looks_of_a_pause_have_a_room_of_their_own() {
    use crate::declaration::execution_history::polls::Looks;
    let mut judgement = Judgement::begin(1, NOW, NOW, Span::seconds(600), true).within(Looks { baking: 12, held: 6 });
    let mut turns = vec![turn(ActionName::Pause, 0, Some(HOUR_S))];
    let mut at_s = 0;
    let mut look = |turns: &[SteeringRecord], at_s| {
        judgement.steer(turns);
        let seen = vec![measured(Verdict::Unknown)];
        let rule = UnknownRule { hold_for: Span::seconds(9000), ..UnknownRule::default() };
        match judgement.look(seen, &rule, NOW.plus_s(at_s)) {
            Judged::Bake { seconds } => seconds,
            other => panic!("{other:?}"),
        }
    };
    while at_s < 3540 {
        at_s += look(&turns, at_s);
    }
    turns.push(turn(ActionName::Continue, at_s, None));
    let after = look(&turns, at_s);
    assert!(after <= 600, "the looks of the bake are left: {after}");
    assert_eq!(judgement.paused_polls, 59);
}

#[test]
fn a_turn_is_shown_with_who_why_and_what_comes() {
    for (turn, words) in [
        (
            turn(ActionName::Pause, 0, Some(HOUR_S)),
            "wave 2 is paused until 2026-11-20T15:00:00Z by ann: \"to look\". Its gates are judged meanwhile; then it goes on.",
        ),
        (
            paused(ActionName::Pause, 0, Some(HOUR_S), PauseThen::Undo),
            "wave 2 is paused until 2026-11-20T15:00:00Z by ann: \"to look\". Its gates are judged meanwhile; then it is undone.",
        ),
        (turn(ActionName::Continue, 0, None), "wave 2 goes on, by ann: \"to look\"."),
        (
            turn(ActionName::SkipBake, 0, None),
            "the rest of the bake of wave 2 is skipped by ann: \"to look\". It passes at its next look, where no gate is red.",
        ),
    ] {
        assert_eq!(turn.message(&record()), format!("shop prod 1.1.0: {words}\n  deployment 1f0c2d9a4b5e6f70"));
    }
}
