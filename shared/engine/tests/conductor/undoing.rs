//! Tests of `Undo` and `SettleUndo`: why a deployment is undone, in which order, and how it ended.

use crate::conductor::scene::{Scene, in_short};
use crate::conductor::undo_reasons::finding;
use crate::conductor::vetoes::veto;
use crate::stage::{TOKEN, component, id};
use std::collections::BTreeMap;
use windlass_domain::deployment::Why;
use windlass_domain::deployment::second_look::SecondLook;
use windlass_domain::deployment::step::{ChangeRecord, Step, StepFailure, StepStatus};
use windlass_domain::environment::HeldState;
use windlass_domain::prose;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::{Answer, CallingExecution, ConductorInput, Transition};

fn in_wave(wave: u32) -> impl FnOnce(&mut Step) {
    move |step| step.goals = BTreeMap::from([(wave, serde_json::Value::Null)])
}

fn next(scene: &Scene, undone: Option<u32>) -> (Transition, u32, Vec<String>) {
    let undo = ConductorInput::Undo { by: scene.stage.caller(), error: String::new(), undone };
    let answer: Answer = scene.serve(undo).unwrap();
    assert_eq!(answer.token, TOKEN);
    let names = answer.items.iter().map(|item| item.component.to_string());
    (answer.verdict, answer.wave, names.collect())
}

#[test]
fn waves_are_brought_back_in_reverse_each_once() {
    use StepStatus::{Changed, Changing, Failed, Planned, UndoFailed, Undoing, Undone};
    let scene = Scene::new();
    scene.step("a", Changed, in_wave(0));
    scene.step("b", Changing, in_wave(2));
    scene.step("c", Failed, in_wave(2));
    scene.step("d", Undoing, in_wave(1));
    scene.step("e", UndoFailed, in_wave(1));
    scene.step("f", Undone, in_wave(3));
    scene.step("g", Planned, in_wave(4));
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    assert_eq!(next(&scene, None), (Transition::Restore, 2, names(&["b", "c"])));
    assert_eq!(next(&scene, Some(2)), (Transition::Restore, 1, names(&["d", "e"])));
    assert_eq!(next(&scene, Some(1)), (Transition::Restore, 0, names(&["a"])));
    assert_eq!(next(&scene, Some(0)), (Transition::SettleUndo, 0, names(&[])));
}

/// A component stands on the one that gives its name: what it has to come back to may be gone with that.
#[test]
fn what_another_one_stands_on_stays_until_that_is_back() {
    use StepStatus::{Changed, UndoFailed, Undone};
    let scene = |web: StepStatus| {
        let scene = Scene::new();
        scene.step("infra", Changed, in_wave(0));
        scene.step("web", web, |step| {
            in_wave(1)(step);
            step.stands_on = [component("infra")].into();
            step.changes.push(change("execute", false, true));
        });
        scene
    };
    assert_eq!(next(&scene(Changed), None), (Transition::Restore, 1, vec!["web".to_owned()]));
    assert_eq!(next(&scene(Undone), Some(1)), (Transition::Restore, 0, vec!["infra".to_owned()]));
    let scene = scene(UndoFailed);
    assert_eq!(next(&scene, Some(1)), (Transition::SettleUndo, 0, vec![]));
    assert_eq!(in_short(&scene.asks("SettleUndo")).0, Transition::NeedsOperator);
    let cause = scene.ending().cause.written();
    assert!(cause.contains("infra: it stays, because web stands on it and is not back"), "{cause}");
}

pub fn why(name: &str) -> Why {
    Why { name: name.into(), text: "it was so.".into() }
}

#[test]
fn one_that_was_not_seen_needs_an_operator_and_keeps_the_lock() {
    for status in [StepStatus::UndoFailed, StepStatus::Undoing, StepStatus::Changed] {
        let scene = Scene::new();
        scene.step("a", StepStatus::Undone, |_| ());
        scene.step("b", status, |_| ());
        assert_eq!(in_short(&scene.asks("SettleUndo")).0, Transition::NeedsOperator);
        assert_eq!(scene.ending().ending, Ending::NeedsOperator);
        assert_eq!(veto(&scene), None);
        let lock = scene.lock();
        assert!(lock.token > TOKEN);
        assert_eq!(lock.held.unwrap().state, HeldState::NeedsOperator);
        // The schedule finds it.
        let held = scene.indexed(&ledger::HELD);
        assert_eq!(held.len(), 1);
    }
}

/// What `infra` makes may be put back by its own undo to what its former template says.
#[test]
fn what_is_touched_by_an_undo_behind_it_is_looked_at_once_more() {
    let scene = Scene::new();
    scene.step("infra", StepStatus::Undone, |step| step.changes.push(change("execute", false, true)));
    let web = |again: Option<u64>| {
        scene.step("web", StepStatus::Undone, |step| {
            in_wave(1)(step);
            step.target = serde_json::json!({});
            step.touched_by = [component("infra")].into();
            step.again = again;
        });
    };
    web(None);
    let again = (Transition::Restore, 0, vec!["web".to_owned()]);
    assert_eq!(next(&scene, Some(0)), again);
    assert_eq!(next(&scene, Some(0)), again, "the answer may be lost");
    web(Some(0));
    assert_eq!(next(&scene, Some(0)), (Transition::SettleUndo, 0, vec![]));
}

/// A rollback changes the stack last, so that its undo begins with that.
#[test]
fn what_the_undo_of_a_stack_has_touched_first_is_taken_as_it_is() {
    let scene = Scene::new();
    scene.step("infra", StepStatus::Undone, |step| {
        in_wave(1)(step);
        step.changes.push(change("execute", false, true));
    });
    scene.step("web", StepStatus::Changed, |step| {
        in_wave(0)(step);
        step.goals.insert(2, serde_json::Value::Null);
        step.target = serde_json::json!({});
        step.touched_by = [component("infra")].into();
        step.behind = Some(2);
        step.confirmed = Some(serde_json::json!("what it was brought to"));
    });
    let web = || -> Step { scene.stage.get(&ledger::step(&id(), &component("web"))).unwrap() };
    for _ in 0..2 {
        assert_eq!(next(&scene, Some(1)), (Transition::Restore, 0, vec!["web".to_owned()]));
        assert_eq!((web().status, web().confirmed), (StepStatus::Undoing, None));
    }
    scene.stage.put(ledger::step(&id(), &component("web")), &Step { status: StepStatus::Undone, ..web() });
    assert_eq!(next(&scene, Some(0)), (Transition::SettleUndo, 0, vec![]), "once is enough");
}

/// One stack changes before it and one after it: both go back to what may put it back.
#[test]
fn what_two_stacks_touch_is_looked_at_behind_each() {
    let scene = Scene::new();
    let infra = |name: &str, wave: u32, status: StepStatus| {
        scene.step(name, status, |step| {
            in_wave(wave)(step);
            step.changes.push(change("execute", false, true));
        });
    };
    infra("first", 0, StepStatus::Changed);
    infra("last", 2, StepStatus::Undone);
    scene.step("web", StepStatus::Changed, |step| {
        in_wave(1)(step);
        step.goals.insert(3, serde_json::Value::Null);
        step.target = serde_json::json!({});
        step.touched_by = [component("first"), component("last")].into();
        step.behind = Some(3);
    });
    let is_back = |name: &str| {
        let key = || ledger::step(&id(), &component(name));
        let step: Step = scene.stage.get(&key()).unwrap();
        scene.stage.put(key(), &Step { status: StepStatus::Undone, ..step });
    };
    let restores = |wave, name: &str| (Transition::Restore, wave, vec![name.to_owned()]);
    assert_eq!(next(&scene, Some(2)), restores(1, "web"));
    is_back("web");
    assert_eq!(next(&scene, Some(1)), restores(0, "first"));
    is_back("first");
    assert_eq!(next(&scene, Some(0)), restores(0, "web"));
}

fn change(what: &str, undo: bool, switching: bool) -> ChangeRecord {
    ChangeRecord {
        at: Time(0),
        change: serde_json::Value::Null,
        made: None,
        what: what.into(),
        answered: true,
        answered_at: None,
        wave: (!undo).then_some(0),
        undo,
        switching,
        token: TOKEN,
    }
}

#[test]
fn the_ending_names_each_component_the_last_wave_first() {
    use StepStatus::{Planned, UndoFailed, Undone};
    let mut scene = Scene::new();
    scene.change_record(|record| record.undoing = Some(why("GateFailed")));
    scene.step("a", Undone, |step| {
        in_wave(0)(step);
        step.shown = Some("1 at 100 %".into());
        step.changes = vec![change("1 → 2", false, true), change("2 → 1", true, true), change("a note", true, false)];
    });
    scene.step("b", Undone, |step| {
        in_wave(2)(step);
        step.changes = vec![change("a copy", true, false)];
    });
    scene.step("c", Undone, |step| {
        step.changes = vec![change("3 → 4", false, true)];
    });
    scene.step("d", Undone, |_| ());
    scene.step("e", Planned, |_| ());
    scene.step("f", Undone, |step| {
        step.changes = (1..=5).map(|number| change(&format!("version {number}"), false, false)).collect();
    });
    scene.asks("SettleUndo").unwrap();
    assert_eq!(
        scene.ending().cause.written(),
        "shop prod 1.4.0 was rolled back: it was so.\n  \
         undone: b (a copy), a (2 → 1), c (seen as it was before); stays: f (version 1, version 2, version 3, and 2 more); \
         not yet changed: d, e\n  \
         seen after: a 1 at 100 %\n  \
         next: release 1.4.0 is vetoed here; a fixed release may be deployed at once"
    );

    let scene = Scene::new();
    scene.step("a", UndoFailed, |step| step.undo_failure = Some(finding()));
    scene.step("b", StepStatus::Undoing, |_| ());
    scene.step("c", StepStatus::Undoing, |step| {
        step.waits_for = Some("the hook of the service has not answered".into());
    });
    scene.asks("SettleUndo").unwrap();
    let cause = scene.ending().cause;
    for part in [
        "NEEDS AN OPERATOR",
        "NOT undone: a: It is gone. Make it.",
        "b: it was not seen to be back, and the log of its function has more",
        "c: it was not seen to be back; the last look showed: the hook of the service has not answered",
        r#"then start {"action":"recover","app":"shop","environment":"prod","reason":"…"}"#,
    ] {
        assert!(cause.written().contains(part), "{cause:?}");
    }
}

/// A locked environment refuses a deployment: its ending asks to recover or accept, whatever the target's remedy was.
#[test]
fn who_needs_an_operator_is_not_asked_to_deploy() {
    let remedies =
        [prose!("Mend the role, then {}.", Redeploy::Again), prose!("Look at the logs, then {}.", Redeploy::Fixed)];
    for remedy in remedies {
        let scene = Scene::new();
        let failure = Finding::new(FindingName::ChangeFailed, "a", "it does not start.", remedy);
        scene.step("a", StepStatus::UndoFailed, |step| {
            step.undo_failure = Some(StepFailure::Finding(failure.clone().of_an_undo()));
        });
        scene.asks("SettleUndo").unwrap();
        let cause = scene.ending().cause;
        let wanted = "then go on as the next step says.";
        assert!(cause.written().contains(wanted) && !cause.written().contains("deploy a"), "{cause:?}");
        for action in ["recover", "accept"] {
            let input = format!(r#"{{"action":"{action}","app":"shop""#);
            assert!(cause.written().contains(&input), "{cause:?}");
        }
    }
}

#[test]
fn what_a_recovery_has_undone_is_looked_at_again() {
    for (executions, switched, due) in [(2, true, true), (1, true, false), (2, false, false)] {
        let mut scene = Scene::new();
        scene.change_record(|record| record.executions = vec![String::new(); executions]);
        scene.step("a", StepStatus::Undone, |step| {
            step.changes = vec![change("1 → 2", false, switched)];
        });
        let key = ledger::second_look(&id());
        scene.asks("SettleUndo").unwrap();
        let look: Option<SecondLook> = scene.stage.get(&key);
        assert_eq!(look.is_some(), due, "{executions} {switched}");
        let due_ones = scene.indexed(&ledger::SECOND_LOOKS);
        assert_eq!(due_ones.len(), usize::from(due));
        if !due {
            continue;
        }
        // The next ending replaces it.
        scene.hold(Some(("one", HeldState::Recovering)));
        let token = scene.lock().token;
        scene.change_record(|record| record.undoing = Some(why("Again")));
        let by = CallingExecution { token, ..scene.stage.caller() };
        let settle = ConductorInput::SettleUndo { by, error: String::new() };
        scene.stage.pass_seconds(60);
        assert_eq!(scene.serve(settle).unwrap().verdict, Transition::RolledBack);
        let again: SecondLook = scene.stage.get(&key).unwrap();
        assert_eq!(Some(again.due), look.map(|look| look.due.plus_s(60)));
    }
}

/// Nothing was planned, so nothing was changed: it is refused, whatever the reason is.
#[test]
fn what_could_not_be_planned_is_refused_unless_something_of_it_was_changed() {
    let ends = |error: &str, status: Option<StepStatus>| {
        let scene = Scene::new();
        if let Some(status) = status {
            scene.step("api", status, |_| ());
        }
        for state in ["Undo", "SettleUndo"] {
            scene.serve(scene.stage.failed(state, error)).unwrap();
        }
        let ended = scene.ending();
        (ended.ending, ended.cause_name)
    };
    let refused = (Ending::Rejected, "CouldNotPrepare".to_owned());
    for error in ["States.Timeout", "Unavailable"] {
        assert_eq!(ends(error, None), refused, "{error}");
        // The step was written before the plan could be.
        assert_eq!(ends(error, Some(StepStatus::Planned)), refused, "{error}");
        let (ending, name) = ends(error, Some(StepStatus::Changed));
        assert_eq!((ending, name.as_str()), (Ending::NeedsOperator, error));
    }
    assert_eq!(ends("", None).0, Ending::RolledBack, "its execution died");
}
