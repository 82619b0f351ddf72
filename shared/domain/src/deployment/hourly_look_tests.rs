#![allow(clippy::unwrap_used, reason = "a test may panic, and reads better")]

use crate::deployment::event_name::EventName;
use crate::deployment::hourly_look::*;
use crate::environment::drift::Field;
use crate::environment::{GivenVersion, HeldState, LockHolder};
use crate::release::action::ActionName;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::shown::event::of_hourly_look;
use serde_json::json;

const BEGAN: Time = Time(1_732_456_800_000);
const HOUR_S: u64 = 3600;

fn name(name: &str) -> ComponentName {
    ComponentName::new(name).unwrap()
}

fn running(names: &[&str]) -> BTreeMap<ComponentName, Running> {
    names
        .iter()
        .map(|component| {
            let given = GivenVersion {
                version: "1.0.0".into(),
                deployment: DeploymentId("d1".into()),
                since: BEGAN,
                git: None,
                released_by: None,
            };
            (name(component), Running::new(None, given, json!({})))
        })
        .collect()
}

fn look() -> HourlyLook {
    let app = AppName::new("shop").unwrap();
    let environment = EnvironmentName::new("prod").unwrap();
    HourlyLook::new(EnvironmentId::new(&app, &environment), BEGAN)
}

fn good() -> ComponentLook {
    ComponentLook {
        compared: Compared {
            drift: Drift::None,
            both: BothStates { recorded: Some("41".into()), seen: Some("41".into()), ..BothStates::default() },
        },
        mark: Some(Digest::of(b"same")),
        calls: 4,
    }
}

fn drifted(to: &str) -> ComponentLook {
    let field = Field { name: "version of the alias".into(), recorded: Some("41".into()), seen: Some(to.into()) };
    ComponentLook {
        compared: Compared {
            drift: Drift::Changed,
            both: BothStates { recorded: Some("41".into()), seen: Some(to.into()), reason: None, fields: vec![field] },
        },
        mark: Some(Digest::of(to.as_bytes())),
        calls: 4,
    }
}

/// Looks at `api` at an hour, and returns the events of the look with their causes.
fn looked(look: &mut HourlyLook, hours: u64, glance: ComponentLook) -> Vec<(EventName, String)> {
    let before = look.clone();
    let now = BEGAN.plus_s(hours * HOUR_S);
    let running = running(&["api"]);
    assert!(look.begin(&[name("api")], now));
    let upon = LookBasis { running: &running, state: 7, token: 5, heal: &BTreeMap::new() };
    look.conclude([(name("api"), glance)].into(), upon, now);
    of_hourly_look(Some(&before), look).into_iter().map(|event| (event.name, event.detail.cause.unwrap())).collect()
}

fn lock(token: u64) -> Lock {
    Lock { token, ..Lock::default() }
}

#[test]
fn what_differs_is_reported_once_and_that_it_is_gone_once() {
    let unknown = || ComponentLook::unknown("lambda:GetAlias was refused");
    // The result of each look, and what is reported of it.
    let table: [(ComponentLook, &[(EventName, &str)]); 11] = [
        (good(), &[]),
        (
            drifted("40"),
            &[(
                EventName::DriftFound,
                "api: version of the alias: recorded 41, seen 40; it began between 2024-11-24T15:00:00Z and 2024-11-24T16:00:00Z",
            )],
        ),
        (drifted("40"), &[]),
        (unknown(), &[]),
        (drifted("40"), &[]),
        (
            drifted("39"),
            &[(
                EventName::DriftFound,
                "recorded 41, seen 39; it began between 2024-11-24T19:00:00Z and 2024-11-24T20:00:00Z",
            )],
        ),
        (good(), &[(EventName::DriftGone, "The drift of api in shop prod is gone: it is as recorded.")]),
        (good(), &[]),
        (unknown(), &[]),
        (drifted("39"), &[(EventName::DriftFound, "it began between 2024-11-24T22:00:00Z and 2024-11-25T00:00:00Z")]),
        (unknown(), &[]),
    ];
    let mut look = look();
    for (hours, (glance, wanted)) in (1..).zip(table) {
        let reported = looked(&mut look, hours, glance);
        assert_eq!(reported.len(), wanted.len(), "hour {hours}: {reported:?}");
        for ((name, cause), (wanted, part)) in reported.iter().zip(wanted) {
            assert_eq!(name, wanted, "hour {hours}");
            assert!(cause.contains(part), "hour {hours}: {cause}");
        }
    }
}

#[test]
fn a_difference_at_the_first_look_began_after_it_was_brought() {
    let mut look = look();
    let reported = looked(&mut look, 1, drifted("40"));
    let since = format!("between {BEGAN} and {}", BEGAN.plus_s(HOUR_S));
    assert!(reported[0].1.contains(&since), "{}", reported[0].1);
}

#[test]
fn what_is_not_recorded_any_more_is_let_go_of() {
    let mut look = look();
    looked(&mut look, 1, drifted("40"));
    let before = look.clone();
    let nothing = BTreeMap::new();
    let upon = LookBasis { running: &nothing, state: 8, token: 5, heal: &BTreeMap::new() };
    look.conclude(BTreeMap::new(), upon, BEGAN.plus_s(2 * HOUR_S));
    assert!(look.is_over());
    let events = of_hourly_look(Some(&before), &look);
    assert_eq!(events.len(), 1);
    let cause = events[0].detail.cause.as_deref().unwrap();
    assert!(cause.contains("is not looked at any more"), "{cause}");
}

#[test]
fn it_is_due_every_hour_and_as_soon_as_something_else_is_recorded() {
    let mut look = look();
    assert!(look.due >= BEGAN && look.due < BEGAN.plus_s(EVERY_S));
    looked(&mut look, 1, good());
    let at = BEGAN.plus_s(HOUR_S);
    // (state, seconds after the look, due)
    for (state, after, due) in [(7, 1, false), (8, 1, true), (7, EVERY_S, true)] {
        assert_eq!(look.is_due(state, at.plus_s(after)), due, "{state} {after}");
    }
    // A look that did not end is begun again in its time.
    assert!(look.begin(&[name("api")], at));
    assert!(!look.is_due(8, at.plus_s(1)));
}

#[test]
fn nobody_looks_while_somebody_deploys_or_has_just_done_so() {
    let held = LockHolder {
        deployment: DeploymentId("d1".into()),
        action: ActionName::Deploy,
        execution: "e1".into(),
        since: BEGAN,
        state: HeldState::NeedsOperator,
        looked: false,
    };
    let at = |freed_s: Option<u64>, held: Option<&LockHolder>| Lock {
        token: 1,
        held: held.cloned(),
        freed: freed_s.map(|s| BEGAN.plus_s(s)),
        failed: None,
    };
    let now = BEGAN.plus_s(100);
    let table = [
        (at(None, None), true),
        (at(Some(40), None), true),
        (at(Some(41), None), false),
        (at(Some(0), Some(&held)), false),
    ];
    for (lock, quiet) in table {
        assert_eq!(HourlyLook::is_quiet(&lock, now), quiet, "{lock:?}");
    }
}

#[test]
fn looks_that_come_to_no_end_are_reported_in_the_end() {
    let mut look = look();
    let share = [name("api")];
    for tries in 1..=TRIES {
        let now = BEGAN.plus_s(u64::from(tries) * AGAIN_AFTER_S);
        assert!(look.begin(&share, now));
        assert!(!look.is_due(0, now) && look.is_due(0, now.plus_s(AGAIN_AFTER_S)));
    }
    assert!(!look.begin(&share, BEGAN.plus_s(HOUR_S)));
}

#[test]
fn an_application_has_so_many_calls_an_hour() {
    let names: Vec<String> = (0..100).map(|n| format!("c{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let running = running(&names);
    let mut look = look();
    let mut turns: BTreeMap<ComponentName, usize> = BTreeMap::new();
    for hours in 1..=8 {
        let now = BEGAN.plus_s(hours * HOUR_S);
        let share = look.share(&running, look.spent.at(now));
        assert!(look.begin(&share, now));
        assert!(look.spent.at(now) <= CALLS_AN_HOUR);
        // A second caller in the same hour gets only the calls that are left of it.
        let more = look.share(&running, look.spent.at(now));
        let left = CALLS_AN_HOUR - look.spent.at(now);
        assert!(more.len() * 16 <= left as usize, "{}", more.len());
        let glances = share.iter().map(|name| {
            *turns.entry(name.clone()).or_default() += 1;
            let glance = ComponentLook { calls: CALLS_A_LOOK, ..good() };
            (name.clone(), glance)
        });
        let upon = LookBasis { running: &running, state: 7, token: 5, heal: &BTreeMap::new() };
        look.conclude(glances.collect(), upon, now);
        assert_eq!(look.left.len(), 100 - share.len());
    }
    // 30 in each of 8 hours: every one has its turn before any has another.
    assert_eq!(turns.len(), 100);
    assert_eq!(turns.values().sum::<usize>(), 240);
    assert!(turns.values().all(|times| (2..=3).contains(times)));
    let when = look.shown(&lock(5), 0).when();
    assert!(when.contains("but for 70 components"), "{when}");
}

/// The environments of an application share the calls of an hour, and no other application's count.
#[test]
fn the_looks_of_all_environments_of_an_application_are_counted_together() {
    // Calls that were made, by application and environment, in which hour; the calls that count for `shop` in the third
    // hour, and the number of looks of 16 calls that its next environment has left.
    type Spending = (&'static str, &'static str, u32, u64);
    let table: [(&[Spending], u32, usize); 9] = [
        (&[], 0, 30),
        (&[("shop", "dev", 100, 3)], 100, 23),
        (&[("shop", "dev", 100, 3), ("shop", "prod", 200, 3)], 300, 11),
        (&[("shop", "dev", 240, 3), ("shop", "prod", 240, 3)], 480, 0),
        // Others have calls of their own.
        (&[("bank", "dev", 480, 3), ("shop", "dev", 16, 3)], 16, 29),
        // A former hour is over, except for the calls that it could not pay.
        (&[("shop", "dev", 480, 2), ("shop", "prod", 16, 3)], 16, 29),
        (&[("shop", "dev", 580, 2), ("shop", "prod", 16, 3)], 116, 22),
        (&[("shop", "dev", 2_000, 1)], 1_040, 0),
        (&[("shop", "dev", u32::MAX, 3), ("shop", "prod", 16, 3)], u32::MAX, 0),
    ];
    let shop = AppName::new("shop").unwrap();
    let names: Vec<String> = (0..40).map(|n| format!("c{n:02}")).collect();
    let running = running(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let now = BEGAN.plus_s(3 * HOUR_S + 60);
    for (row, (spendings, wanted, left)) in table.into_iter().enumerate() {
        let looks = spendings.iter().map(|(app, environment, calls, hour)| {
            let app = AppName::new(*app).unwrap();
            let environment = EnvironmentName::new(*environment).unwrap();
            let mut look = HourlyLook::new(EnvironmentId::new(&app, &environment), BEGAN);
            look.spent.add(*calls, BEGAN.plus_s(hour * HOUR_S));
            look
        });
        let looks: Vec<HourlyLook> = looks.collect();
        let spent = spent_by(looks.iter(), &shop, now);
        assert_eq!(spent, wanted, "row {row}");
        assert_eq!(look().share(&running, spent).len(), left, "row {row}");
    }
}

#[test]
fn a_look_that_takes_more_than_an_hour_has_is_paid_by_the_next_ones() {
    let mut look = look();
    let large = ComponentLook { calls: CALLS_AN_HOUR * 3, ..good() };
    looked(&mut look, 1, large);
    let running = running(&["api"]);
    for (hours, looks) in [(1, 0), (2, 0), (3, 0), (4, 1)] {
        let now = BEGAN.plus_s(hours * HOUR_S);
        assert_eq!(look.share(&running, look.spent.at(now)).len(), looks, "hour {hours}");
    }
}

#[test]
fn what_is_shown_is_true_of_now() {
    let mut look = look();
    assert!(look.shown(&lock(5), 0).when().starts_with("not looked at yet"));
    looked(&mut look, 1, drifted("40"));
    let api = |look: &HourlyLook, token| look.shown(&lock(token), 0).components[&name("api")].clone();
    let seen = api(&look, 5);
    assert_eq!(seen.compared.drift, Drift::Changed);
    assert!(seen.words().starts_with("changed: version of the alias: recorded 41, seen 40; it began"));
    assert_eq!(seen.who, None);
    let named = ChangedBy::Named(LoggedCall {
        by: "arn:aws:iam::111111111111:user/ann".into(),
        event: "UpdateAlias".into(),
        at: BEGAN,
    });
    for (_, difference) in look.new_differences() {
        difference.who = Some(named.clone());
    }
    assert_eq!(look.new_differences().count(), 0, "it is asked once");
    assert!(api(&look, 5).words().ends_with(&named.to_string()));
    let words = found(None, &look).unwrap();
    assert!(words.written().contains("; CloudTrail names UpdateAlias by "), "{words:?}");
    assert!(words.written().contains("; bring back what is recorded by {\"action\":\"restore\","), "{words:?}");
    // A deployment had the lock since.
    let behind = api(&look, 6);
    assert_eq!((behind.compared.drift, behind.began), (Drift::Unknown, None));
    assert!(behind.words().contains("a deployment had its turn"));
    // A target that cannot be read is not gone, and not there.
    looked(&mut look, 2, ComponentLook::unknown("you may not"));
    let unknown = api(&look, 5);
    assert_eq!(unknown.compared.drift, Drift::Unknown);
    assert!(unknown.words().contains("you may not; what is shown here was seen before that"));
    looked(&mut look, 3, good());
    assert!(look.shown(&lock(5), 0).is_as_recorded());
    assert!(!look.shown(&lock(6), 0).is_as_recorded());
}

#[test]
fn where_only_the_hourly_look_looks_it_is_shown_with_its_time() {
    let mut look = look();
    let last = |look: &HourlyLook, token| {
        let Compared { drift, both } = LookResult::last(Some(&look.shown(&lock(token), 0)), &name("api"));
        (drift, both.reason.unwrap())
    };
    assert_eq!(last(&look, 5), (Drift::Unknown, "only the hourly look asks its function, and none has yet".into()));
    let at = BEGAN.plus_s(HOUR_S);
    looked(&mut look, 1, good());
    assert_eq!(last(&look, 5), (Drift::None, format!("this is of the hourly look at {at}")));
    let (drift, reason) = last(&look, 6);
    assert_eq!(drift, Drift::Unknown, "a deployment had its turn since then");
    assert!(reason.ends_with(&format!("; this is of the hourly look at {at}")), "{reason}");
}
