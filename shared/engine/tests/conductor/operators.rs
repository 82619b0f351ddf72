//! `hold`, `release_hold` and `accept`.

use crate::desk::{Desk, FIRST, in_short, input, with};
use crate::stage::{TOKEN, app, component, id, prod};
use serde_json::json;
use windlass_domain::deployment::Refusal;
use windlass_domain::ending::Ending;
use windlass_domain::environment::{EnvironmentState, HeldState, Snapshot};
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::name::ComponentName;
use windlass_domain::step::StepStatus;
use windlass_engine::payload::Word;
use windlass_engine::store;
use windlass_world::executions::arn_of;
use windlass_world::mishaps::{Mishap, When};

#[test]
fn a_hold_is_set_once_and_released() {
    let desk = Desk::new();
    for minutes in 0..2 {
        desk.stage.pass_seconds(60 * minutes);
        let request = with(input("hold"), json!({"reason": format!("{minutes}")}));
        let answer = desk.admit(&format!("hold-{minutes}"), request);
        assert_eq!(in_short(&answer), (Word::Succeeded, ""));
        let told = "Automatic deployments into shop/prod are held.";
        assert_eq!(answer.unwrap().cause, told);
    }
    let hold = desk.state().hold.unwrap();
    assert_eq!(
        (hold.reason.as_str(), hold.since.plus_s(60)),
        ("0", desk.now())
    );
    assert_eq!(hold.by, arn_of("hold-0"));

    let answer = desk.operator("release_hold");
    assert_eq!(in_short(&answer), (Word::Succeeded, ""));
    let told = "Automatic deployments into shop/prod are released.";
    assert_eq!(answer.unwrap().cause, told);
    assert_eq!(desk.state().hold, None);
}

#[test]
fn a_hold_of_nobody_by_name_is_an_operators() {
    let desk = Desk::new();
    let request = with(input("hold"), json!({"requester": {"route": "api"}}));
    desk.admit("hold", request).unwrap();
    assert_eq!(desk.state().hold.unwrap().by, "an operator");
}

/// The state's Retry after an answer that was lost.
fn asks_again(desk: &Desk, name: &str, action: &str) -> (Word, String) {
    let answer = desk.admit(name, input(action)).unwrap();
    (answer.verdict, answer.cause)
}

#[test]
fn a_hold_whose_answer_was_lost_does_not_undo_what_was_asked_for_since() {
    for (first, then) in [("hold", "release_hold"), ("release_hold", "hold")] {
        let desk = Desk::new();
        let told = asks_again(&desk, "first", first);
        desk.admit("then", input(then)).unwrap();
        let since = desk.state().hold;
        assert_eq!(asks_again(&desk, "first", first), told);
        assert_eq!(desk.state().hold, since, "{first}, {then}");
    }
}

#[test]
fn an_accept_whose_answer_was_lost_has_succeeded() {
    let mut desk = Desk::new();
    desk.hold(Some((FIRST, HeldState::NeedsOperator)));
    desk.end(Ending::NeedsOperator);
    let told = asks_again(&desk, "accept", "accept");
    assert_eq!(told.0, Word::Succeeded);
    let (lock, state, record) = (desk.lock(), desk.state(), desk.record());
    assert_eq!(asks_again(&desk, "accept", "accept"), told);
    let refusal = store::refusal(&app(), &arn_of("accept"));
    assert_eq!(desk.stage.get::<Refusal>(&refusal), None);
    assert_eq!((desk.lock(), desk.state()), (lock, state));
    assert_eq!(desk.record(), record);
    let another = asks_again(&desk, "another", "accept");
    assert_eq!(another.0, Word::Rejected, "there is nothing left");
}

#[test]
fn an_accept_whose_transaction_was_made_but_not_answered_has_succeeded() {
    let ready = || {
        let mut desk = Desk::new();
        desk.hold(Some((FIRST, HeldState::NeedsOperator)));
        desk.end(Ending::NeedsOperator);
        desk
    };
    let rehearsal = ready();
    let from = rehearsal.stage.world.mishaps().count();
    rehearsal.operator("accept").unwrap();
    let to = rehearsal.stage.world.mishaps().count();
    for call in from + 1..=to {
        let desk = ready();
        let lost = Fault::new(FaultName::Unavailable, "no answer");
        let world = &desk.stage.world;
        world.plan_mishap(call, When::After, Mishap::Fault(lost));
        assert_eq!(
            desk.operator("accept").unwrap_err().name,
            FaultName::Unavailable
        );
        let again = desk.operator("accept");
        assert_eq!(in_short(&again), (Word::Succeeded, ""), "call {call}");
        assert_eq!(desk.lock().held, None);
    }
}

#[test]
fn only_what_needs_an_operator_is_accepted() {
    for held in [None, Some(HeldState::Running), Some(HeldState::Recovering)] {
        let desk = Desk::new();
        desk.hold(held.map(|state| (FIRST, state)));
        let answer = desk.operator("accept");
        assert_eq!(
            in_short(&answer),
            (Word::Rejected, "NothingToAccept"),
            "{held:?}"
        );
        assert!(answer.unwrap().cause.contains("windlass status shop prod"));
        assert_eq!(desk.lock().token, TOKEN);
    }
}

#[test]
fn what_is_accepted_is_what_was_seen_last_of_what_could_not_be_undone() {
    use StepStatus::{Changing, Planned, UndoFailed, Undone};
    let mut desk = Desk::new();
    desk.hold(Some((FIRST, HeldState::NeedsOperator)));
    desk.end(Ending::NeedsOperator);
    let state = EnvironmentState {
        snapshot: 3,
        last_snapshot: 5,
        ..EnvironmentState::default()
    };
    desk.stage.put(store::state(&app(), &prod()), &state);
    desk.step("seen", UndoFailed, |_| ());
    desk.step("unseen", Changing, |step| step.seen = None);
    desk.step("undone", Undone, |_| ());
    desk.step("untouched", Planned, |_| ());
    let answer = desk.operator("accept").unwrap();
    assert_eq!((answer.verdict, answer.deployment), (Word::Succeeded, id()));
    let told = format!("what was seen after deployment {} is accepted", id());
    assert!(answer.cause.contains(&told), "{}", answer.cause);

    let (lock, state) = (desk.lock(), desk.state());
    assert_eq!(lock.held, None);
    assert!(lock.token > TOKEN);
    let names: Vec<&str> = state.running.keys().map(ComponentName::as_str).collect();
    assert_eq!(names, ["seen", "unseen"]);
    let seen = &state.running[&component("seen")];
    assert_eq!(
        (&seen.state, seen.version.as_str()),
        (&json!("as wanted"), "accepted")
    );
    assert_eq!((&seen.artifact, seen.since), (&None, desk.now()));
    let unseen = &state.running[&component("unseen")];
    assert_eq!(unseen.state, json!("as before"));
    assert_eq!((state.snapshot, state.last_snapshot), (6, 6));

    let key = store::snapshot(&app(), &prod(), 6);
    let snapshot: Snapshot = desk.stage.get(&key).unwrap();
    assert_eq!((snapshot.number, snapshot.replaced), (6, 3));
    assert_eq!(
        (snapshot.release, snapshot.version.as_str()),
        (None, "accepted")
    );
    assert_eq!((snapshot.made, snapshot.deployment), (desk.now(), id()));
    assert_eq!(snapshot.components, state.running);
    let ending = desk.ending();
    assert_eq!(ending.ending, Ending::NeedsOperator, "it stays what it was");
    let by = format!(
        "accepted at {} by {}: a test",
        desk.now(),
        arn_of("operator")
    );
    assert_eq!(ending.resolved, Some(by));
}
