//! `rollback`: which snapshot it goes back to, and the hold that it sets.

use crate::desk::{Desk, in_short, input, with};
use crate::stage::{app, component, id, prod, zip};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::digest::Digest;
use windlass_domain::environment::{EnvironmentState, Running, Snapshot, Veto};
use windlass_domain::request::{ActionName, Route};
use windlass_domain::time::Time;
use windlass_engine::conductor::Execution;
use windlass_engine::payload::{Answer, Word};
use windlass_engine::store;
use windlass_world::executions::arn_of;

fn running(number: u64, is_ours: bool) -> Running {
    Running {
        artifact: is_ours.then(|| zip("api", &number.to_be_bytes())),
        version: format!("1.{number}.0"),
        deployment: id(),
        since: Time(0),
        state: Value::Null,
    }
}

/// A snapshot of `api`, and of `jobs` as it was found.
fn put_snapshot(desk: &Desk, number: u64, replaced: u64, release: Option<Digest>) {
    let components = [("api", true), ("jobs", false)];
    let components = components.map(|(name, ours)| (component(name), running(number, ours)));
    let snapshot = Snapshot {
        number,
        version: format!("1.{number}.0"),
        release,
        deployment: id(),
        made: Time(0),
        replaced,
        components: components.into(),
    };
    desk.stage
        .put(store::snapshot(&app(), &prod(), number), &snapshot);
}

fn release(number: u64) -> Digest {
    Digest::of(&number.to_be_bytes())
}

/// Number 1 was found, each later one replaced the one before; the last one runs.
fn desk(last: u64) -> Desk {
    let desk = Desk::free();
    for number in 1..=last {
        let release = (number > 1).then(|| release(number));
        put_snapshot(&desk, number, number - 1, release);
    }
    let state = EnvironmentState {
        snapshot: last,
        last_snapshot: last,
        ..EnvironmentState::default()
    };
    desk.stage.put(store::state(&app(), &prod()), &state);
    desk
}

fn veto(desk: &Desk, number: u64) {
    let veto = Veto {
        release: release(number),
        version: String::new(),
        deployment: id(),
        since: Time(0),
        cause: String::new(),
    };
    let key = store::veto(&app(), &prod(), &veto.release);
    desk.stage.put(key, &veto);
}

/// What became of a press of the button: the answer, and the record.
fn press(desk: &Desk, more: Value) -> (Answer, Option<Deployment>) {
    let answer = desk.admit("press", with(input("rollback"), more)).unwrap();
    let record = desk.stage.get(&store::deployment(&answer.deployment));
    (answer, record)
}

#[test]
fn it_goes_to_the_newest_good_one_that_the_present_one_replaced() {
    let none: &[u64] = &[];
    // the last snapshot, what is vetoed, what is named: where it goes
    let table = [
        (4, none, None, Some(3)),
        (4, &[3], None, Some(2)),
        (4, &[4, 2], None, Some(3)),
        (4, &[3, 2], None, None),
        (2, none, None, None),
        (1, none, None, None),
        (0, none, None, None),
        (4, none, Some(1), Some(1)),
        (4, &[2], Some(2), Some(2)),
        (4, none, Some(9), None),
    ];
    for (last, vetoed, named, wanted) in table {
        let desk = desk(last);
        for number in vetoed {
            veto(&desk, *number);
        }
        let more = named.map_or(json!({}), |number| json!({"snapshot": number}));
        let (answer, record) = press(&desk, more);
        let row = format!("{last} {vetoed:?} {named:?}");
        let record = record.unwrap();
        let Some(wanted) = wanted else {
            assert_eq!(answer.error, "NothingToGoBackTo", "{row}");
            let told = match named {
                Some(number) => format!("There is no snapshot {number}."),
                None => "No verified-good snapshot is older".to_owned(),
            };
            assert!(answer.cause.contains(&told), "{}", answer.cause);
            continue;
        };
        assert_eq!(
            (answer.verdict, record.snapshot),
            (Word::Go, Some(wanted)),
            "{row}"
        );
        assert_eq!(record.release.version, format!("1.{wanted}.0"));
        let ours = running(wanted, true).artifact.unwrap();
        assert_eq!(
            record.release.components,
            BTreeMap::from([(component("api"), ours)])
        );
    }
}

#[test]
fn a_chain_that_is_broken_leads_nowhere() {
    let desk = desk(4);
    veto(&desk, 3);
    let key = store::snapshot(&app(), &prod(), 2);
    desk.stage.world.ledger().items.remove(&key);
    assert_eq!(press(&desk, json!({})).0.error, "NothingToGoBackTo");
}

#[test]
fn a_press_is_a_deployment_of_its_own_by_who_pressed() {
    let desk = desk(4);
    let (answer, record) = press(&desk, json!({}));
    let record = record.unwrap();
    assert_eq!(record.action, ActionName::Rollback);
    assert_eq!(
        (record.requester.route, record.attempt),
        (Route::Console, 1)
    );
    assert_eq!(record.requester.principal, Some(arn_of("press")));
    assert_eq!(record.reason.as_deref(), Some("a test"));
    assert!(record.allow_older && record.accept_red && record.by_person && !record.again);
    assert_eq!(
        (record.accepted, record.order.accepted),
        (desk.now(), desk.now())
    );
    assert_eq!(record.order.id, record.id);
    assert_eq!(record.executions, [arn_of("press")]);
    assert_eq!(record.status, Status::Running);
    let known: Execution = desk.stage.get(&store::execution(&arn_of("press"))).unwrap();
    assert_eq!(known.deployment, answer.deployment);
    let other = desk.admit("press-2", input("rollback")).unwrap();
    assert_ne!(other.deployment, answer.deployment);
}

#[test]
fn it_holds_automatic_deployments_and_a_hold_that_is_set_stays() {
    let desk = desk(4);
    press(&desk, json!({}));
    let hold = desk.state().hold.unwrap();
    assert_eq!((hold.since, hold.reason.as_str()), (desk.now(), "a test"));
    assert_eq!(hold.by, arn_of("press"));
    desk.stage.pass_seconds(60);
    desk.admit("press-2", input("rollback")).unwrap();
    assert_eq!(desk.state().hold, Some(hold));
}

#[test]
fn one_that_was_recorded_by_an_invocation_whose_answer_was_lost_takes_its_turn() {
    let desk = desk(4);
    let (answer, _) = press(&desk, json!({}));
    let key = store::execution(&arn_of("press"));
    desk.stage.world.ledger().items.remove(&key);
    let again = desk.admit("press", input("rollback"));
    assert_eq!(in_short(&again), (Word::Go, ""));
    assert_eq!(again.unwrap().deployment, answer.deployment);
}
