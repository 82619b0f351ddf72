use crate::declaration::execution_history::LOOKS_OF_A_VISIT;
use crate::deployment::judgement::*;

const NOW: Time = Time(1_795_183_200_000);

fn measured(gate: &str, verdict: Verdict) -> Measurement {
    Measurement {
        gate: gate.to_owned(),
        source: "alarm".to_owned(),
        component: None,
        verdict,
        measured: "7.3".to_owned(),
        threshold: "5".to_owned(),
        value: None,
        limit: None,
        window: String::new(),
        look_at: String::new(),
        not_ready: false,
        counts_later: false,
        at: NOW,
    }
}

fn rule(becomes: UnknownBecomes, hold_s: u64) -> UnknownRule {
    UnknownRule { becomes, hold_for: Span::seconds(hold_s) }
}

fn hold() -> UnknownRule {
    rule(UnknownBecomes::Hold, 300)
}

fn in_words(judged: &Judged) -> String {
    match judged {
        Judged::Pass => "pass".to_owned(),
        Judged::Fail(measurement) => format!("fail {}", measurement.gate),
        Judged::RanOut { .. } => "ran out".to_owned(),
        Judged::Bake { seconds } => format!("bake {seconds}"),
    }
}

/// Safety: unknown: A wave passes, goes on or fails as a table says for each mixture of gates and each declared meaning
/// of unknown.
#[test]
fn the_table() {
    use UnknownBecomes::{Fail as UFail, Hold, Pass as UPass};
    use Verdict::{Fail, Pass, Unknown};
    // verdicts of the gates a, b, …; rule; unknown for s; bake left s; what it comes to
    let table: &[(&[Verdict], UnknownBecomes, u64, i64, &str)] = &[
        (&[], Hold, 0, 0, "pass"),
        (&[], Hold, 0, 30, "bake 30"),
        (&[Pass], Hold, 0, 0, "pass"),
        (&[Pass], Hold, 0, -5, "pass"),
        (&[Pass], Hold, 0, 1, "bake 5"),
        (&[Pass], Hold, 0, 59, "bake 59"),
        (&[Pass], Hold, 0, 600, "bake 60"),
        (&[Fail], Hold, 0, 600, "fail a"),
        (&[Fail], Hold, 0, 0, "fail a"),
        (&[Pass, Fail], Hold, 0, 600, "fail b"),
        (&[Unknown, Fail], Hold, 0, 600, "fail b"),
        (&[Unknown, Fail], UPass, 0, 600, "fail b"),
        (&[Unknown, Pass], UFail, 0, 600, "fail a"),
        (&[Unknown], UPass, 9999, 0, "pass"),
        (&[Unknown], UPass, 0, 20, "bake 20"),
        (&[Unknown], Hold, 0, 600, "bake 60"),
        (&[Unknown], Hold, 0, 0, "bake 5"),
        (&[Unknown], Hold, 0, -100, "bake 5"),
        (&[Unknown], Hold, 290, 600, "bake 10"),
        (&[Unknown], Hold, 299, 600, "bake 5"),
        (&[Unknown], Hold, 300, 600, "fail a"),
        (&[Pass, Unknown], Hold, 300, 600, "fail b"),
    ];
    for (verdicts, becomes, unknown_s, left_s, wanted) in table {
        let measurements: Vec<Measurement> =
            ["a", "b"].iter().zip(verdicts.iter()).map(|(gate, verdict)| measured(gate, *verdict)).collect();
        let since = Time(NOW.0 - unknown_s * 1000);
        let unknown = measurements.iter().map(|m| (gate_key(m), since)).collect();
        let until = Time(NOW.0.checked_add_signed(left_s * 1000).unwrap());
        let until = (until, EVERY_S);
        let judged = judge(&measurements, &rule(*becomes, 300), &unknown, until, NOW);
        assert_eq!(in_words(&judged), *wanted, "{verdicts:?} {becomes:?} unknown {unknown_s} s, left {left_s} s");
    }
}

#[test]
fn a_bake_of_nothing_judges_once() {
    let mut judgement = Judgement::begin(0, NOW, NOW, Span::ZERO, true);
    let judged = judgement.look(vec![measured("a", Verdict::Pass)], &hold(), NOW);
    assert_eq!(judged, Judged::Pass);
    assert_eq!((judgement.polls, judgement.verdict), (1, Verdict::Pass));
}

#[test]
fn unknown_is_counted_without_a_break_and_per_gate() {
    use Verdict::{Pass, Unknown};
    let mut judgement = Judgement::begin(0, NOW, NOW, Span::seconds(3600), true);
    let look = |judgement: &mut Judgement, a, b, at_s| {
        let seen = vec![measured("a", a), measured("b", b)];
        in_words(&judgement.look(seen, &hold(), NOW.plus_s(at_s)))
    };
    assert_eq!(look(&mut judgement, Unknown, Pass, 0), "bake 60");
    assert_eq!(look(&mut judgement, Pass, Unknown, 200), "bake 60");
    assert_eq!(look(&mut judgement, Unknown, Unknown, 320), "bake 60");
    assert_eq!(look(&mut judgement, Pass, Unknown, 499), "bake 5");
    assert_eq!(look(&mut judgement, Pass, Unknown, 500), "fail b");
    assert_eq!(judgement.failed.unwrap().measured, "unknown since 2026-11-20T14:03:20Z: 7.3");
}

#[test]
fn what_is_final_stays() {
    let mut judgement = Judgement::begin(0, NOW, NOW, Span::seconds(60), true);
    judgement.look(vec![measured("a", Verdict::Fail)], &hold(), NOW);
    let again = judgement.look(vec![measured("a", Verdict::Pass)], &hold(), NOW.plus_s(60));
    assert_eq!(in_words(&again), "fail a");
    assert_eq!(judgement.polls, 1);
    let mut judgement = Judgement::begin(0, NOW, NOW, Span::ZERO, true);
    judgement.look(vec![measured("a", Verdict::Pass)], &hold(), NOW);
    let again = judgement.look(vec![measured("a", Verdict::Fail)], &hold(), NOW);
    assert_eq!(in_words(&again), "pass");
}

#[test]
fn gates_that_do_not_decide_are_recorded() {
    let mut judgement = Judgement::begin(0, NOW, NOW, Span::ZERO, false);
    let judged = judgement.look(vec![measured("a", Verdict::Fail)], &hold(), NOW);
    assert_eq!(judged, Judged::Pass);
    assert_eq!(judgement.measurements[0].verdict, Verdict::Fail);
}

/// The state transitions of a wave until it passes, beside those of its changes.
fn judged(bake_s: u64) -> u64 {
    let bake = Span::seconds(bake_s);
    let mut judgement = Judgement::begin(0, NOW, NOW, bake, true);
    let (mut now, mut transitions, mut looks) = (NOW, 1, 0);
    loop {
        let seen = vec![measured("a", Verdict::Pass)];
        match judgement.look(seen, &hold(), now) {
            Judged::Bake { seconds } => {
                looks += u32::from(seconds == EVERY_S);
                transitions += match seconds {
                    EVERY_S if looks.is_multiple_of(LOOKS_OF_A_VISIT) => 2,
                    EVERY_S => 1,
                    _ => 3,
                };
                now = now.plus_s(seconds);
            }
            Judged::Pass => return transitions + 1,
            other => panic!("{other:?}"),
        }
    }
}

proptest::proptest! {
    /// Three components in up to six waves, whose deployers are asked 24 times in all.
    #[test]
    fn a_canary_of_an_hour_takes_at_most_150_transitions(
        ends in proptest::collection::btree_set(1u64..3600, 0..6),
    ) {
        let mut from = 0;
        let bakes: Vec<u64> = ends
            .into_iter()
            .chain([3600])
            .map(|end| end - std::mem::replace(&mut from, end))
            .collect();
        let waves = bakes.len() as u64;
        let judged: u64 = bakes.iter().map(|bake_s| judged(*bake_s)).sum();
        // `Admit` to `Prepared` and `Settle` to the ending; a Map and a Choice for each wave; a
        // Choice for each component's kind in each wave that it is in; the deployers' invocations.
        let transitions = 7 + 2 * waves + (3 + waves) + 24 + judged;
        proptest::prop_assert!(transitions <= 150, "{transitions}: {bakes:?}");
    }
}

#[test]
fn a_judgement_of_an_older_windlass_is_looked_at_every_minute() {
    let judgement = Judgement::begin(0, NOW, NOW, Span::ZERO, true).at_pace(90);
    let mut item = serde_json::to_value(&judgement).unwrap();
    item.as_object_mut().unwrap().remove("pace_s");
    let read: Judgement = serde_json::from_value(item).unwrap();
    assert_eq!(read, judgement.at_pace(60));
}

#[test]
fn what_is_not_ready_is_held_whatever_unknown_becomes() {
    let not_ready = Measurement { not_ready: true, ..measured("a", Verdict::Unknown) };
    for becomes in [UnknownBecomes::Hold, UnknownBecomes::Fail, UnknownBecomes::Pass] {
        let rule = rule(becomes, 300);
        let mut judgement = Judgement::begin(0, NOW, NOW, Span::seconds(0), true);
        let look = judgement.look(vec![not_ready.clone()], &rule, NOW);
        assert_eq!(look, Judged::Bake { seconds: 5 }, "{becomes:?}");
        let look = judgement.look(vec![not_ready.clone()], &rule, NOW.plus_s(299));
        assert_eq!(look, Judged::Bake { seconds: 5 }, "{becomes:?}");
        let mut too_long = judgement.clone();
        let look = too_long.look(vec![not_ready.clone()], &rule, NOW.plus_s(300));
        assert!(matches!(look, Judged::Fail(_)), "{becomes:?}: {look:?}");
        let look = judgement.look(vec![measured("a", Verdict::Pass)], &rule, NOW.plus_s(300));
        assert_eq!(look, Judged::Pass, "{becomes:?}");
    }
}

#[test]
fn what_counts_later_decides_nothing_and_is_no_measurement() {
    let later = Measurement { counts_later: true, ..measured("a", Verdict::Unknown) };
    for becomes in [UnknownBecomes::Hold, UnknownBecomes::Fail, UnknownBecomes::Pass] {
        let rule = rule(becomes, 300);
        let mut judgement = Judgement::begin(0, NOW, NOW, Span::seconds(60), true);
        let look = judgement.look(vec![later.clone()], &rule, NOW);
        assert_eq!((look, judgement.unknown_since.len()), (Judged::Bake { seconds: 60 }, 0), "{becomes:?}");
        let mut beside = judgement.clone();
        let both = vec![later.clone(), measured("b", Verdict::Unknown)];
        let look = beside.look(both, &rule, NOW.plus_s(60));
        assert_eq!(look == Judged::Pass, becomes == UnknownBecomes::Pass, "{becomes:?}");
        assert_eq!(judgement.look(vec![later.clone()], &rule, NOW.plus_s(60)), Judged::Pass, "{becomes:?}");
        assert!(!judgement.is_measured());
        let mut recorded = Judgement::begin(0, NOW, NOW, Span::ZERO, false);
        assert_eq!(recorded.look(vec![later.clone()], &rule, NOW), Judged::Pass);
        assert_eq!(recorded.against, None, "{becomes:?}");
    }
}

#[test]
fn a_gate_is_known_until_the_last_look_that_knew_it() {
    let changed = Time(10_000_000);
    let begun = changed.plus_s(60);
    let mut judgement = Judgement::begin(0, changed, begun, Span::seconds(86_400), true);
    let known = |judgement: &Judgement| judgement.known_until("alarm", "red");
    assert_eq!(known(&judgement), changed, "nobody has looked");
    let look = |judgement: &mut Judgement, seconds: u64, verdict: Verdict| {
        let seen = measured("red", verdict);
        judgement.look(vec![seen], &UnknownRule::default(), changed.plus_s(seconds));
    };
    look(&mut judgement, 2_000, Verdict::Pass);
    assert_eq!(known(&judgement), changed.plus_s(2_000));
    // The look before the first that did not know it was at most so long before.
    look(&mut judgement, 3_000, Verdict::Unknown);
    look(&mut judgement, 3_060, Verdict::Unknown);
    assert_eq!(known(&judgement), changed.plus_s(3_000 - SLOWEST_S));
    look(&mut judgement, 3_120, Verdict::Pass);
    assert_eq!(known(&judgement), changed.plus_s(3_120));
    let mut unknown = Judgement::begin(0, changed, begun, Span::seconds(86_400), true);
    look(&mut unknown, 60, Verdict::Unknown);
    assert_eq!(known(&unknown), changed, "never before the change");
}

#[test]
fn a_look_goes_on_with_what_was_known() {
    use Verdict::{Pass, Unknown};
    let later = NOW.plus_s(600);
    // The gate's verdict at the last look of the wave before, and the time until which it is known as the look begins.
    for (verdict, known) in [(Pass, later), (Unknown, NOW)] {
        let mut before = Judgement::begin(0, NOW, NOW, Span::seconds(600), true);
        let rule = rule(UnknownBecomes::Pass, 300);
        before.look(vec![measured("a", verdict)], &rule, later);
        assert_eq!(before.verdict, Pass);
        let bare = Judgement::begin(1, later, later, Span::seconds(600), true);
        assert_eq!(bare.known_until("alarm", "a"), later);
        let look = bare.going_on(&before);
        assert_eq!((look.changed, look.until), (NOW, later.plus_s(600)));
        assert_eq!(look.known_until("alarm", "a"), known, "{verdict:?}");
        assert_eq!(look.known_until("alarm", "b"), later);
    }
}

/// A row: the measurements of each wave, each as gate, component (`-` is the whole release) and verdict; the components
/// that the deployment brought; and those of them that were measured.
type Row = (&'static [&'static str], &'static str, &'static str);

#[test]
fn only_what_a_gate_passed_by_a_measurement_is_measured() {
    let table: [Row; 10] = [
        (&["a api pass"], "api web", "api"),
        (&["a - pass"], "api web", "api web"),
        (&["a api pass, b web pass"], "api web", "api web"),
        // An unknown gate that the declaration lets pass has measured nothing, and one that passed beside it has.
        (&["a - unknown"], "api web", ""),
        (&["a api unknown"], "api", ""),
        (&["a api unknown, b api pass"], "api", "api"),
        // A gate of what stays as it is says nothing of what comes.
        (&["a web pass"], "api", ""),
        (&[""], "api", ""),
        // The last measurement of a gate counts.
        (&["a api pass", "a api unknown"], "api", ""),
        (&["a api unknown, b api pass", "a api pass"], "api", "api"),
    ];
    let component = |text: &str| ComponentName::new(text).unwrap();
    let names = |text: &str| text.split_whitespace().map(component).collect::<BTreeSet<_>>();
    for (waves, brought, wanted) in table {
        let judgements = (0..).zip(waves).map(|(number, wave)| {
            let each = wave.split(", ").filter(|one| !one.is_empty()).map(|one| {
                let [gate, of, verdict] = one.split(' ').collect::<Vec<_>>()[..] else { panic!("{one}") };
                let verdict = if verdict == "pass" { Verdict::Pass } else { Verdict::Unknown };
                Measurement { component: (of != "-").then(|| component(of)), ..measured(gate, verdict) }
            });
            let measurements = each.collect();
            Judgement { measurements, ..Judgement::begin(number, NOW, NOW, Span::ZERO, true) }
        });
        // The ledger may list them in another order.
        let mut judgements: Vec<Judgement> = judgements.collect();
        judgements.reverse();
        assert_eq!(super::measured(&judgements, names(brought).iter()), names(wanted), "{waves:?} {brought}");
    }
}
