use crate::prose;
use crate::release::call::{input, operators};
use crate::release::identity::EnvironmentId;
use crate::release::way_in::*;
use crate::text::finding::Finding;
use crate::text::name::{AppName, EnvironmentName};
use crate::text::next_step::Wish;
use serde_json::json;

fn in_words(way: WayIn, action: ActionName, members: &[(&str, Value)]) -> String {
    let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    way.words(&Prose::from(input(action, EnvironmentId::new(&app, &prod), members)))
}

/// An action with its members, as a command and as a call.
type Row<'a> = (ActionName, &'a [(&'a str, Value)], &'a str, &'a str);

#[test]
fn each_input_is_a_command_and_a_call() {
    use ActionName::{
        Accept, Check, Continue, Deploy, Drill, HandOver, Hold, Pause, Recover, ReleaseHold, Remove, Rename, Restore,
        Rollback, SkipBake, Withdraw,
    };
    let because = ("reason", json!("it's down"));
    let table: [Row; 24] = [
        (
            Deploy,
            &[("version", json!("1.4.0"))],
            "windlass deploy shop prod 1.4.0",
            r#"POST /apps/shop/environments/prod/starts {"version":"1.4.0"}"#,
        ),
        (
            Deploy,
            &[("version", json!("1.4.0")), ("again", json!(true)), ("through_hold", json!(true)), because.clone()],
            r"windlass deploy shop prod 1.4.0 --again --through-hold --reason 'it'\''s down'",
            r#"POST /apps/shop/environments/prod/starts {"again":true,"reason":"it's down","through_hold":true,"version":"1.4.0"}"#,
        ),
        (
            Deploy,
            &[("version", json!("1.4.0")), ("may_lose", json!(["infra.A", "infra.B"])), because.clone()],
            r"windlass deploy shop prod 1.4.0 --may-lose infra.A --may-lose infra.B --reason 'it'\''s down'",
            r#"POST /apps/shop/environments/prod/starts {"may_lose":["infra.A","infra.B"],"reason":"it's down","version":"1.4.0"}"#,
        ),
        (
            Deploy,
            &[("version", json!("1.4.0")), ("component", json!("web"))],
            "windlass deploy shop prod 1.4.0 --component web",
            r#"POST /apps/shop/environments/prod/starts {"component":"web","version":"1.4.0"}"#,
        ),
        (
            Rollback,
            &[("snapshot", json!(3)), ("reason", json!("…"))],
            "windlass rollback shop prod --snapshot 3 --reason '…'",
            r#"POST /apps/shop/environments/prod/rollbacks {"reason":"…","snapshot":3}"#,
        ),
        (
            Rollback,
            &[("across", json!(["a", "b"])), ("may_lose", json!(["a.B"])), ("reason", json!("…"))],
            "windlass rollback shop prod --across a --across b --may-lose a.B --reason '…'",
            r#"POST /apps/shop/environments/prod/rollbacks {"across":["a","b"],"may_lose":["a.B"],"reason":"…"}"#,
        ),
        (
            Rollback,
            &[("component", json!("web")), ("reason", json!("…"))],
            "windlass rollback shop prod --component web --reason '…'",
            r#"POST /apps/shop/environments/prod/rollbacks {"component":"web","reason":"…"}"#,
        ),
        (
            Recover,
            &[("reason", json!("…"))],
            "windlass recover shop prod --reason '…'",
            r#"POST /apps/shop/environments/prod/recover {"reason":"…"}"#,
        ),
        (
            Recover,
            &[("deployment", json!("0123456789abcdef")), ("reason", json!("…"))],
            "windlass recover shop prod --deployment 0123456789abcdef --reason '…'",
            r#"POST /apps/shop/environments/prod/recover {"deployment":"0123456789abcdef","reason":"…"}"#,
        ),
        (
            Accept,
            &[("reason", json!("…"))],
            "windlass accept shop prod --reason '…'",
            r#"POST /apps/shop/environments/prod/accept {"reason":"…"}"#,
        ),
        (
            Hold,
            &[("reason", json!("…"))],
            "windlass hold shop prod --reason '…'",
            r#"PUT /apps/shop/environments/prod/hold {"reason":"…"}"#,
        ),
        (
            ReleaseHold,
            &[("reason", json!("…"))],
            "windlass release-hold shop prod --reason '…'",
            "DELETE /apps/shop/environments/prod/hold?reason=…",
        ),
        (
            Pause,
            &[("for", json!("2h")), ("reason", json!("…"))],
            "windlass pause shop prod --for 2h --reason '…'",
            r#"POST /apps/shop/environments/prod/pause {"for":"2h","reason":"…"}"#,
        ),
        (
            Continue,
            &[("deployment", json!("0123456789abcdef")), ("reason", json!("…"))],
            "windlass continue shop prod --deployment 0123456789abcdef --reason '…'",
            r#"POST /apps/shop/environments/prod/continue {"deployment":"0123456789abcdef","reason":"…"}"#,
        ),
        (
            SkipBake,
            &[("reason", json!("…"))],
            "windlass skip-bake shop prod --reason '…'",
            r#"POST /apps/shop/environments/prod/skip-bake {"reason":"…"}"#,
        ),
        (
            Remove,
            &[("component", json!("web")), ("reason", json!("…"))],
            "windlass remove shop prod --component web --reason '…'",
            r#"POST /apps/shop/environments/prod/remove {"component":"web","reason":"…"}"#,
        ),
        (
            Rename,
            &[("component", json!("web")), ("to_component", json!("site")), ("reason", json!("…"))],
            "windlass rename shop prod --component web --to-component site --reason '…'",
            r#"POST /apps/shop/environments/prod/rename {"component":"web","reason":"…","to_component":"site"}"#,
        ),
        (
            Rename,
            &[("to_environment", json!("live")), ("reason", json!("…"))],
            "windlass rename shop prod --to-environment live --reason '…'",
            r#"POST /hand-overs/shop/prod/shop/live {"reason":"…"}"#,
        ),
        (
            HandOver,
            &[("component", json!("web")), ("to_app", json!("bank")), ("reason", json!("…"))],
            "windlass hand-over shop prod --component web --to-app bank --reason '…'",
            r#"POST /hand-overs/shop/prod/bank/prod {"component":"web","reason":"…"}"#,
        ),
        (
            Drill,
            &[("reason", json!("…"))],
            "windlass drill shop prod --reason '…'",
            r#"POST /apps/shop/environments/prod/drills {"reason":"…"}"#,
        ),
        (
            Restore,
            &[("reason", json!("…"))],
            "windlass restore shop prod --reason '…'",
            r#"POST /apps/shop/environments/prod/restores {"reason":"…"}"#,
        ),
        (
            Restore,
            &[("component", json!("web")), ("reason", json!("…"))],
            "windlass restore shop prod --component web --reason '…'",
            r#"POST /apps/shop/environments/prod/restores {"component":"web","reason":"…"}"#,
        ),
        (
            Withdraw,
            &[("component", json!("web")), ("pattern", json!("backup/**")), ("reason", json!("…"))],
            "windlass withdraw shop prod web 'backup/**' --reason '…'",
            r#"POST /apps/shop/environments/prod/withdrawals {"component":"web","pattern":"backup/**","reason":"…"}"#,
        ),
        (Check, &[], "windlass doctor shop prod", r#"POST /apps/shop/environments/prod/plans {"action":"check"}"#),
    ];
    for (action, members, command, call) in table {
        assert_eq!(in_words(WayIn::CommandLine, action, members), format!("`{command}`"));
        let key = match action {
            Deploy => " with a new header `Idempotency-Key`",
            _ => "",
        };
        assert_eq!(in_words(WayIn::Http, action, members), format!("`{call}`{key}"));
        let input = in_words(WayIn::Console, action, members);
        assert!(serde_json::from_str::<Request>(&input).is_ok(), "{input}");
    }
}

#[test]
fn the_text_around_stays_and_what_no_command_does_too() {
    let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    let of = EnvironmentId::new(&app, &prod);
    let back = operators(ActionName::Rollback, of);
    let text = prose!("Start {} — or {}; {} and `again`.", back.clone(), back, NextStep::With(Wish::Again));
    let command = "`windlass rollback shop prod --reason '…'`";
    assert_eq!(WayIn::CommandLine.words(&text), format!("Start {command} — or {command}; `--again` and `again`."));
    let pasted = r#"{"action":"rollback","app":"shop","environment":"prod","reason":"…"}"#;
    assert_eq!(WayIn::Console.words(&text), format!("Start {pasted} — or {pasted}; `again` and `again`."));
    assert_eq!(WayIn::CommandLine.words(&prose!("wrote {}", pasted)), format!("wrote {pasted}"));
    let whole = Prose::from(input_of_nothing(&app));
    let silent = [input(ActionName::Deploy, of, &[]), operators(ActionName::Withdraw, of)];
    for step in silent.into_iter().map(Prose::from).chain([whole]) {
        for way in WayIn::ALL {
            assert_eq!(way.words(&step), step.written());
        }
    }
}

/// Returns an input that says not where.
fn input_of_nothing(app: &AppName) -> NextStep {
    crate::release::call::of_application(ActionName::Deploy, app, &[("version", json!("1"))])
}

/// A client reads a finding in words, and what it prints has the steps all the same.
#[test]
fn a_finding_that_was_read_in_words_keeps_its_steps() {
    let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    let back = operators(ActionName::Rollback, EnvironmentId::new(&app, &prod));
    let name = crate::text::finding::FindingName::Held;
    let finding = Finding::new(name, "p", "r", prose!("Start {}.", back.clone()));
    let mut answer = json!([finding]);
    WayIn::CommandLine.answer(&mut answer);
    assert_eq!(answer[0]["remedy"], "Start `windlass rollback shop prod --reason '…'`.");
    assert_eq!(answer[0]["next_steps"], json!([back]));
    let read: Vec<Finding> = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!(read[0].steps().collect::<Vec<_>>(), [&back]);
    let mut again = json!(read);
    WayIn::CommandLine.answer(&mut again);
    assert_eq!(again, answer);
    let mut other = read[0].clone();
    other.reason = NextStep::With(Wish::Again).into();
    let (mut both, mut newer) = (json!(other), answer[0].clone());
    WayIn::CommandLine.answer(&mut both);
    assert_eq!(both["next_steps"], json!([back, NextStep::With(Wish::Again)]));
    newer["next_steps"] = json!([{"of_tomorrow": {}}, back]);
    assert_eq!(serde_json::from_value::<Finding>(newer).unwrap(), read[0]);
}

#[test]
fn a_way_is_read_as_it_is_written() {
    for way in WayIn::ALL {
        assert_eq!(way.to_string().parse(), Ok(way));
    }
    assert_eq!("smoke".parse::<WayIn>(), Err(()));
}

#[test]
fn what_is_asked_of_a_whole_application_is_a_command_and_a_call() {
    let app = AppName::new("shop").unwrap();
    let because = ("reason", json!("…"));
    let confirm = ("confirm", json!("shop"));
    let table = [
        (
            ActionName::Remove,
            vec![confirm.clone(), because.clone()],
            "windlass remove shop --confirm shop --reason '…'",
            r#"POST /apps/shop/remove {"confirm":"shop","reason":"…"}"#,
        ),
        (
            ActionName::Rename,
            vec![("to_app", json!("store")), confirm, because],
            "windlass rename shop --to-app store --confirm shop --reason '…'",
            r#"POST /renames/shop/store {"confirm":"shop","reason":"…"}"#,
        ),
    ];
    for (action, members, command, call) in table {
        let step = Prose::from(crate::release::call::of_application(action, &app, &members));
        assert!(Request::parse(&serde_json::from_str(&step.written()).unwrap()).is_ok());
        assert_eq!(WayIn::Console.words(&step), step.written());
        assert_eq!(WayIn::CommandLine.words(&step), format!("`{command}`"));
        assert_eq!(WayIn::Http.words(&step), format!("`{call}`"));
    }
}
