//! Tests of what the outbox sends when the ledger changes.

mod counts;

use crate::stage::{Stage, app, id, prod};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use windlass_domain::access::FileVersions;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::deployment::step::Step;
use windlass_domain::deployment::{Deployment, Ended, Status};
use windlass_domain::environment::{EnvironmentState, Hold, Lock, Waiting};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::outbox::{LedgerChange, endings, handle};
use windlass_engine::ports::{Item, Key};
use windlass_world::mishaps::When;
use windlass_world::run::run;

const DECLARATION: &str = "
app: shop
version: 1.0.0
environments: {prod: {}}
components: {web: {kind: static_site, bucket: shop-web}}
";

fn stage() -> Stage {
    Stage::new(DECLARATION, BTreeMap::new())
}

fn item(key: impl Into<Key>, value: &impl Serialize) -> Item {
    let key = key.into();
    Item { key, rev: 1, body: ledger::to_body(value).unwrap(), index: None, expires: None }
}

fn record(stage: &Stage, change: impl FnOnce(&mut Deployment)) -> Item {
    let mut record = stage.record.clone();
    record.accepted = Time(0);
    change(&mut record);
    item(ledger::deployment(&id()), &record)
}

fn ends(ending: Ending, at_s: u64) -> impl FnOnce(&mut Deployment) {
    move |record| {
        record.status = Status::Ended;
        record.ending = Some(Ended {
            ending,
            cause_name: "GateFailed".into(),
            cause: "a gate failed.".into(),
            findings: vec![],
            added: vec![],
            stays_reachable: vec![],
            at: Time(at_s * 1000),
            resolved: None,
            cost: None,
        });
    }
}

fn change(before: Option<Item>, after: Option<Item>) -> LedgerChange {
    LedgerChange { before, after }
}

fn sent(stage: &Stage) -> Vec<String> {
    let events = stage.world.eventbridge();
    events.put.iter().map(|(name, _)| name.clone()).collect()
}

#[test]
fn an_item_that_cannot_be_read_is_named_by_its_key_and_holds_up_nothing() {
    let stage = stage();
    let broken = item(ledger::deployment(&id()), &json!({"id": 7}));
    let ended = record(&stage, ends(Ending::RolledBack, 60));
    let changes = [change(None, Some(broken)), change(None, Some(ended))];
    assert_eq!(run(endings(&stage.world, &changes)).unwrap().len(), 1);
    run(handle(&stage.world, &changes)).unwrap();
    assert_eq!(sent(&stage), ["DeploymentAccepted", "DeploymentEnded"]);
    let published = stage.world.sns().published.clone();
    assert_eq!(published[0].0, "[windlass] an event could not be sent");
    let name = format!("deployment#{} record", id());
    assert!(published[0].1.contains(&name), "{}", published[0].1);
    assert_eq!(published.len(), 2);
}

#[test]
fn what_aws_refuses_for_itself_holds_up_nothing_and_what_is_not_answered_comes_again() {
    for (name, comes_again) in
        [(FaultName::Refused, false), (FaultName::Unavailable, true), (FaultName::AccessDenied, true)]
    {
        let stage = stage();
        let first = record(&stage, |record| record.status = Status::Waiting);
        let second = record(&stage, ends(Ending::Succeeded, 60));
        let changes = [change(None, Some(first.clone())), change(Some(first), Some(second))];
        let next = stage.world.mishaps().count() + 1;
        stage.world.fail_call(next, When::Before, Fault::new(name, "no"));
        let served = run(handle(&stage.world, &changes));
        assert_eq!(served.is_err(), comes_again, "{name}");
        let published = stage.world.sns().published.len();
        if comes_again {
            assert_eq!((sent(&stage), published), (vec![], 0), "{name}");
        } else {
            assert_eq!((sent(&stage), published), (vec!["DeploymentEnded".into()], 1));
        }
    }
}

/// Makes a refusal with so many findings, each of so many characters.
fn refusal(findings: usize, letters: usize) -> Item {
    let one = |n: usize| json!({"name": "UnknownField", "path": n.to_string(), "reason": "\u{1}".repeat(letters), "remedy": ""});
    let refusal = json!({
        "app": "shop", "about": "r".repeat(5000), "requester": {"route": "s3"}, "execution": "e", "at": 0,
        "findings": (0..findings).map(one).collect::<Vec<_>>(),
    });
    item(ledger::refusal(&app(), "e"), &refusal)
}

#[test]
fn a_refusal_is_sent_however_much_is_wrong() {
    let stage = stage();
    let held = EnvironmentState {
        hold: Some(Hold {
            since: Time(0),
            reason: "bad prices".into(),
            by: "e".repeat(300_000),
            allowed_by: None,
            also: vec![],
        }),
        ..EnvironmentState::default()
    };
    let changes = [
        change(None, Some(refusal(1000, 1000))),
        change(None, Some(refusal(0, 0))),
        change(None, Some(item(ledger::state(EnvironmentId::new(&app(), &prod())), &held))),
    ];
    run(handle(&stage.world, &changes)).unwrap();
    assert_eq!(sent(&stage), ["RequestRefused", "RequestRefused", "HoldSet"]);
    let published = stage.world.sns().published.clone();
    assert_eq!(published.len(), 3);
    assert!(published.iter().all(|(_, message)| message.len() <= 8192 + 100));
    let put = stage.world.eventbridge().put.clone();
    assert_eq!(put[0].1["cause"].as_str().unwrap().len(), 8192);
    assert_eq!(put[0].1["version"].as_str().unwrap().len(), 1024);
}

#[test]
fn a_record_sends_its_way_and_its_ending_also_to_people() {
    let stage = stage();
    let waiting = || record(&stage, |record| record.status = Status::Waiting);
    let running = || record(&stage, |_| ());
    let ended = || record(&stage, ends(Ending::RolledBack, 60));
    let changes = [
        change(None, Some(waiting())),
        change(Some(waiting()), Some(running())),
        change(Some(running()), Some(ended())),
        change(Some(ended()), Some(ended())),
        change(Some(ended()), None),
    ];
    run(handle(&stage.world, &changes)).unwrap();
    let wanted = ["DeploymentAccepted", "DeploymentStarted", "DeploymentEnded"];
    assert_eq!(sent(&stage), wanted);
    let published = stage.world.sns().published.clone();
    let message = ("[windlass] shop prod 1.4.0 RolledBack".into(), "a gate failed.".into());
    assert_eq!(published, [message]);
}

#[test]
fn a_hold_is_named_where_the_environment_can_be_read() {
    let stage = stage();
    let free = EnvironmentState::default();
    let held = EnvironmentState {
        hold: Some(Hold {
            since: Time(0),
            reason: "bad prices".into(),
            by: "eva".into(),
            allowed_by: None,
            also: vec![],
        }),
        ..free.clone()
    };
    let key = ledger::state(EnvironmentId::new(&app(), &prod()));
    let nobodys = Key { pk: "env#Shop".into(), sk: key.sk.clone() };
    let changes =
        [change(Some(item(key.clone(), &free)), Some(item(key, &held))), change(None, Some(item(nobodys, &held)))];
    run(handle(&stage.world, &changes)).unwrap();
    assert_eq!(sent(&stage), ["HoldSet"]);
}

fn waiting(stage: &Stage, who: &str, token: &str) -> Waiting {
    Waiting {
        deployment: DeploymentId(who.into()),
        components: vec![],
        order: stage.record.order.clone(),
        operator: false,
        first: false,
        through_hold: false,
        asks: false,
        until: None,
        since: Time(0),
        ruled_by: FileVersions::default(),
        task_token: Some(token.into()),
        former_task_tokens: Vec::new(),
    }
}

/// Lets one deployment wait, whose task token Step Functions knows.
fn one_waits(stage: &Stage) {
    stage.put(ledger::waiting(EnvironmentId::new(&app(), &prod()), &id()), &waiting(stage, &id().0, "token"));
    stage.world.stepfunctions().tokens.insert("token".into());
}

#[test]
fn who_leaves_the_queue_wakes_the_others_beside_a_free_lock() {
    for (is_held, woken) in [(true, 0), (false, 1)] {
        let stage = stage();
        one_waits(&stage);
        if !is_held {
            stage.put(ledger::lock(EnvironmentId::new(&app(), &prod())), &Lock::default());
        }
        let other = waiting(&stage, "other", "gone");
        let other = item(ledger::waiting(EnvironmentId::new(&app(), &prod()), &other.deployment), &other);
        let changes = [change(Some(other), None)];
        run(handle(&stage.world, &changes)).unwrap();
        let answered = stage.world.stepfunctions().answered.len();
        assert_eq!(answered, woken, "held: {is_held}");
    }
}

#[test]
fn who_left_the_queue_is_named_where_the_others_cannot_be_woken() {
    let stage = stage();
    stage.put(ledger::lock(EnvironmentId::new(&app(), &prod())), &json!({"token": "none"}));
    let key = ledger::waiting(EnvironmentId::new(&app(), &prod()), &id());
    let left = item(key, &waiting(&stage, &id().0, "gone"));
    run(handle(&stage.world, &[change(Some(left), None)])).unwrap();
    let [(_, message)] = &stage.world.sns().published[..] else {
        panic!("nobody was notified");
    };
    let name = format!("env#shop/prod waiting#{}", id());
    assert!(message.contains(&name), "{message}");
}

#[test]
fn a_plan_that_asks_people_is_sent_with_what_the_ledger_has_of_it() {
    let stage = stage();
    let approval = |hash: Option<&str>| {
        let approval = json!({"hash": hash, "since": 0, "until": 86_400_000, "count": 1, "missing": 1});
        serde_json::from_value(approval).unwrap()
    };
    let hash = "b".repeat(64);
    let waits = |hash: Option<&str>| {
        record(&stage, |record| {
            record.status = Status::Waiting;
            record.approval = Some(approval(hash));
        })
    };
    let plan = json!({"outcome": "change", "waves": [], "unchanged": [], "warnings": []});
    let change = json!({"from": {"version": "1.3.0"}, "to": {"version": "1.4.0"}});
    let cost = json!({"transitions": 16, "worked_ms": 0, "dollars": 0.0004});
    let drawn = json!({"at": 0, "plan": plan, "changes": {"web": change}, "both_s": 0, "cost": cost, "hash": hash});
    let turn = json!({"becomes": "waits", "text": "It waits."});
    let planned = json!({"deployment": stage.record, "turn": turn, "expires": 0, "drawn": drawn});
    stage.put(ledger::planned(&id()), &planned);
    let declared = Deployment { id: DeploymentId("5b1e".into()), ..stage.record.clone() };
    let declared = Deployment { declaration: semver::Version::new(0, 9, 0), ..declared };
    stage.put(ledger::deployment(&declared.id), &declared);
    let of = (app(), prod());
    let of = EnvironmentId::new(&of.0, &of.1);
    stage.put(ledger::state(of), &EnvironmentState { snapshot: 1, ..EnvironmentState::default() });
    let present =
        json!({"number": 1, "version": "1.3.0", "deployment": "5b1e", "made": 0, "replaced": 0, "components": {}});
    stage.put(ledger::snapshot(of, 1), &present);
    let former = DECLARATION.replace("1.0.0", "0.9.0").replace("shop-web", "old-web");
    let object = json!({"text": former, "version": "0.9.0", "digest": hash, "accepted": 0});
    stage.put(ledger::declaration(of.app(), &declared.declaration), &object);
    run(handle(&stage.world, &[self::change(Some(waits(None)), Some(waits(Some(&hash))))])).unwrap();
    assert_eq!(sent(&stage), ["ApprovalAsked"]);
    let (subject, message) = stage.world.sns().published[0].clone();
    assert_eq!(subject, "[windlass] shop prod 1.4.0 waits for approval");
    assert!(message.contains("web 1.3.0 -> 1.4.0; declaration 0.9.0 -> 1.0.0: components.web.bucket"), "{message}");
}

#[test]
fn a_target_that_begins_to_wait_for_a_person_is_sent_with_what_ends_that() {
    let step = |asks: Option<&str>| {
        let web = ComponentName::new("web").unwrap();
        let step = Step::planned(id(), app(), prod(), web.clone(), KindName::Ecs);
        let waits_for = Some("it is held by its own pause hook; let it go on: `aws ecs`".into());
        Some(item(ledger::step(&id(), &web), &Step { waits_for, asks_people: asks.map(Into::into), ..step }))
    };
    for (before, after, wanted) in [
        (None, step(None), &[][..]),
        (None, step(Some("one")), &["TargetWaits"]),
        (step(None), step(Some("one")), &["TargetWaits"]),
        (step(Some("one")), step(Some("one")), &[]),
        (step(Some("one")), step(Some("two")), &["TargetWaits"]),
        (step(Some("two")), step(None), &[]),
    ] {
        let stage = stage();
        run(handle(&stage.world, &[change(before, after)])).unwrap();
        assert_eq!(sent(&stage), wanted);
        for (subject, message) in &stage.world.sns().published {
            assert_eq!(subject, "[windlass] shop prod 1.4.0 waits for a person");
            let first =
                "shop prod 1.4.0: web waits for a person: it is held by its own pause hook; let it go on: `aws ecs`";
            assert_eq!(message.lines().next(), Some(first));
        }
        assert_eq!(stage.world.sns().published.len(), wanted.len());
    }
}

#[test]
fn a_lock_that_was_freed_wakes_who_waits_for_it() {
    let key = ledger::lock(EnvironmentId::new(&app(), &prod()));
    let key = Key::from(key);
    let elsewhere = Key { pk: "env#Shop".into(), ..key.clone() };
    let free = Lock::default();
    // Whether it was held before, whether it is after, and the key. Expected: how many are woken.
    for (before, after, key, woken) in
        [(true, false, &key, 1), (true, true, &key, 0), (false, false, &key, 0), (true, false, &elsewhere, 0)]
    {
        let stage = stage();
        let held: Lock = stage.get(&ledger::lock(EnvironmentId::new(&app(), &prod()))).unwrap();
        one_waits(&stage);
        let lock = |is_held| item(key.clone(), if is_held { &held } else { &free });
        let changes = [change(Some(lock(before)), Some(lock(after)))];
        run(handle(&stage.world, &changes)).unwrap();
        let answered = stage.world.stepfunctions().answered.len();
        assert_eq!(answered, woken, "{before} {after}");
    }
}

const TEAM: &str = "arn:aws:sns:eu-west-1:111111111111:team";
const GONE: &str = "arn:aws:sns:eu-west-1:111111111111:gone";

fn stage_with_topics() -> Stage {
    let topics = format!("notify: [{{topic: '{GONE}', form: text}}, {{topic: '{TEAM}', form: text}}]\n");
    Stage::new(&format!("{DECLARATION}{topics}"), BTreeMap::new())
}

fn notified(stage: &Stage) -> Vec<(String, String)> {
    let notifications = stage.world.sns();
    let messages = notifications.to_topics.iter();
    messages.map(|(topic, subject, _)| (topic.clone(), subject.clone())).collect()
}

#[test]
fn a_declared_topic_hears_of_a_success_and_the_one_of_the_installation_does_not() {
    let stage = stage_with_topics();
    let running = record(&stage, |_| ());
    let ended = record(&stage, ends(Ending::Succeeded, 60));
    let change = change(Some(running), Some(ended));
    assert_eq!(run(handle(&stage.world, &[change])), Ok(()));
    let subject = "[windlass] shop prod 1.4.0 Succeeded".to_owned();
    let wanted = [(GONE.to_owned(), subject.clone()), (TEAM.to_owned(), subject)];
    assert_eq!(notified(&stage), wanted);
    assert!(stage.world.sns().published.is_empty());
}

#[test]
fn a_topic_that_is_gone_holds_up_no_other_and_people_hear_of_it() {
    let stage = stage_with_topics();
    stage.world.sns().missing.insert(GONE.to_owned());
    let running = record(&stage, |_| ());
    let ended = record(&stage, ends(Ending::Succeeded, 60));
    let change = change(Some(running), Some(ended));
    assert_eq!(run(handle(&stage.world, &[change])), Ok(()));
    let topics: Vec<String> = notified(&stage).into_iter().map(|(topic, _)| topic).collect();
    assert_eq!(topics, [TEAM]);
    let notifications = stage.world.sns();
    let (subject, message) = &notifications.published[0];
    assert_eq!(subject, "[windlass] a topic could not be reached");
    for part in [GONE, "1.4.0 Succeeded", "Resource does not exist", "`notify`"] {
        assert!(message.contains(part), "{message}");
    }
}

/// Safety: reporting: A topic whose tag names no application, or another one, gets no message.
#[test]
fn a_topic_that_is_tagged_otherwise_gets_no_message() {
    for owner in [None, Some("bank"), Some("shopping")] {
        let stage = stage_with_topics();
        let mut topics = stage.world.sns();
        topics.owners.remove(GONE);
        topics.owners.extend(owner.map(|owner| (GONE.into(), owner.into())));
        drop(topics);
        let running = record(&stage, |_| ());
        let ended = record(&stage, ends(Ending::Succeeded, 60));
        let change = change(Some(running), Some(ended));
        assert_eq!(run(handle(&stage.world, &[change])), Ok(()));
        let topics: Vec<String> = notified(&stage).into_iter().map(|(topic, _)| topic).collect();
        assert_eq!(topics, [TEAM], "{owner:?}");
        let (_, message) = &stage.world.sns().published[0];
        assert!(message.contains("its tag `windlass:app` does not name `shop`"), "{message}");
    }
}
