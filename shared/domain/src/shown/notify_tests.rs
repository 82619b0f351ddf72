use crate::declaration::Declaration;
use crate::shown::event::Detail;
use crate::shown::notify::*;
use crate::text::finding::Finding;
use crate::text::name::AppName;

fn declared(global: &str, prod: &str) -> String {
    format!(
        "app: shop\nversion: 1.0.0\n{global}environments:\n  prod:\n    deploy: {{branch: main}}\n{prod}components:\n  \
         api: {{kind: lambda, function: shop-api, alias: live}}\ngates: {{bake: 5m, alarms: [shop-5xx]}}\n"
    )
}

fn read(text: &str) -> Result<Declaration, Vec<Finding>> {
    Declaration::parse(text)
}

fn event(name: EventName, ending: Option<Ending>, cause: &str) -> Event {
    let detail = Detail {
        schema: 1,
        app: AppName::new("shop").unwrap(),
        environment: Some(EnvironmentName::new("prod").unwrap()),
        drill: None,
        restored: None,
        deployment: Some("1f0c".into()),
        version: Some("1.4.0".into()),
        ending,
        cause_name: None,
        cause: Some(cause.to_owned()).filter(|cause| !cause.is_empty()),
        next: vec![],
        stays_reachable: vec![],
        summary: String::new(),
        git: None,
        link: None,
        requester: None,
        audit: None,
        allowed_by: None,
        promoted_from: None,
        approval: None,
    };
    Event { name, detail }
}

const TEAM: &str = "arn:aws:sns:eu-west-1:111111111111:team";
const ALL: &str = "arn:aws:sns:us-east-1:111111111111:all";

#[test]
fn each_topic_gets_what_it_asks_for_where_it_asks() {
    let global = format!("notify: [{{topic: '{ALL}'}}]\n");
    let prod = format!("    notify: [{{topic: '{TEAM}', of: [refusal, hold], form: text}}]\n");
    let succeeded = event(EventName::DeploymentEnded, Some(Ending::Succeeded), "");
    let failed = event(EventName::DeploymentEnded, Some(Ending::RolledBack), "no");
    let refused = event(EventName::RequestRefused, None, "Held: no");
    let nothing = event(EventName::DeploymentEnded, Some(Ending::NothingToDo), "");
    let removed = {
        let mut event = event(EventName::DeploymentEnded, Some(Ending::Succeeded), "");
        event.detail.environment = None;
        event
    };
    let because = |ending, name: &str| {
        let mut event = event(EventName::DeploymentEnded, Some(ending), "");
        event.detail.cause_name = Some(name.to_owned());
        event
    };
    let (waits, superseded) = (because(Ending::NothingToDo, "Recorded"), because(Ending::NothingToDo, "Superseded"));
    let (recorded, vetoed) = (because(Ending::Rejected, "Held"), because(Ending::Rejected, "Vetoed"));
    let of = |name| event(name, None, "");
    let (held, paused) = (of(EventName::HoldSet), of(EventName::WatchPaused));
    let (free, goes_on) = (of(EventName::HoldReleased), of(EventName::WatchContinued));
    let both = format!("    notify: [{{topic: '{TEAM}', of: [wheel, wait]}}]\n");
    let table: [(&str, &str, &Event, &[&str]); 24] = [
        ("", "", &succeeded, &[]),
        (&global, "", &succeeded, &[ALL]),
        (&global, "", &failed, &[ALL]),
        (&global, "", &refused, &[]),
        (&global, "", &nothing, &[]),
        (&global, "", &waits, &[ALL]),
        (&global, "", &superseded, &[]),
        (&global, "", &recorded, &[ALL]),
        (&global, "", &vetoed, &[]),
        (&global, &prod, &recorded, &[TEAM]),
        (&global, &both, &recorded, &[TEAM]),
        (&global, &prod, &waits, &[]),
        (&global, &prod, &succeeded, &[]),
        (&global, &prod, &refused, &[TEAM]),
        (&global, &prod, &removed, &[ALL]),
        (&global, "    notify: []\n", &failed, &[]),
        (&global, "", &held, &[ALL]),
        (&global, "", &paused, &[ALL]),
        (&global, "", &free, &[]),
        (&global, "", &goes_on, &[]),
        (&global, &prod, &held, &[TEAM]),
        (&global, &prod, &paused, &[]),
        (&global, &both, &paused, &[TEAM]),
        (&global, &both, &goes_on, &[TEAM]),
    ];
    for (global, prod, event, wanted) in table {
        let declaration = read(&declared(global, prod)).unwrap();
        let sent = messages(&declaration, event);
        let topics: Vec<&str> = sent.iter().map(|(topic, _)| topic.as_str()).collect();
        assert_eq!(topics, wanted, "{global} {prod} {event:?}");
    }
}

#[test]
fn a_channel_gets_what_amazon_q_shows_with_the_next_steps_apart() {
    let cause = "shop prod 1.4.0 was rolled back: gate `5xx` failed.\n  measured 7, threshold 5\n  next: release a fix";
    let mut event = event(EventName::DeploymentEnded, Some(Ending::RolledBack), cause);
    event.detail.next = vec!["release a fix".to_owned()];
    let sent = in_chat(&event);
    assert_eq!(sent.subject, "[windlass] shop prod 1.4.0 RolledBack");
    let body: serde_json::Value = serde_json::from_str(&sent.message).unwrap();
    let wanted = json!({
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": "shop prod 1.4.0 RolledBack",
            "description": "shop prod 1.4.0 was rolled back: gate `5xx` failed.\n  measured 7, threshold 5",
            "nextSteps": ["release a fix"],
            "keywords": ["shop", "prod", "1.4.0"],
        },
        "metadata": {
            "threadId": "1f0c",
            "summary": "[windlass] shop prod 1.4.0 RolledBack",
            "eventType": "DeploymentEnded",
            "relatedResources": ["shop/prod"],
        },
    });
    assert_eq!(body, wanted);
}

#[test]
fn a_release_that_waits_for_a_person_is_sent_with_what_starts_it() {
    let start = r#"{"action":"deploy","app":"shop","environment":"prod","version":"1.4.0"}"#;
    let cause = format!("Recorded: shop/prod deploys only what a person starts.\n  next: start it with {start}");
    let mut event = event(EventName::DeploymentEnded, Some(Ending::NothingToDo), &cause);
    event.detail.cause_name = Some("Recorded".into());
    event.detail.next = vec![format!("start it with {start}")];
    let sent = event.in_text();
    assert_eq!(sent.subject, "[windlass] shop prod 1.4.0 waits to be started");
    assert_eq!(sent.message, cause);
    let body: serde_json::Value = serde_json::from_str(&in_chat(&event).message).unwrap();
    assert_eq!(body["content"]["nextSteps"], json!([format!("start it with {start}")]));
}

#[test]
fn a_success_without_a_cause_has_words() {
    let event = event(EventName::DeploymentEnded, Some(Ending::Succeeded), "");
    assert_eq!(event.in_text().message, "[windlass] shop prod 1.4.0 Succeeded");
    assert!(in_chat(&event).message.contains("\"title\":\"shop prod 1.4.0 Succeeded\""));
}

#[test]
fn wrong_topics_are_all_found_at_once() {
    let global = format!("notify: [{{topic: '{TEAM}'}}, {{topic: '{TEAM}'}}, {{topic: team}}]\n");
    let prod = "    notify: [{topic: 'arn:aws:sns:eu-west-1:111111111111:team.fifo'}]\n";
    let found = read(&declared(&global, prod)).unwrap_err();
    let lines: Vec<String> = found
        .iter()
        .map(|finding| format!("{} {}: {}", finding.name, finding.path, finding.reason.written()))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    Duplicate notify[1].topic: `arn:aws:sns:eu-west-1:111111111111:team` is named twice.
    BadValue notify[2].topic: `team` is not a topic's ARN.
    BadValue environments.prod.notify[0].topic: `arn:aws:sns:eu-west-1:111111111111:team.fifo` is a FIFO topic: its messages need a group, which these have not.
    ");
}
