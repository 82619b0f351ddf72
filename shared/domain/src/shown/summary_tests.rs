use crate::deployment::Deployment;
use crate::environment::HeldState;
use crate::shown::event::{LONGEST_CAUSE, LONGEST_SUBJECT};
use crate::shown::summary::*;
use crate::text::name::ComponentName;
use serde_json::{Value, json};

const HOUR: u64 = 3_600_000;
const TEAM: &str = "arn:aws:sns:eu-west-1:111111111111:team";
const MAIL: &str = "arn:aws:sns:eu-west-1:111111111111:mail";

fn to() -> Time {
    Time::parse("2026-11-24T06:00:00Z").unwrap()
}

fn name(text: &str) -> EnvironmentName {
    EnvironmentName::new(text).unwrap()
}

fn shop() -> AppName {
    AppName::new("shop").unwrap()
}

/// One that was accepted so many hours before the end of the day, and ended an hour later.
fn record(ago_h: u64, version: &str, ending: Option<&str>) -> Deployment {
    let accepted = to().0 - ago_h * HOUR;
    let digest = format!("{accepted:064x}");
    let committed = Time(accepted - HOUR).to_string();
    let ended = ending.map(|ending| {
        let cause = format!("shop prod {version} ended {ending}.\n  measured 7");
        let name = if ending == "Succeeded" { "" } else { "GateFailed" };
        json!({"ending": ending, "cause_name": name, "cause": cause, "at": accepted + HOUR,
            "cost": {"transitions": 40, "worked_ms": 0, "dollars": 0.001}})
    });
    serde_json::from_value(json!({
        "id": format!("{accepted:016x}"), "app": "shop", "environment": "prod", "action": "deploy", "attempt": 1,
        "release": {"app": "shop", "version": version, "components": {},
            "git": {"ref": "refs/heads/main", "commit": "9f2c111", "time": committed}},
        "release_digest": digest, "declaration": "1.0.0", "requester": {"route": "s3"},
        "order": {"accepted": accepted, "id": "0"}, "allow_older": false, "accept_red": false, "again": false,
        "by_person": false, "accepted": accepted, "started": accepted, "executions": [],
        "status": if ended.is_some() { "ended" } else { "running" }, "ending": ended,
    }))
    .unwrap()
}

fn seen(environment: &str, all: &[Deployment], standing: StandingFacts) -> EnvironmentFacts {
    EnvironmentFacts::of(name(environment), to(), (all, None), standing)
}

fn quiet(environment: &str) -> EnvironmentFacts {
    seen(environment, &[], StandingFacts::default())
}

fn stuck() -> StandingFacts {
    let held = json!({"deployment": "1f0c", "action": "deploy", "execution": "e", "since": to().0 - HOUR,
        "state": "needs_operator"});
    StandingFacts {
        hold: Some(Hold {
            since: Time(to().0 - 2 * HOUR),
            reason: "bad\nprices".into(),
            by: "eva".into(),
            allowed_by: None,
            also: vec![],
        }),
        held: Some(serde_json::from_value(held).unwrap()),
        waiting: vec![Time(to().0 - 60_000), Time(to().0 - 120_000)],
        drift: Some(look("changed")),
    }
}

/// A look at the component `api` half an hour before the end of the day.
fn look(drift: &str) -> LookResult {
    let at = to().0 - HOUR / 2;
    let seen = json!({"at": at, "drift": drift, "reason": "it could not be read"});
    serde_json::from_value(json!({"looked": at, "due": to().0, "components": {"api": seen}})).unwrap()
}

fn message(seen: &[EnvironmentFacts], form: Form) -> Notification {
    let seen: Vec<&EnvironmentFacts> = seen.iter().collect();
    super::message(&shop(), to(), &seen, form)
}

fn busy() -> Vec<Deployment> {
    vec![
        record(2, "1.4.2", Some("Succeeded")),
        record(5, "1.4.1", Some("RolledBack")),
        record(30, "1.4.0", Some("Succeeded")),
        record(24 * 20, "1.3.0", Some("Succeeded")),
    ]
}

#[test]
fn a_day_with_a_failure_and_an_environment_that_needs_an_operator() {
    let all = [seen("prod", &busy(), stuck()), quiet("staging"), quiet("dev")];
    let sent = message(&all, Form::Text);
    assert_eq!(
        sent.subject,
        "[windlass] shop 2026-11-24: 1 Succeeded, 1 RolledBack; 1 locked; 1 held; 1 waited for; 1 drifted"
    );
    insta::assert_snapshot!(sent.message);
}

#[test]
fn a_day_on_which_nothing_happened_is_one_line() {
    let sent = message(&[quiet("prod"), quiet("staging")], Form::Text);
    assert_eq!(sent.subject, "[windlass] shop 2026-11-24: nothing ended");
    assert_eq!(
        sent.message,
        "shop, the 24 hours until 2026-11-24T06:00:00Z: nothing happened, is held, is locked or waits in prod, staging; \
         drift: not looked at"
    );
    let looked = |environment| {
        let standing = StandingFacts { drift: Some(look("none")), ..StandingFacts::default() };
        seen(environment, &[], standing)
    };
    for (all, wanted) in [
        (vec![looked("prod")], "in prod; nothing has drifted"),
        (vec![looked("prod"), quiet("dev")], "in prod, dev; drift: not looked at in 1 of them"),
    ] {
        let text = message(&all, Form::Text).message;
        assert!(text.ends_with(wanted) && !text.contains('\n'), "{text}");
    }
}

#[test]
fn what_makes_a_person_read() {
    let under_way = {
        let mut standing = stuck();
        standing.held.iter_mut().for_each(|held| held.state = HeldState::Running);
        StandingFacts { hold: None, waiting: vec![], drift: None, ..standing }
    };
    let only = |change: fn(&mut StandingFacts)| {
        let mut standing = StandingFacts::default();
        change(&mut standing);
        standing
    };
    let table = [
        (vec![], StandingFacts::default(), "nothing happened"),
        // It ended on the day, and was asked for before it.
        (
            vec![record(24, "1.0.0", Some("Rejected"))],
            StandingFacts::default(),
            "1.0.0 Rejected (GateFailed): shop prod 1.0.0",
        ),
        (vec![record(25, "1.0.0", Some("Succeeded"))], StandingFacts::default(), "prod: 1 Succeeded"),
        (vec![record(26, "1.0.0", Some("Succeeded"))], StandingFacts::default(), "nothing happened"),
        (vec![record(3, "1.0.0", None)], StandingFacts::default(), "prod: nothing ended"),
        (vec![], under_way, "deployment 1f0c is under way since"),
        (vec![], only(|it| it.hold = stuck().hold), "held since 2026-11-24T04:00:00Z by eva: \"bad⏎prices\""),
        (vec![], only(|it| it.held = stuck().held), "locked: deployment 1f0c needs an operator"),
        (vec![], only(|it| it.waiting = stuck().waiting), "waiting: 2 deployments, since 2026-11-24T05:58:00Z"),
        (vec![], only(|it| it.drift = stuck().drift), "drift: api drifted; looked at 2026-11-24T05:30:00Z"),
        (
            vec![],
            only(|it| it.drift = Some(look("unknown"))),
            "drift: api: drift unknown: it could not be read; looked at 2026-11-24T05:30:00Z",
        ),
        (
            vec![],
            only(|it| {
                let mut all = look("none");
                all.left.insert(ComponentName::new("web").unwrap());
                it.drift = Some(all);
            }),
            "drift: none; looked at 2026-11-24T05:30:00Z, but for 1 component, which has a turn later",
        ),
    ];
    for (all, standing, wanted) in table {
        let text = message(&[seen("prod", &all, standing)], Form::Text).message;
        assert!(text.contains(wanted), "{wanted}:\n{text}");
    }
}

#[test]
fn the_figures_are_those_of_each_window() {
    let live: Vec<u64> =
        seen("prod", &busy(), StandingFacts::default()).figures.iter().map(|figures| figures.live).collect();
    assert_eq!(live, [1, 2, 3]);
    let since = Time(to().0 - 40 * HOUR);
    let cut = EnvironmentFacts::of(name("prod"), to(), (&busy(), Some(since)), StandingFacts::default());
    let live: Vec<u64> = cut.figures.iter().map(|figures| figures.live).collect();
    assert_eq!(live, [1, 2, 2], "no window shows what was not read");
    let text = message(&[cut], Form::Text).message;
    assert!(text.contains("figures since 2026-11-22T14:00:00Z alone"), "{text}");
}

#[test]
fn each_topic_gets_the_environments_that_ask_for_it() {
    let text = format!(
        "app: shop\nversion: 1.0.0\nnotify:\n  - {{topic: '{TEAM}', of: [summary, failure]}}\n  - {{topic: '{MAIL}', of: \
         [success], form: text}}\nenvironments:\n  dev: {{notify: []}}\n  staging: {{}}\n  prod:\n    notify: [{{topic: \
         '{MAIL}', of: [summary], form: text}}, {{topic: '{TEAM}', of: [summary]}}]\ncomponents: {{web: {{kind: \
         static_site, bucket: 'shop-web-{{environment}}'}}}}\n"
    );
    let declaration = Declaration::parse(&text).unwrap();
    let names = ["dev", "staging", "prod", "gone"].map(name).to_vec();
    let wanted = wanted(&declaration, names);
    assert_eq!(wanted, ["staging", "prod", "gone"].map(name));
    let seen: Vec<EnvironmentFacts> = wanted.iter().map(|it| quiet(it.as_str())).collect();
    let sent = messages(&declaration, &shop(), to(), &seen);
    let [(first, chat), (second, mail)] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    assert_eq!((first.as_str(), second.as_str()), (TEAM, MAIL));
    assert!(chat.message.contains("staging, prod, gone") && chat.message.starts_with('{'));
    assert!(mail.message.contains("waits in prod;"), "{}", mail.message);
}

#[test]
fn a_channel_gets_it_in_its_form_with_what_comes_next_apart() {
    let sent = message(&[seen("prod", &busy(), stuck()), quiet("dev")], Form::Chat);
    let shown: Value = serde_json::from_str(&sent.message).unwrap();
    assert_eq!(shown["source"], "custom");
    assert_eq!(shown["content"]["keywords"], json!(["shop", "prod", "dev"]));
    assert_eq!(shown["metadata"]["threadId"], "shop summary");
    assert_eq!(shown["metadata"]["eventType"], "Summary");
    let next = shown["content"]["nextSteps"].as_array().unwrap();
    let next: Vec<&str> = next.iter().filter_map(Value::as_str).collect();
    let [recover, release] = next.as_slice() else {
        panic!("{next:?}");
    };
    assert!(recover.contains(r#"{"action":"recover","app":"shop""#), "{recover}");
    assert!(release.contains(r#"{"action":"release_hold""#), "{release}");
    assert!(!shown["content"]["description"].as_str().unwrap().contains("next:"));
}

#[test]
fn a_message_has_room_however_much_there_is() {
    let version = "9".repeat(2_000);
    let many: Vec<Deployment> = (1..=20).map(|ago| record(ago, &version, Some("RolledBack"))).collect();
    let names = (0..200).map(|number| format!("environment-{number:03}"));
    let loud: Vec<EnvironmentFacts> = names.clone().map(|it| seen(&it, &many, stuck())).collect();
    let quiet: Vec<EnvironmentFacts> = names.map(|it| quiet(&it)).collect();
    for all in [&loud, &quiet] {
        for form in [Form::Text, Form::Chat] {
            let sent = message(all, form);
            assert!(sent.subject.len() <= LONGEST_SUBJECT, "{}", sent.subject);
            assert!(sent.message.len() <= 2 * LONGEST_CAUSE, "{}", sent.message.len());
        }
    }
    let text = message(&loud, Form::Text).message;
    assert!(text.len() <= LONGEST_CAUSE);
    assert!(text.contains("14 more: `GET /apps/shop/deployments?environment=environment-000`"), "{text}");
    let rest = "\n… and 196 more environments: `GET /apps`, `GET /apps/shop/stats?days=1`";
    assert!(text.ends_with(rest), "{text}");
    assert!(!text.contains("30 days"), "the day itself has room first: {text}");
}
