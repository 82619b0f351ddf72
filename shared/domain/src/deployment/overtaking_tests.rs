use crate::deployment::admission::Decision;
use crate::deployment::admission_scene::{Scene, id, names, order};
use crate::deployment::overtaking::*;
use crate::release::call::input;
use crate::text::finding::Finding;
use crate::text::name::ComponentName;
use crate::text::time::Time;
use serde_json::json;

impl Scene {
    fn preempt(&mut self) -> &mut Self {
        self.candidate.preempt = true;
        self
    }

    fn undo_first(&mut self) -> &mut Self {
        self.candidate.supersede = Supersede::UndoFirst;
        self
    }

    /// The deployment `other` runs, with release `number` of these parts.
    fn behind(&mut self, number: u64, parts: &[&str]) -> &mut Self {
        self.under_way = Some(RunningDeployment {
            order: order("other", number),
            components: names(parts),
            same_release: false,
            undoing: false,
            irreversible: vec![],
        });
        self.runs("other")
    }

    fn same_release(&mut self) -> &mut Self {
        self.under_way.as_mut().unwrap().same_release = true;
        self
    }

    /// The release under way has begun an irreversible run.
    fn begun(&mut self) -> &mut Self {
        let contract = ComponentName::new("contract").unwrap();
        self.under_way.as_mut().unwrap().irreversible = vec![contract];
        self
    }

    fn undoing(&mut self) -> &mut Self {
        self.under_way.as_mut().unwrap().undoing = true;
        self
    }

    fn recovering(&mut self) -> &mut Self {
        self.lock.held.as_mut().unwrap().state = HeldState::Recovering;
        self
    }

    fn waits_itself(&mut self) -> &mut Self {
        self.waits("me", 5, &["a", "b"])
    }

    /// It has its place in the queue, and has waited for a moment until now.
    fn waited_for_a_moment(&mut self) -> &mut Self {
        self.waits_itself().waiting.last_mut().unwrap().until = Some(Time(1));
        self
    }

    fn has_stopped(&mut self, whom: &str) -> &mut Self {
        self.candidate.stops = Some(id(whom));
        self
    }

    /// Release `number` of these parts failed last.
    fn failed(&mut self, number: u64, parts: &[&str]) -> &mut Self {
        self.lock.failed =
            Some(Failed { deployment: id("failed"), order: order("failed", number), components: names(parts) });
        self
    }

    fn first_waits(&mut self, who: &str, number: u64, parts: &[&str]) -> &mut Self {
        self.waits(who, number, parts);
        self.waiting.last_mut().unwrap().first = true;
        self
    }
}

fn in_words(decision: &Decision) -> String {
    match decision {
        Decision::Take => "take".to_owned(),
        Decision::Wait | Decision::WaitUntil(_) => "wait".to_owned(),
        Decision::Preempt(held) => format!("stop {}", held.deployment),
        Decision::Superseded(by) => format!("superseded by {}", by.by),
        Decision::Reject(findings) => {
            findings.iter().map(|finding| finding.name.to_string()).collect::<Vec<_>>().join(", ")
        }
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

/// Safety: overtaking: A release that a person lets overtake stops what is not newer, and goes by holds and vetoes like
/// any other.
#[test]
fn what_a_person_asks_for_stops_whatever_is_not_newer() {
    check(&[
        (|s| s.behind(4, &["a", "b"]), "wait"),
        (|s| s.behind(4, &["a", "b"]).preempt(), "stop other"),
        // Of other components, wholly or in part.
        (|s| s.behind(4, &["a", "b", "c"]).preempt(), "stop other"),
        (|s| s.behind(4, &["c"]).preempt(), "stop other"),
        (|s| s.behind(6, &["c"]).preempt(), "stop other"),
        (|s| s.behind(6, &["a"]).preempt(), "Older"),
        (|s| s.behind(6, &["a"]).preempt().allow_older(), "stop other"),
        (|s| s.behind(4, &["a"]).preempt().hold(), "Held"),
        (|s| s.behind(4, &["a"]).preempt().hold().through_hold(), "stop other"),
        (|s| s.behind(4, &["a"]).preempt().veto(), "Vetoed"),
        (|s| s.behind(4, &["a"]).preempt().veto().again(), "stop other"),
        // Nobody is in the way.
        (|s| s.preempt(), "take"),
        (|s| s.preempt().mark("a", "new", 6).own().by_person(), "Older"),
        // What is not stopped is not known.
        (|s| s.preempt().runs("other"), "wait"),
    ]);
}

/// Safety: overtaking: A release that has begun what is irreversible is not stopped.
#[test]
fn a_release_that_has_begun_what_is_irreversible_is_not_stopped() {
    check(&[
        (|s| s.behind(4, &["a"]).begun().undo_first(), "wait"),
        (|s| s.behind(4, &["a"]).begun().preempt(), "Irreversible"),
        (|s| s.behind(4, &["a"]).begun().preempt().waits_itself(), "wait"),
        (|s| s.behind(4, &["a"]).begun().has_stopped("other"), "wait"),
        (|s| s.behind(4, &["a"]).begun().undoing().preempt(), "wait"),
        (|s| s.behind(4, &["a"]).begun().rollback(), "Irreversible"),
        (|s| s.behind(4, &["a"]).begun().undoing().rollback(), "stop other"),
    ]);
}

/// A rollback that is to wait for what is irreversible is named with all that it asked for: else it would go elsewhere,
/// or be refused for another run.
#[test]
fn a_rollback_that_is_refused_by_what_has_begun_is_named_with_all_that_it_asked_for() {
    let [a, contract, migrate] = ["a", "contract", "migrate"].map(|name| ComponentName::new(name).unwrap());
    let mut scene = Scene::new();
    scene.behind(4, &["a"]).begun().rollback();
    scene.candidate.snapshot = Some(3);
    scene.candidate.component = Some(a.clone());
    scene.candidate.across.insert(migrate.clone());
    let Decision::Reject(findings) = scene.decision() else {
        panic!("it is admitted");
    };
    let members = [
        ("across", json!([contract, migrate])),
        ("component", json!(a)),
        ("reason", "…".into()),
        ("snapshot", 3.into()),
    ];
    let wanted = input(ActionName::Rollback, scene.candidate.environment_id(), &members);
    assert_eq!(findings.iter().flat_map(Finding::steps).next(), Some(&wanted));
}

/// Safety: overtaking: An undo, a recovery and a rollback are not stopped.
#[test]
fn an_undo_a_recovery_and_a_rollback_are_not_stopped() {
    use ActionName::{Deploy, Rollback};
    use HeldState::{NeedsOperator, Recovering, Running};
    check(&[
        (|s| s.behind(4, &["a"]).undoing().preempt(), "wait"),
        (|s| s.behind(4, &["a"]).recovering().preempt(), "wait"),
        (|s| s.held("back", Rollback, Running).preempt(), "RollbackUnderWay"),
        (|s| s.held("back", Rollback, Recovering).preempt(), "RollbackUnderWay"),
        (|s| s.held("back", Rollback, Running).preempt().hold(), "RollbackUnderWay, Held"),
        (|s| s.held("back", Rollback, Running).preempt().waits_itself(), "wait"),
        (|s| s.held("back", Rollback, Running).undo_first(), "wait"),
        (|s| s.held("back", Rollback, NeedsOperator).preempt(), "NeedsOperator"),
        (|s| s.held("other", Deploy, NeedsOperator).preempt(), "NeedsOperator"),
        (|s| s.held("other", Deploy, NeedsOperator).undo_first(), "NeedsOperator"),
    ]);
}

/// Safety: overtaking: By declaration a release stops only an older one of which it brings every part anew.
#[test]
fn what_is_declared_stops_only_what_is_brought_anew_in_full() {
    check(&[
        (|s| s.behind(4, &["a", "b"]).undo_first(), "stop other"),
        (|s| s.behind(4, &["a"]).undo_first(), "stop other"),
        (|s| s.behind(4, &["a/web"]).undo_first(), "stop other"),
        (|s| s.behind(4, &["a", "c"]).undo_first(), "wait"),
        (|s| s.behind(4, &["c"]).undo_first(), "wait"),
        (|s| s.brings(&["a/web"]).behind(4, &["a"]).undo_first(), "wait"),
        (|s| s.behind(6, &["a"]).undo_first(), "wait"),
        (|s| s.behind(4, &["a"]).same_release().undo_first(), "wait"),
        (|s| s.behind(4, &["a"]).undoing().undo_first(), "wait"),
        (|s| s.behind(4, &["a"]).recovering().undo_first(), "wait"),
        (|s| s.behind(4, &["a"]).undo_first().hold(), "Held"),
        (|s| s.behind(4, &["a", "c"]).undo_first().preempt(), "stop other"),
    ]);
}

#[test]
fn who_waits_stops_nobody_but_whom_it_has_stopped() {
    check(&[
        (|s| s.behind(4, &["a"]).preempt().waits_itself(), "wait"),
        (|s| s.behind(4, &["a"]).preempt().waited_for_a_moment(), "stop other"),
        (|s| s.behind(4, &["a"]).undo_first().waited_for_a_moment(), "stop other"),
        (|s| s.behind(4, &["a"]).preempt().asking(), "wait"),
        (|s| s.behind(6, &["a"]).preempt().asking().waited_for_a_moment(), "wait"),
        (|s| s.held("back", ActionName::Rollback, HeldState::Running).preempt().waited_for_a_moment(), "wait"),
        (|s| s.behind(4, &["a"]).preempt().waits_itself().has_stopped("other"), "stop other"),
        (|s| s.behind(4, &["a"]).preempt().waits_itself().has_stopped("former"), "wait"),
        (|s| s.behind(4, &["a"]).undoing().waits_itself().has_stopped("other"), "wait"),
        (|s| s.behind(4, &["a"]).recovering().waits_itself().has_stopped("other"), "wait"),
        // A second one that brings all of the first supersedes it, as ever.
        (
            |s| {
                s.behind(3, &["a"]).preempt().waits_itself().has_stopped("other");
                s.first_waits("second", 6, &["a", "b"])
            },
            "superseded by second",
        ),
    ]);
}

/// Safety: overtaking: Nothing comes between an undo and what asked for it.
#[test]
fn nothing_comes_between_an_undo_and_what_asked_for_it() {
    check(&[
        (|s| s.first_waits("first", 4, &["c"]), "wait"),
        (|s| s.first_waits("first", 4, &["c"]).rollback(), "take"),
        // Among them who asked first.
        (|s| s.first_waits("first", 4, &["c"]).preempt(), "wait"),
        (|s| s.first_waits("first", 6, &["c"]).preempt(), "take"),
        (|s| s.waits("late", 6, &["c"]).preempt(), "take"),
        (|s| s.waits("late", 6, &["c"]).undo_first(), "wait"),
        (|s| s.waits("late", 6, &["c"]).undo_first().has_stopped("other"), "take"),
        (|s| s.operator_waits("op", 6).preempt(), "wait"),
    ]);
}

#[test]
fn a_fix_of_what_failed_goes_before_the_rest() {
    check(&[
        (|s| s.waits("late", 6, &["c"]), "wait"),
        (|s| s.failed(4, &["a"]).waits("late", 6, &["c"]), "take"),
        (|s| s.failed(4, &["a", "d"]).waits("late", 6, &["c"]), "take"),
        (|s| s.failed(4, &["d"]).waits("late", 6, &["c"]), "wait"),
        // Older than what failed.
        (|s| s.failed(6, &["a"]).waits("late", 7, &["c"]), "wait"),
        // Another fix, which came later.
        (|s| s.failed(4, &["a", "c"]).waits("late", 6, &["c"]), "wait"),
        (|s| s.failed(4, &["c"]).waits("old", 3, &["c"]), "take"),
        (|s| s.failed(3, &["c"]).waits("fix", 4, &["c"]), "wait"),
        // Who overtakes, and operators, go before it.
        (|s| s.failed(4, &["a"]).first_waits("first", 6, &["c"]), "wait"),
        (|s| s.failed(4, &["a"]).operator_waits("op", 6), "wait"),
    ]);
}

/// Each of them asks with what the ledger says of the others.
#[test]
fn of_those_that_wait_exactly_one_goes_next() {
    let all = [("a", 5, false), ("b", 6, true), ("c", 7, false), ("d", 8, true), ("e", 9, false)];
    let mut goes = Vec::new();
    for (me, number, first) in all {
        let mut scene = Scene::new();
        scene.failed(4, &["c"]);
        for (who, number, first) in all {
            scene.waits(who, number, &[who]);
            scene.waiting.last_mut().unwrap().first = first;
        }
        scene.candidate.id = id(me);
        scene.candidate.order = order(me, number);
        scene.candidate.preempt = first;
        if scene.brings(&[me]).decision() == Decision::Take {
            goes.push(me);
        }
    }
    assert_eq!(goes, ["b"], "who overtakes and asked first");
}
