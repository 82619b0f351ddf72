//! Tests of `accept`.

use crate::conductor::accepts_refused::refusal;
use crate::conductor::inputs::{input, order};
use crate::conductor::scene::{FIRST, Scene, in_short, is_rollback};
use crate::stage::{TOKEN, app, component, id, prod};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::deployment::accept_look::{AcceptLook, Live};
use windlass_domain::deployment::step::{ChangeRecord, SEEN_AFTER_MS, Step, StepStatus};
use windlass_domain::environment::{EnvironmentState, GivenVersion, HeldState, Proof, Running, Snapshot};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::stepfunctions::arn_of;

pub fn stuck() -> Scene {
    let mut scene = Scene::new();
    scene.hold(Some((FIRST, HeldState::NeedsOperator)));
    scene.end(Ending::NeedsOperator);
    scene
}

pub fn looked(step: &mut Step, saw: Live) {
    step.looked = Some(AcceptLook { at: Time(0), token: TOKEN, saw });
}

/// Makes a step that callers may have noticed.
pub fn switched(step: &mut Step, saw: Live) {
    looked(step, saw);
    step.changes.push(ChangeRecord {
        at: Time(0),
        change: Value::Null,
        made: None,
        what: "alias live 40 → 41".into(),
        answered: true,
        answered_at: Some(Time(0)),
        wave: Some(0),
        undo: false,
        switching: true,
        token: TOKEN,
    });
    let look = step.looked.as_mut().unwrap();
    look.at = Time(SEEN_AFTER_MS);
}

pub fn there(state: Value) -> Live {
    let shown = format!("{state} at 100 %");
    Live::There { state, shown, as_before: false, as_recorded: false }
}

/// Returns a look that shows the state from before the deployment, which is recorded.
pub fn as_before(state: Value) -> Live {
    let shown = format!("{state} at 100 %");
    Live::There { state, shown, as_before: true, as_recorded: true }
}

/// Safety: fence: An `accept` whose answer was lost has succeeded, and asking again changes nothing.
#[test]
fn an_accept_whose_answer_was_lost_has_succeeded() {
    let scene = stuck();
    let first = scene.admit("accept", input("accept")).unwrap();
    assert_eq!((first.verdict, first.token), (Transition::Look, TOKEN));
    let accept = || scene.serve(Scene::accept_after("accept", &first));
    let answer = accept().unwrap();
    assert_eq!(answer.verdict, Transition::Succeeded);
    let (lock, state, record) = (scene.lock(), scene.state(), scene.record());
    assert_eq!(accept().unwrap(), answer);
    let from_the_begin = scene.accepts("accept");
    assert_eq!(from_the_begin.unwrap(), answer);
    assert_eq!(refusal(&scene, "accept"), None);
    assert_eq!((scene.lock(), scene.state()), (lock, state));
    assert_eq!(scene.record(), record);
    let another = scene.accepts("another");
    let nothing_left = (Transition::Rejected, "NothingToAccept");
    assert_eq!(in_short(&another), nothing_left);
    let beside = scene.serve(Scene::accept_after("beside", &first));
    assert_eq!(in_short(&beside), nothing_left, "both had looked");
}

#[test]
fn an_accept_whose_transaction_was_made_but_not_answered_has_succeeded() {
    let rehearsal = stuck();
    let from = rehearsal.stage.world.mishaps().count();
    rehearsal.accepts("operator").unwrap();
    let to = rehearsal.stage.world.mishaps().count();
    for call in from + 1..=to {
        let scene = stuck();
        let lost = Fault::new(FaultName::Unavailable, "no answer");
        let world = &scene.stage.world;
        world.plan_mishap(call, When::After, Mishap::Fault(lost));
        let failed = scene.accepts("operator");
        assert_eq!(failed.unwrap_err().name, FaultName::Unavailable);
        let again = scene.accepts("operator");
        assert_eq!(in_short(&again), (Transition::Succeeded, ""), "call {call}");
        assert_eq!(scene.lock().held, None);
    }
}

#[test]
fn what_is_accepted_is_what_runs_of_what_could_not_be_undone() {
    use StepStatus::{Changing, Planned, UndoFailed, Undone};
    let scene = stuck();
    let before = Running::new(
        None,
        GivenVersion { version: "1.0.0".into(), deployment: id(), since: Time(0), git: None, released_by: None },
        json!("as before"),
    );
    let names = ["gone", "live", "undone", "untouched"];
    let state = EnvironmentState {
        snapshot: 3,
        last_snapshot: 5,
        running: names.map(|name| (component(name), before.clone())).into(),
        ..EnvironmentState::default()
    };
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    scene.step("live", UndoFailed, |step| switched(step, there(json!(41))));
    let gone = || Live::Gone("no such function".into());
    scene.step("gone", Changing, |step| switched(step, gone()));
    scene.step("undone", Undone, |step| {
        switched(step, as_before(json!(40)));
    });
    scene.step("untouched", Planned, |step| looked(step, there(json!(7))));
    scene.step("unseen", Planned, |_| ());
    // Of these two, nothing of the release is there. One was taken back and then changed by hand. Nothing was sent to
    // the other.
    scene.step("redone", Undone, |step| switched(step, there(json!(8))));
    scene.step("unmoved", UndoFailed, |step| looked(step, there(json!(9))));
    let answer = scene.accepts("operator").unwrap();
    assert_eq!((answer.verdict, answer.deployment), (Transition::Succeeded, id()));
    let wanted = format!(
        "shop/prod is unlocked; what runs after deployment {} is accepted: gone is not there (no such function), live 41 at 100 %, redone 8 at 100 %, unmoved 9 at 100 %, untouched 7 at 100 %.",
        id()
    );
    assert_eq!(answer.cause, wanted);

    let (lock, state) = (scene.lock(), scene.state());
    assert_eq!(lock.held, None);
    assert!(lock.token > TOKEN);
    let names: Vec<&str> = state.running.keys().map(ComponentName::as_str).collect();
    assert_eq!(names, ["live", "redone", "undone", "unmoved", "untouched"]);
    let given = GivenVersion { version: "accepted".into(), since: scene.now(), ..before.names.now.clone() };
    let live = Running::new(None, given, json!(41));
    assert_eq!(state.running[&component("live")], live);
    let by_hand = Running { state: json!(7), ..live.clone() };
    assert_eq!(state.running[&component("untouched")], by_hand);
    assert_eq!(state.running[&component("undone")], before);
    assert_eq!((state.snapshot, state.last_snapshot), (6, 6));
    // A waiting older release does not go over what the release was brought to.
    let marks = [(component("live").into(), scene.record().order)];
    assert_eq!(state.marks, marks.into());

    let key = ledger::snapshot(EnvironmentId::new(&app(), &prod()), 6);
    let snapshot: Snapshot = scene.stage.get(&key).unwrap();
    assert_eq!((snapshot.number, snapshot.replaced), (6, 3));
    let judged = (snapshot.release, snapshot.version.as_str());
    assert_eq!(judged, (None, "accepted"));
    assert_eq!((snapshot.made, snapshot.deployment), (scene.now(), id()));
    assert_eq!(snapshot.components, state.running);
    let ending = scene.ending();
    assert_eq!(ending.ending, Ending::NeedsOperator, "it stays what it was");
    let (now, who) = (scene.now(), arn_of("operator"));
    let by = format!("accepted at {now} by {who}: \"a test\"");
    assert_eq!(ending.resolved.unwrap().to_string(), by);
}

/// Somebody asked for an older release with `allow_older`, and a person has put the newer one back.
#[test]
fn an_older_release_that_is_accepted_leaves_the_mark_of_the_newer_one() {
    let scene = stuck();
    let newer = order(9_000, "newer");
    assert!(newer.is_newer_than(&scene.record().order));
    let state =
        EnvironmentState { marks: [(component("live").into(), newer.clone())].into(), ..EnvironmentState::default() };
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    scene.step("live", StepStatus::UndoFailed, |step| {
        switched(step, there(json!(41)));
    });
    scene.accepts("operator").unwrap();
    assert_eq!(scene.state().marks, [(component("live").into(), newer)].into());
}

/// Somebody has put everything back by hand. The release that runs nowhere does not supersede a newer fix.
#[test]
fn where_all_runs_as_before_nothing_is_recorded_but_that_it_is_accepted() {
    use StepStatus::{Planned, UndoFailed};
    let scene = stuck();
    let state = EnvironmentState { snapshot: 5, last_snapshot: 5, ..EnvironmentState::default() };
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    scene.step("live", UndoFailed, |step| {
        switched(step, as_before(json!(40)));
    });
    scene.step("untouched", Planned, |_| ());
    let answer = scene.accepts("operator").unwrap();
    assert_eq!(answer.verdict, Transition::Succeeded);
    let wanted = "everything is as it is recorded.";
    assert!(answer.cause.ends_with(wanted), "{}", answer.cause);
    assert_eq!((scene.lock().held, scene.state()), (None, state));
    assert!(scene.ending().resolved.is_some());
}

/// The rollback went back from 5, failed, and could not be undone. By number one may also ask for a newer snapshot.
#[test]
fn what_is_accepted_of_a_rollback_replaces_what_it_went_to_and_nothing_newer() {
    // The snapshot that the present one replaced, and the goal of the rollback. Expected: the snapshot that the
    // accepted one replaces.
    for (present, goal, replaced) in [(4, 4, 4), (4, 2, 2), (2, 4, 2)] {
        let mut scene = stuck();
        is_rollback(&mut scene);
        scene.change_record(|record| record.snapshot = Some(goal));
        let state = EnvironmentState { snapshot: 5, last_snapshot: 5, ..EnvironmentState::default() };
        scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
        let runs = Snapshot {
            number: 5,
            version: "1.5.0".into(),
            release: None,
            deployment: id(),
            made: Time(0),
            replaced: present,
            components: BTreeMap::new(),
            irreversible: [].into(),
            proof: Proof::default(),
            partly: None,
        };
        scene.stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), 5), &runs);
        scene.step("live", StepStatus::UndoFailed, |step| {
            switched(step, there(json!(41)));
        });
        scene.accepts("operator").unwrap();
        let snapshot: Option<Snapshot> = scene.stage.get(&ledger::snapshot(EnvironmentId::new(&app(), &prod()), 6));
        assert_eq!(snapshot.unwrap().replaced, replaced, "{present} {goal}");
        assert_eq!(scene.state().marks, BTreeMap::new());
    }
}

/// It is as when the deployment succeeds: a person can go back to what was there.
#[test]
fn an_accepted_first_deployment_keeps_what_it_found() {
    let scene = stuck();
    scene.step("live", StepStatus::UndoFailed, |step| {
        switched(step, there(json!(41)));
    });
    scene.step("undone", StepStatus::Undone, |step| {
        switched(step, as_before(json!(40)));
    });
    scene.accepts("operator").unwrap();
    let snapshot = |number| -> Snapshot {
        scene.stage.get(&ledger::snapshot(EnvironmentId::new(&app(), &prod()), number)).unwrap()
    };
    let found = snapshot(1);
    assert_eq!(found.version, "before-windlass");
    assert_eq!(found.components[&component("live")].state, json!("as before"));
    let accepted = snapshot(2);
    assert_eq!(accepted.replaced, 1);
    let versions = accepted.components.iter();
    let versions: Vec<_> = versions.map(|(name, running)| (name.as_str(), running.version())).collect();
    assert_eq!(versions, [("live", "accepted")], "the other is as it was found");
    assert_eq!(scene.state().found, found.components);
}

/// A target that is gone and made again is found as it is then.
#[test]
fn what_is_accepted_as_gone_begins_anew() {
    let scene = stuck();
    let known = Running::new(
        None,
        GivenVersion {
            version: "before-windlass".into(),
            deployment: id(),
            since: Time(0),
            git: None,
            released_by: None,
        },
        json!(1),
    );
    let names = ["gone", "live"];
    let state = EnvironmentState {
        snapshot: 3,
        last_snapshot: 3,
        found: names.map(|name| (component(name), known.clone())).into(),
        ..EnvironmentState::default()
    };
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    scene.step("live", StepStatus::UndoFailed, |step| {
        switched(step, there(json!(41)));
    });
    scene.step("gone", StepStatus::Changing, |step| {
        switched(step, Live::Gone("no such function".into()));
    });
    scene.accepts("operator").unwrap();
    assert_eq!(scene.state().found, [(component("live"), known)].into());
}
