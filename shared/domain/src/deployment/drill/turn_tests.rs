use crate::deployment::admission::Decision;
use crate::deployment::admission_scene::{Scene, id};
use crate::deployment::drill::Drills;
use crate::deployment::drill::tests::{begun, coming_back};
use crate::environment::HeldState;
use crate::release::action::ActionName;

fn in_short(decision: &Decision) -> String {
    match decision {
        Decision::Take => "take".into(),
        Decision::Wait => "wait".into(),
        Decision::WaitUntil(until) => format!("wait until {until}"),
        Decision::Preempt(held) => format!("preempt {}", held.deployment),
        Decision::Superseded(by) => format!("superseded by {}", by.by),
        Decision::Reject(findings) => findings.iter().map(|one| one.name.to_string()).collect::<Vec<_>>().join(", "),
    }
}

type Row = (fn(&mut Scene), &'static str);

fn check(drill: Option<&Drills>, who: (&str, ActionName), table: &[Row]) {
    for (number, (change, wanted)) in table.iter().enumerate() {
        let mut scene = Scene::new();
        scene.candidate.id = id(who.0);
        scene.candidate.action = who.1;
        scene.drill = drill.and_then(|drills| drills.under_way.clone());
        change(&mut scene);
        assert_eq!(in_short(&scene.decision()), *wanted, "row {number}");
    }
}

fn holds(scene: &mut Scene, by: &str, action: ActionName, state: HeldState) {
    scene.held(by, action, state);
}

#[test]
fn the_way_there_goes_only_where_nothing_else_does() {
    use ActionName::{Deploy, Rollback};
    use HeldState::{NeedsOperator, Recovering, Running};
    check(
        Some(&begun()),
        ("there", ActionName::Drill),
        &[
            (|_| (), "take"),
            (|s| _ = s.hold(), "Held"),
            (|s| _ = s.closed(60, true), "Held"),
            (|s| holds(s, "other", Deploy, Running), "NotIdle"),
            (|s| holds(s, "other", Rollback, Running), "NotIdle"),
            (|s| holds(s, "other", Deploy, Recovering), "NotIdle"),
            (|s| holds(s, "other", Deploy, NeedsOperator), "NeedsOperator"),
            (|s| _ = s.waits("other", 9, &["a"]), "NotIdle"),
            (|s| _ = s.veto(), "take"),
        ],
    );
}

#[test]
fn the_way_back_goes_only_where_what_the_drill_brought_still_runs() {
    use ActionName::Rollback;
    use HeldState::Running;
    check(
        Some(&coming_back(1)),
        ("back", ActionName::Drill),
        &[
            (|s| s.state.snapshot = 4, "take"),
            (|s| s.hold().state.snapshot = 4, "take"),
            (|s| s.closed(60, false).state.snapshot = 4, "take"),
            (|s| s.waits("other", 9, &["a"]).state.snapshot = 4, "take"),
            (|s| s.there("a", "other").state.snapshot = 5, "superseded by other"),
            (|s| holds(s, "other", Rollback, Running), "superseded by other"),
        ],
    );
}

#[test]
fn a_release_stops_the_way_there_and_waits_for_the_way_back() {
    use ActionName::{Deploy, Drill, Rollback};
    use HeldState::{Recovering, Running};
    check(
        Some(&begun()),
        ("me", Deploy),
        &[
            (|s| holds(s, "there", Drill, Running), "preempt there"),
            (|s| holds(s, "there", Drill, Recovering), "wait"),
            (|s| _ = s.hold(), "Held"),
        ],
    );
    check(
        Some(&coming_back(1)),
        ("me", Deploy),
        &[
            (|s| holds(s, "back", Drill, Running), "wait"),
            (|s| s.candidate.preempt = true, "wait"),
            // between the two ways, also where the release was live and a drill has replaced it for a while
            (|_| (), "wait"),
            (|s| _ = s.live().there("a", "there"), "wait"),
        ],
    );
    check(
        Some(&coming_back(1)),
        ("me", Rollback),
        &[(|_| (), "take"), (|s| holds(s, "back", Drill, Running), "preempt back")],
    );
    check(None, ("me", Deploy), &[(|_| (), "take")]);
}
