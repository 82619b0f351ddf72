//! Tests of the schedule of the summaries: who gets what, how often, and what becomes of a look that fails.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::hourly_look::{ComponentLook, HourlyLook, LookBasis};
use windlass_domain::environment::drift::{Compared, Drift};
use windlass_domain::environment::{EnvironmentState, GivenVersion, Hold, Running};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, ItemKey, Stored};
use windlass_engine::outbox::summary::handle;
use windlass_engine::ports::{DynamoDbApi as _, Result, Transacted, Write};
use windlass_world::World;
use windlass_world::mishaps::When;
use windlass_world::run::run;

const HOUR: u64 = 3_600_000;
const MINUTE: u64 = 60_000;

fn app(name: &str) -> AppName {
    AppName::new(name).unwrap()
}

fn prod() -> EnvironmentName {
    EnvironmentName::new("prod").unwrap()
}

fn web() -> ComponentName {
    ComponentName::new("web").unwrap()
}

fn runs() -> Running {
    let given = GivenVersion {
        version: "1.0.2".into(),
        deployment: DeploymentId("3f9a".into()),
        since: Time(0),
        git: None,
        released_by: None,
    };
    Running::new(None, given, json!({}))
}

fn topic(name: &str) -> String {
    format!("arn:aws:sns:eu-west-1:111111111111:{name}")
}

/// Makes a world at six, in which each of these applications asks for summaries.
fn world(names: &[&str]) -> World {
    let world = World::default();
    world.clock().now = Time::parse("2026-11-24T06:00:00Z").unwrap();
    for name in names {
        declare(&world, name, "[summary]");
    }
    world
}

fn write(world: &World, writes: Vec<Write>) {
    assert_eq!(run(world.transact(writes)), Ok(Transacted::Done));
}

fn declare(world: &World, name: &str, of: &str) {
    let text = format!(
        "app: {name}\nversion: 1.0.0\nnotify: [{{topic: '{}', of: {of}, form: text}}]\nenvironments: {{prod: {{}}}}\n\
         components: {{web: {{kind: static_site, bucket: {name}-web}}}}\n",
        topic(name)
    );
    let declaration = Declaration::parse(&text).unwrap();
    world.sns().mark(&declaration);
    let declared = Declared::new(&declaration, &text, Time(0), None);
    let (key, place) = (ledger::declaration_in_force(&app(name)), ledger::application_index(&app(name)));
    let stored = Stored::new(key, declared).put_indexed(Some(place));
    write(world, vec![stored.unwrap()]);
}

/// Records a deployment that was asked for so many hours ago, and ended an hour later.
fn record(world: &World, ago_h: u64, ending: &str) {
    let accepted = Time::parse("2026-11-24T06:00:00Z").unwrap().0 - ago_h * HOUR;
    let id = format!("{accepted:016x}");
    let record: Deployment = serde_json::from_value(json!({
        "id": id, "app": "shop", "environment": "prod", "action": "deploy", "attempt": 1,
        "release": {"app": "shop", "version": format!("1.0.{ago_h}"), "components": {}},
        "release_digest": format!("{accepted:064x}"), "declaration": "1.0.0", "requester": {"route": "s3"},
        "order": {"accepted": accepted, "id": id}, "allow_older": false, "accept_red": false, "again": false,
        "by_person": false, "accepted": accepted, "started": accepted, "executions": [], "status": "ended",
        "ending": {"ending": ending, "cause_name": "", "cause": "it ended.", "at": accepted + HOUR},
    }))
    .unwrap();
    let (key, shop) = (ledger::deployment(&record.id), app("shop"));
    let place = ledger::history_index(EnvironmentId::new(&shop, &prod()), record.accepted, &record.id);
    let stored = Stored::new(key, record).put_indexed(Some(place));
    write(world, vec![stored.unwrap()]);
}

fn event(world: &World) -> Value {
    json!({"detail-type": "Scheduled Event", "source": "aws.events", "time": world.clock().now.to_string()})
}

fn look(world: &World) -> Result<()> {
    let event = event(world);
    run(handle(world, &event))
}

fn pass(world: &World, ms: u64) {
    let mut clock = world.clock();
    clock.now = clock.now.plus_ms(ms);
}

/// Returns the topics that were notified, in their order.
fn notified(world: &World) -> Vec<String> {
    let notifications = world.sns();
    let topics = notifications.to_topics.iter().map(|(topic, ..)| topic);
    topics.map(|arn| arn.rsplit(':').next().unwrap().to_owned()).collect()
}

#[test]
fn each_application_that_asks_hears_once_however_often_the_schedule_looks() {
    let world = world(&["bank", "shop"]);
    declare(&world, "other", "[failure]");
    for _ in 0..12 {
        assert_eq!(look(&world), Ok(()));
        pass(&world, 5 * MINUTE);
    }
    assert_eq!(notified(&world), ["bank", "shop"]);
    pass(&world, 23 * HOUR);
    assert_eq!(look(&world), Ok(()));
    assert_eq!(notified(&world), ["bank", "shop", "bank", "shop"], "the next day");
    assert!(world.sns().published.is_empty());
}

#[test]
fn it_names_the_figures_what_holds_and_what_waits() {
    let world = world(&["shop"]);
    record(&world, 2, "Succeeded");
    record(&world, 4, "RolledBack");
    record(&world, 48, "Succeeded");
    let state = EnvironmentState {
        hold: Some(Hold {
            since: Time(0),
            reason: "bad prices".into(),
            by: "eva".into(),
            allowed_by: None,
            also: vec![],
        }),
        running: BTreeMap::from([(web(), runs())]),
        ..EnvironmentState::default()
    };
    let key = ledger::state(EnvironmentId::new(&app("shop"), &prod()));
    write(&world, vec![Stored::new(key, state).put().unwrap()]);
    let mut looked = HourlyLook::new(EnvironmentId::new(&app("shop"), &prod()), Time(0));
    let seen = ComponentLook {
        compared: Compared { drift: Drift::Changed, ..Compared::unknown("a file is gone") },
        mark: None,
        calls: 1,
    };
    let upon = LookBasis { running: &BTreeMap::from([(web(), runs())]), state: 1, token: 0, heal: &BTreeMap::new() };
    let at = Time::parse("2026-11-24T05:30:00Z").unwrap();
    looked.conclude(BTreeMap::from([(web(), seen)]), upon, at);
    let key = ledger::hourly_look(EnvironmentId::new(&app("shop"), &prod()));
    write(&world, vec![Stored::new(key, looked).put().unwrap()]);
    assert_eq!(look(&world), Ok(()));
    let (_, subject, message) = world.sns().to_topics[0].clone();
    assert_eq!(subject, "[windlass] shop 2026-11-24: 1 Succeeded, 1 RolledBack; 1 held; 1 drifted");
    for part in [
        "prod: 1 Succeeded, 1 RolledBack",
        "1.0.4 RolledBack: it ended.",
        "1 day: live 1 (1.0 a day)",
        "7 days: live 2",
        "failed 1 of 3 (33 %)",
        "by eva: \"bad prices\"",
        "drift: web drifted; looked at 2026-11-24T05:30:00Z",
    ] {
        assert!(message.contains(part), "{part}:\n{message}");
    }
}

#[test]
fn a_look_that_comes_twice_at_once_notifies_nobody_twice() {
    let world = world(&["bank", "shop"]);
    let event = event(&world);
    // The first run is stopped after it has begun with `bank`. The other one leaves that alone.
    world.fail_call(calls_until_notified(), When::Before, lost());
    assert!(run(handle(&world, &event)).is_err());
    assert_eq!(run(handle(&world, &event)), Ok(()));
    assert_eq!(notified(&world), Vec::<String>::new());
    pass(&world, MINUTE);
    assert_eq!(run(handle(&world, &event)), Ok(()));
    assert_eq!(notified(&world), ["bank", "shop"], "the repetition goes on");
}

fn lost() -> Fault {
    Fault::new(FaultName::Unavailable, "no answer")
}

/// Returns the number of the call that notifies the first topic.
fn calls_until_notified() -> u64 {
    let world = world(&["bank", "shop"]);
    look(&world).unwrap();
    let calls = world.mishaps().calls.clone();
    let at = calls.iter().position(|call| *call == "sns.notify_topic");
    at.unwrap() as u64 + 1
}

#[test]
fn wherever_a_look_is_cut_off_the_next_ones_notify_everybody() {
    let whole = {
        let world = world(&["bank", "shop"]);
        let before = world.mishaps().count();
        look(&world).unwrap();
        before + 1..=world.mishaps().count()
    };
    for call in whole {
        for when in [When::Before, When::After] {
            let world = world(&["bank", "shop"]);
            world.fail_call(call, when, lost());
            assert!(look(&world).is_err(), "{call} {when:?}");
            pass(&world, MINUTE);
            assert_eq!(look(&world), Ok(()), "{call} {when:?}");
            let mut topics = notified(&world);
            let many = topics.len();
            topics.dedup();
            assert_eq!(topics, ["bank", "shop"], "{call} {when:?}");
            // A message comes again only if the answer to it, or to what follows it, was lost.
            assert!(many <= 3, "{call} {when:?}");
        }
    }
}

/// The same place, for a content that should not be there.
fn untyped(key: &windlass_engine::ports::Key) -> ItemKey<Value> {
    ItemKey::new(key.pk.clone(), key.sk.clone())
}

#[test]
fn what_fails_again_and_again_holds_up_no_other_and_people_hear_of_it() {
    let world = world(&["bank", "shop"]);
    let key = ledger::lock(EnvironmentId::new(&app("bank"), &prod()));
    let broken = Stored::new(untyped(&key), json!({"token": "none"}));
    write(&world, vec![broken.put().unwrap()]);
    for _ in 0..3 {
        assert!(look(&world).is_err());
        pass(&world, 5 * MINUTE);
    }
    assert_eq!(look(&world), Ok(()));
    assert_eq!(notified(&world), ["shop"]);
    let published = world.sns().published.clone();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].0, "[windlass] no summary of bank");
    assert!(published[0].1.contains("3 invocations failed"), "{}", published[0].1);
}

#[test]
fn a_declaration_that_cannot_be_read_holds_up_no_other_and_people_hear_of_it() {
    let broken = json!({"version": 7});
    let text = json!({"version": "1.0.0", "digest": "0".repeat(64), "text": "app: [", "accepted": 0});
    for item in [broken, text] {
        let world = world(&["shop"]);
        let (key, place) = (ledger::declaration_in_force(&app("bank")), ledger::application_index(&app("bank")));
        write(&world, vec![Stored::new(untyped(&key), item).put_indexed(Some(place)).unwrap()]);
        assert_eq!(look(&world), Ok(()));
        assert_eq!(notified(&world), ["shop"]);
        let published = world.sns().published.clone();
        assert_eq!(published.len(), 1, "{published:?}");
        assert_eq!(published[0].0, "[windlass] no summary of bank");
        assert_eq!(look(&world), Ok(()));
        assert_eq!(world.sns().published.len(), 1, "once a day");
    }
}

#[test]
fn a_topic_that_is_gone_holds_up_no_other() {
    let world = world(&["bank", "shop"]);
    world.sns().missing.insert(topic("bank"));
    assert_eq!(look(&world), Ok(()));
    assert_eq!(notified(&world), ["shop"]);
    let published = world.sns().published.clone();
    assert_eq!(published[0].0, "[windlass] a topic could not be reached");
}

#[test]
fn what_there_is_no_time_for_is_sent_by_the_next_looks_or_fails_the_last_one() {
    let names: Vec<String> = (0..60).map(|number| format!("app-{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // A look at every application takes a second.
    let slow = |world: &World| {
        world.sns().takes_ms = 1_000;
    };
    let world = world(&names);
    slow(&world);
    assert_eq!(look(&world), Ok(()));
    let first = notified(&world).len();
    assert!((5..30).contains(&first), "{first}");
    for _ in 0..5 {
        pass(&world, 5 * MINUTE);
        assert_eq!(look(&world), Ok(()));
    }
    assert_eq!(notified(&world), names);

    let late = self::world(&names);
    slow(&late);
    pass(&late, 55 * MINUTE);
    let fault = look(&late).unwrap_err();
    assert_eq!(fault.name, FaultName::MoreToDo);
    assert!(!notified(&late).is_empty());
}

#[test]
fn a_look_without_a_time_is_bad_input() {
    let world = world(&["shop"]);
    let fault = run(handle(&world, &json!({"detail-type": "Scheduled Event"}))).unwrap_err();
    assert_eq!(fault.name, FaultName::BadInput);
    assert!(notified(&world).is_empty());
}
