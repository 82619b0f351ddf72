use crate::deployment::admission::*;
use crate::deployment::admission_scene::{Scene, id, names, order};
use crate::release::identity::Order;

fn in_words(decision: &Decision) -> String {
    match decision {
        Decision::Take => "take".to_owned(),
        Decision::Wait => "wait".to_owned(),
        Decision::WaitUntil(until) => format!("wait until {until}"),
        Decision::Preempt(held) => format!("preempt {}", held.deployment),
        Decision::Superseded(Replaced { by, how }) => {
            let how = match how {
                Supersession::Waits => "which waits",
                Supersession::Newer => "which is newer",
                Supersession::Since => "since",
            };
            format!("superseded by {by}, {how}")
        }
        Decision::Reject(findings) => findings
            .iter()
            .map(|finding| format!("{} at {}", finding.name, finding.path))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

type Row = (fn(&mut Scene) -> &mut Scene, &'static str);

fn check(table: &[Row]) {
    for (number, (change, wanted)) in table.iter().enumerate() {
        let mut scene = Scene::new();
        change(&mut scene);
        assert_eq!(in_words(&scene.decision()), *wanted, "row {number}");
    }
}

/// Three days, in seconds.
const THREE_DAYS: u64 = 3 * 24 * 3600;

#[test]
fn the_clock_holds_as_a_hold_does_or_lets_wait() {
    use ActionName::{Restore, Rollback, Withdraw};
    use HeldState::Running;
    let until = "wait until 1970-01-04T00:00:00Z";
    check(&[
        (|s| s.closed(60, false), "Held at environments.prod"),
        (|s| s.closed(60, false).by_person(), "Held at environments.prod"),
        (|s| s.closed(60, false).through_hold(), "take"),
        (|s| s.closed(60, false).rollback(), "take"),
        (|s| s.closed(60, false).acts(Restore), "take"),
        (|s| s.closed(60, false).acts(Withdraw), "take"),
        (|s| s.closed(60, false).hold(), "Held at environments.prod, Held at environments.prod"),
        (|s| s.closed(60, false).veto(), "Held at environments.prod, Vetoed at environments.prod"),
        // It waits for three days at most, and only where nothing else is in its way.
        (|s| s.closed(THREE_DAYS, true), until),
        (|s| s.closed(THREE_DAYS + 1, true), "Held at environments.prod"),
        (|s| s.closed(THREE_DAYS, true).through_hold(), "take"),
        (|s| s.closed(THREE_DAYS, true).rollback(), "take"),
        (|s| s.closed(THREE_DAYS, true).hold(), "Held at environments.prod"),
        (|s| s.closed(THREE_DAYS, true).held("other", Rollback, Running), until),
        (|s| s.closed(THREE_DAYS, true).held("other", ActionName::Deploy, Running), until),
        // Newer releases take its place, and it is in the way of none that goes.
        (|s| s.closed(THREE_DAYS, true).mark("a", "new", 6).mark("b", "new", 6), "superseded by new, which is newer"),
        (|s| s.closed(THREE_DAYS, true).waits("new", 6, &["a", "b"]), "superseded by new, which waits"),
        (|s| s.closed(THREE_DAYS, true).waits("new", 6, &["a"]), until),
        (|s| s.closed(THREE_DAYS, true).waits("new", 6, &["a", "b"]).through_hold(), "take"),
        (|s| s.closed(THREE_DAYS, true).waits("new", 6, &["a"]).through_hold(), "take"),
        (|s| s.closed(THREE_DAYS, true).waits("new", 6, &["a"]).acts(Restore), "take"),
        (|s| s.closed(60, false).operator_waits("op", 6).through_hold(), "wait"),
    ]);
}

#[test]
fn holds_and_vetoes() {
    check(&[
        (|s| s, "take"),
        (|s| s.hold(), "Held at environments.prod"),
        (|s| s.hold().by_person(), "Held at environments.prod"),
        (|s| s.hold().through_hold(), "take"),
        (|s| s.hold().rollback(), "take"),
        (|s| s.veto(), "Vetoed at environments.prod"),
        (|s| s.veto().by_person(), "Vetoed at environments.prod"),
        (|s| s.veto().rollback(), "take"),
        (|s| s.hold().veto(), "Held at environments.prod, Vetoed at environments.prod"),
        (|s| s.hold().veto().through_hold(), "Vetoed at environments.prod"),
        (
            |s| {
                s.candidate.again = true;
                s.veto()
            },
            "take",
        ),
        (|s| s.veto().own(), "Vetoed at environments.prod"),
        (|s| s.stopped(), "Stopped at environments.prod"),
        (|s| s.stopped().by_person(), "Stopped at environments.prod"),
        (|s| s.stopped().own(), "take"),
        (|s| s.stopped().again(), "take"),
        (|s| s.stopped().running(), "take"),
        (|s| s.stopped().rollback(), "take"),
    ]);
}

#[test]
fn an_arrival_does_not_bring_back_what_was_replaced() {
    check(&[
        (|s| s.live().there("a", "op").there("b", "op"), "superseded by op, since"),
        // Only one of them was replaced.
        (|s| s.live().there("a", "former").there("b", "op"), "superseded by op, since"),
        // Newer releases that came since change nothing.
        (
            |s| {
                s.live().there("a", "op").there("b", "op");
                s.mark("a", "new", 6).mark("b", "new", 6)
            },
            "superseded by op, since",
        ),
        // An `accept` found it gone.
        (|s| s.live(), "superseded by former, since"),
        (|s| s.live().there("a", "op").by_person(), "superseded by op, since"),
        (|s| s.live().there("a", "op").own(), "take"),
        (|s| s.live().there("a", "op").again(), "take"),
        (|s| s.live().there("a", "op").allow_older(), "take"),
        (|s| s.live().there("a", "op").rollback(), "take"),
        (|s| s.there("a", "op"), "take"),
        // A later run of CI with the same bytes is newer than the former run (rule 6). A newer release that came since
        // supersedes it.
        (|s| s.live().in_run(4).there("a", "op"), "take"),
        (|s| s.live().in_run(5).there("a", "op"), "superseded by op, since"),
        (
            |s| {
                s.live().in_run(4).there("a", "op");
                s.mark("a", "new", 6).mark("b", "new", 6)
            },
            "superseded by new, which is newer",
        ),
        (|s| s.stopped().in_run(4), "Stopped at environments.prod"),
        (|s| s.live().there("a", "op").hold(), "Held at environments.prod"),
    ]);
}

#[test]
fn a_release_of_one_container_does_not_stand_in_the_way_of_another() {
    check(&[
        // A newer release came for one container, for all, and before there were two.
        (|s| s.brings(&["a/web"]).mark("a/worker", "new", 6), "take"),
        (|s| s.brings(&["a/web"]).mark("a/web", "new", 6), "superseded by new, which is newer"),
        (|s| s.brings(&["a/web"]).mark("a", "new", 6), "superseded by new, which is newer"),
        (|s| s.brings(&["a"]).mark("a/web", "new", 6), "superseded by new, which is newer"),
        (|s| s.brings(&["a/web", "a/worker"]).mark("a/web", "new", 6), "Older at components.a"),
        // A newer release waits.
        (|s| s.brings(&["a/web"]).waits("new", 6, &["a/worker"]), "wait"),
        (|s| s.brings(&["a/web"]).waits("new", 6, &["a/web", "a/worker"]), "superseded by new, which waits"),
        (|s| s.brings(&["a/web"]).waits("new", 6, &["a"]), "superseded by new, which waits"),
        (|s| s.brings(&["a/web", "a/worker"]).waits("new", 6, &["a/web"]), "wait"),
    ]);
}

#[test]
fn what_runs_already_is_looked_at_whatever_was_newer_once() {
    check(&[
        (|s| s.running().live().there("a", "op"), "take"),
        (|s| s.running().mark("a", "new", 6).mark("b", "new", 6), "take"),
        (|s| s.running().mark("a", "new", 6).by_person().own(), "take"),
        (|s| s.running().runs("other"), "wait"),
        (|s| s.running().waits("new", 6, &["a", "b"]), "superseded by new, which waits"),
        (|s| s.running().veto(), "Vetoed at environments.prod"),
    ]);
}

#[test]
fn the_lock() {
    use ActionName::{Deploy, Rollback};
    use HeldState::{NeedsOperator, Recovering, Running};
    check(&[
        (|s| s.held("other", Deploy, Running), "wait"),
        (|s| s.held("other", Deploy, Recovering), "wait"),
        (|s| s.held("other", Rollback, Running), "wait"),
        (|s| s.held("other", Deploy, NeedsOperator), "NeedsOperator at environments.prod"),
        (|s| s.held("other", Deploy, NeedsOperator).rollback(), "NeedsOperator at environments.prod"),
        (|s| s.held("other", Deploy, Running).rollback(), "preempt other"),
        (|s| s.held("other", Deploy, Recovering).rollback(), "wait"),
        (|s| s.held("other", Rollback, Running).rollback(), "wait"),
    ]);
}

#[test]
fn newer_wins_over_what_is_there() {
    check(&[
        (|s| s.mark("a", "old", 4).mark("b", "old", 4), "take"),
        (|s| s.mark("a", "me", 5).mark("b", "me", 5), "take"),
        // An earlier attempt at the same arrival, whatever its id.
        (|s| s.mark("a", "zz", 5).mark("b", "0", 5), "take"),
        (|s| s.mark("c", "new", 6), "take"),
        (|s| s.mark("a", "new", 6).mark("b", "newer", 7), "superseded by new, which is newer"),
        (|s| s.mark("a", "new", 6), "Older at components.a"),
        (|s| s.mark("a", "old", 4).mark("b", "new", 6), "Older at components.b"),
        (|s| s.mark("a", "new", 6).mark("b", "new", 6).by_person(), "superseded by new, which is newer"),
        (|s| s.mark("a", "new", 6).mark("b", "new", 6).own(), "superseded by new, which is newer"),
        (
            |s| s.mark("a", "new", 6).mark("b", "new", 6).by_person().own(),
            "Older at components.a, Older at components.b",
        ),
        (
            |s| {
                s.mark("a", "new", 6).mark("b", "new", 6).by_person().own();
                s.waits("me", 5, &["a", "b"])
            },
            "superseded by new, which is newer",
        ),
        (
            |s| {
                s.mark("a", "new", 6).mark("b", "new", 6).by_person().own();
                s.waits("other", 4, &["a", "b"])
            },
            "Older at components.a, Older at components.b",
        ),
        (|s| s.mark("a", "new", 6).mark("b", "new", 6).allow_older(), "take"),
        (|s| s.mark("a", "new", 6).mark("b", "new", 6).rollback(), "take"),
    ]);
}

#[test]
fn newer_wins_over_what_waits() {
    check(&[
        (|s| s.waits("me", 5, &["a", "b"]), "take"),
        (|s| s.waits("old", 4, &["a", "b"]), "take"),
        (|s| s.waits("new", 6, &["a", "b", "c"]), "superseded by new, which waits"),
        (|s| s.waits("new", 6, &["a", "b"]).runs("other"), "superseded by new, which waits"),
        // It brings only one of the two: the older one goes after it, and is not lost.
        (|s| s.waits("new", 6, &["a"]), "wait"),
        (|s| s.waits("new", 6, &["a", "b"]).allow_older(), "wait"),
        (|s| s.waits("old", 4, &["a"]).runs("other"), "wait"),
        // A release that will be refused supersedes nobody.
        (|s| s.waits("new", 6, &["a", "b"]).hold().through_hold(), "wait"),
        (
            |s| {
                s.waits("new", 6, &["a", "b"]).hold().through_hold();
                s.waiting.last_mut().unwrap().through_hold = true;
                s
            },
            "superseded by new, which waits",
        ),
    ]);
}

#[test]
fn what_asks_for_approval_is_in_nobodys_way_but_that_of_an_older_release_that_asks() {
    check(&[
        (|s| s.waits("newer", 6, &["a", "b"]).asks(), "take"),
        (|s| s.waits("older", 4, &["a", "b"]).asks(), "take"),
        (|s| s.waits("newer", 6, &["a", "b"]).asks().asking(), "superseded by newer, which waits"),
        (|s| s.waits("newer", 6, &["a", "b"]).asking(), "superseded by newer, which waits"),
        (|s| s.waits("newer", 6, &["a"]).asks().asking(), "take"),
        // The clock decides once it is approved.
        (|s| s.closed(60, false).asking(), "take"),
        (|s| s.closed(THREE_DAYS + 1, true).asking(), "take"),
        (
            |s| {
                s.candidate.action = ActionName::Drill;
                s.waits("newer", 6, &["a", "b"]).asks()
            },
            "take",
        ),
    ]);
}

#[test]
fn operators_go_first_and_among_them_who_asked_first() {
    check(&[
        (|s| s.operator_waits("op", 4), "wait"),
        (|s| s.operator_waits("op", 6), "wait"),
        (|s| s.waits("new", 6, &["a", "b"]).rollback(), "take"),
        (|s| s.operator_waits("op", 4).rollback(), "wait"),
        (|s| s.operator_waits("op", 6).rollback(), "take"),
        (|s| s.operator_waits("me", 5).rollback(), "take"),
    ]);
}

/// By number `a` is newer than `b`; by the time of their arrival `b` is newer than `c`, and `c` than `a`.
#[test]
fn of_those_that_wait_exactly_one_goes_next() {
    let arrivals = [("a", Some(812), 1), ("c", None, 2), ("b", Some(33), 3)];
    let mut goes = Vec::new();
    for (me, sequence, at) in arrivals {
        let mut scene = Scene::new();
        for (other, sequence, at) in arrivals.into_iter().filter(|(other, ..)| *other != me) {
            scene.waits(other, 0, &[other]);
            scene.waiting.last_mut().unwrap().order = Order { sequence, ..order(other, at) };
        }
        scene.candidate.id = id(me);
        scene.candidate.components = names(&[me]);
        scene.candidate.order = Order { sequence, ..order(me, at) };
        if scene.decision() == Decision::Take {
            goes.push(me);
        }
    }
    assert_eq!(goes, ["b"], "the last that arrived");
}
