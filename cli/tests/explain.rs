//! `windlass explain`: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::records::{ID, accepted, ended, history, rolled_back, watched};
use crate::standin::{Call, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

const OTHER: &str = "fedcba9876543210";

/// The environment, with this lock and these waiting deployments.
fn environment(owner: &Value, waiting: &Value, hold: &Value) -> Value {
    json!({"app": "shop", "environment": "prod", "snapshot": 1, "running": {}, "hold": hold,
        "lock": {"token": 3, "held": owner}, "waiting": waiting, "deployments": {
            OTHER: {"action": "deploy", "version": "1.3.0", "accepted": 0, "components": ["api"],
                "requester": {"route": "api", "principal": "ann"}, "reason": "as planned"}}})
}

fn held(state: &str) -> Value {
    json!({"deployment": OTHER, "action": "deploy", "execution": "arn:two", "since": 1_763_640_000_000_u64, "state": state})
}

/// An API that answers this record, and this environment.
fn answering(record: Value, environment: Value) -> StandIn {
    StandIn::new(move |call: &Call| {
        let path = call.path.split('?').next().unwrap();
        match path {
            "/stage/apps/shop/environments/prod" => reply(200, &environment),
            "/stage/apps/shop/deployments" => reply(200, &history(true)),
            "/stage/apps/shop/declaration" => reply(200, &declared()),
            _ if path.ends_with(ID) => reply(200, &record),
            _ => reply(404, &json!({"message": path})),
        }
    })
}

fn declared() -> Value {
    let text = "{app: shop, version: 1.3.0, components: {web: {kind: static_site, bucket: 'shop-{environment}'}}, \
        environments: {dev: {deploy: {branch: main}}, prod: {deploy: {tag: stable}}}}";
    let declaration = windlass_domain::declaration::Declaration::parse(text).unwrap();
    json!({"app": "shop", "version": "1.3.0", "digest": declaration.digest(), "accepted": 0, "text": text})
}

fn explained(api: &StandIn, more: &[&str]) -> (i32, String) {
    let arguments = [&["explain", "shop"], more].concat();
    let output = api.windlass(&folder("explain"), &arguments);
    (code(&output), format!("{}{}", out(&output), err(&output)))
}

fn has(said: &str, lines: &[&str]) {
    for line in lines {
        assert!(said.contains(line), "no `{line}` in:\n{said}");
    }
}

#[test]
fn the_name_of_a_page_in_small_letters_is_shown_in_its_own() {
    let api = StandIn::new(|_: &Call| reply(404, &json!({"message": "no"})));
    let output = api.windlass(&folder("explain"), &["explain", "vetoed"]);
    assert_ne!(code(&output), 0);
    has(&err(&output), &["The page is `windlass explain Vetoed`"]);
}

#[test]
fn an_ending_is_explained_with_what_was_measured_what_was_brought_back_and_what_is_so_now() {
    let none = json!(null);
    for arguments in [&[ID][..], &["prod"], &["prod", "1.4.0"], &["prod", ID]] {
        let api = answering(rolled_back(), environment(&none, &json!([]), &none));
        let (status, said) = explained(&api, arguments);
        assert_eq!(status, 0, "an explanation is what was asked for: {said}");
        has(
            &said,
            &[
                "shop prod 1.4.0: deploy 0123456789abcdef",
                "FAIL: alarm shop-prod-5xx: measured 7.3 errors/min, threshold 5",
                "undoing: gate `shop-prod-5xx` failed in wave 1",
                "api: is as it was before",
                "RolledBack (GateFailed)",
                "lock: free",
            ],
        );
        assert!(!said.contains("plan: wave"), "only what says why: {said}");
    }
}

#[test]
fn what_was_lost_and_what_did_not_decide_is_explained() {
    let mut record = rolled_back();
    let reason = "The change loses the data in `Messages` (`AWS::DynamoDB::Table`): no undo brings that back.";
    let warning = json!({"name": "Irreversible", "path": "components.api", "reason": reason, "remedy": "Nothing."});
    record["plan"]["warnings"] = json!([warning]);
    record["judgements"][0]["verdict"] = "pass".into();
    record["judgements"][0]["decides"] = false.into();
    for (switching, is_lost) in [(true, true), (false, false)] {
        record["steps"][0]["changes"] = json!([{"at": 0, "change": {}, "what": "execute the change set", "answered": true,
            "wave": 0, "undo": false, "switching": switching}]);
        let said = explained(&answering(record.clone(), environment(&json!(null), &json!([]), &json!(null))), &[ID]).1;
        assert_eq!(said.contains(&format!("  api, by its plan: {reason}")), is_lost, "{said}");
        has(&said, &["wave 1: over; a gate failed, and did not decide"]);
    }
}

#[test]
fn what_waits_is_explained_with_what_it_waits_for_and_what_one_can_do() {
    let waiting = json!([
        {"deployment": ID, "components": ["api"], "operator": false, "since": 1_763_640_060_000_u64},
        {"deployment": OTHER, "components": ["api"], "operator": false, "since": 1_763_640_000_000_u64},
    ]);
    let hold = json!({"since": 0, "reason": "checkout is broken", "by": "ann"});
    let always = [
        "it waits for its turn since 2025-11-20T12:01:00Z",
        "it gives up at 2025-11-21T12:01:00Z",
        "`windlass cancel shop 0123456789abcdef --reason '…'` takes it out of the queue",
        "also waiting: fedcba9876543210 of 1.3.0 (deploy, asked by ann: as planned)",
        "hold: since 1970-01-01T00:00:00Z by ann: \"checkout is broken\"",
    ];
    for (lock, line) in [
        (held("running"), "of 1.3.0 (deploy, asked by ann: as planned) is under way, since 2025-11-20T12:00:00Z"),
        (held("recovering"), "is being recovered, since"),
        (held("needs_operator"), "NEEDS AN OPERATOR, since 2025-11-20T12:00:00Z: nothing else gets a turn"),
        (json!(null), "nothing works in shop prod now"),
    ] {
        let api = answering(accepted(), environment(&lock, &waiting, &hold));
        let (status, said) = explained(&api, &[ID]);
        assert_eq!(status, 0, "{said}");
        has(&said, &always);
        has(&said, &[line]);
        let is_stuck = said.contains("`windlass recover shop prod --reason '…'` undoes it again");
        assert_eq!(is_stuck, lock["state"] == "needs_operator", "{said}");
    }
}

#[test]
fn what_waits_for_a_moment_is_explained_with_that_and_waits_for_nobody() {
    let place = |until: Value, since: u64| {
        json!([{"deployment": ID, "components": ["api"], "operator": false,
        "since": since, "until": until}])
    };
    let explain =
        |waiting: &Value| explained(&answering(accepted(), environment(&json!(null), waiting, &json!(null))), &[ID]).1;
    let said = explain(&place(json!(1_763_712_000_000_u64), 1_763_640_060_000));
    has(&said, &["it waits until 2025-11-21T08:00:00Z, because the clock holds deployments"]);
    has(&said, &["it is decided on anew within five minutes of that, and gives up at 2025-11-23T12:00:00Z"]);
    assert!(!said.contains("nothing works in"), "{said}");
    // It has waited for a window for almost three days, and waits for others now.
    let said = explain(&place(json!(null), 1_763_640_000_000 + 2 * 86_400_000 + 43_200_000));
    has(&said, &["it gives up at 2025-11-23T12:00:00Z"]);
}

#[test]
fn what_is_under_way_is_explained_with_the_last_that_was_seen() {
    let api = answering(watched(), environment(&held("running"), &json!([]), &json!(null)));
    let (status, said) = explained(&api, &[ID]);
    assert_eq!(status, 0, "{said}");
    has(
        &said,
        &[
            "  began: 2025-11-20T12:00:01Z",
            "  time: waited 1s, change 1 ",
            "  wave 1: watched",
            "  wave 2: to come",
            "  api: 1.4.0: changed",
            "it is under way since 2025-11-20T12:00:01Z; the last that was seen:",
            "pass: alarm shop-prod-5xx: measured 0.2 errors/min",
            "`windlass watch shop 0123456789abcdef` shows it",
            "hold: none",
        ],
    );
}

#[test]
fn what_is_accepted_and_not_recorded_is_explained_as_that() {
    let record = json!({"deployment": {"id": ID, "app": "shop", "environment": null, "status": "accepted",
        "accepted": 0, "executions": ["arn:one"], "ending": null}, "plan": null, "steps": [], "judgements": []});
    let none = json!(null);
    let api = answering(record, environment(&none, &json!([]), &none));
    let (status, said) = explained(&api, &[ID]);
    assert_eq!(status, 0, "{said}");
    has(&said, &["is accepted, and is not recorded yet"]);
}

#[test]
fn a_program_gets_the_record_and_the_lines() {
    let none = json!(null);
    let refused = ended(accepted(), "Rejected", "Held");
    let api = answering(refused, environment(&none, &json!([]), &none));
    let (status, said) = explained(&api, &[ID, "--json"]);
    assert_eq!(status, 0, "{said}");
    let document: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(document["deployment"]["ending"]["cause_name"], "Held");
    let lines = document["explained"].to_string();
    has(&lines, &["Rejected (Held)", "hold: none"]);
    let about: Vec<&Value> = document["explained"].as_array().unwrap().iter().map(|one| &one["about"]).collect();
    assert_eq!((about[0], about[about.len() - 1]), (&json!("ending"), &json!("present")));
    assert_eq!(document["next_steps"], json!([]), "its cause names what is next");
    let going = answering(watched(), environment(&held("running"), &json!([]), &none));
    let document: Value = serde_json::from_str(&explained(&going, &[ID, "--json"]).1).unwrap();
    let steps = document["next_steps"].as_array().unwrap();
    assert!(steps.len() == 2 && steps.iter().all(|step| step["call"].is_object()), "watch and cancel: {steps:?}");
}

/// An id that begins with a letter could be the name of an application.
#[test]
fn an_id_alone_is_answered_with_its_place() {
    let api = StandIn::new(|_: &Call| reply(404, &json!({"message": "no"})));
    for id in ["3f9a1c2255667788", "3F9A1C2255667788", "deadbeef12345678"] {
        let output = api.windlass(&folder("explains-ids"), &["explain", id]);
        let said = err(&output);
        assert!(code(&output) != 0 && said.contains("`windlass explain shop 3f9a1c2255667788`"), "{id}: {said}");
    }
}

#[test]
fn which_environment_is_chosen_is_explained_with_each_rule() {
    let none = json!(null);
    let api = answering(accepted(), environment(&none, &json!([]), &none));
    let (status, said) = explained(&api, &["--git-ref", "refs/tags/v1.4.0"]);
    assert_eq!(status, 0, "{said}");
    has(
        &said,
        &[
            "dev: takes the branches `main`: does not match",
            "prod: takes tags such as `v1.4.0`: matches",
            "it goes to prod",
        ],
    );
    let (status, said) = explained(&api, &["--image-tag", "main-9f2c1ab", "--json"]);
    assert_eq!(status, 0, "{said}");
    let document: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&document["chosen"], &document["rules"][1]["matches"]), (&json!("dev"), &json!(false)));
    let (status, said) = explained(&api, &["--git-ref", "refs/heads/nowhere"]);
    assert_eq!(status, 3, "{said}");
    has(&said, &["it goes nowhere: `refs/heads/nowhere` matches no environment's rule"]);
}

#[test]
fn what_is_not_there_is_refused_with_where_to_look() {
    let none = json!(null);
    let api = answering(accepted(), environment(&none, &json!([]), &none));
    let (status, said) = explained(&api, &["prod", "9.9.9"]);
    assert_eq!(status, 3, "{said}");
    has(&said, &["9.9.9 was not deployed into shop prod.", "`windlass history shop prod`", "`windlass refusals shop`"]);
    for wrong in [&["prod", "--git-ref", "refs/heads/main"][..], &["--git-ref", "a", "--image-tag", "b"], &["Prod!"]] {
        assert_eq!(explained(&api, wrong).0, 2, "{wrong:?}");
    }
    // There is neither a ref, nor a repository, nor a deployment.
    let (status, said) = explained(&api, &[]);
    assert!(status == 2 || said.contains("by version 1.3.0"), "{said}");
}

#[test]
fn the_page_of_a_name_is_shown_and_nothing_is_asked() {
    let api = StandIn::new(|call: &Call| reply(500, &json!({"message": call.path})));
    let page = |arguments: &[&str]| api.windlass(&folder("explain"), arguments);
    let shown = page(&["explain", "TargetBusy"]);
    assert_eq!(code(&shown), 0, "{}", err(&shown));
    assert!(out(&shown).starts_with("# TargetBusy\n"), "{}", out(&shown));
    for name in ["Throttled", "NotUnderstood", "GateFailed", "NothingToDo"] {
        let shown = page(&["explain", name, "--json"]);
        let document: Value = serde_json::from_str(&out(&shown)).unwrap();
        assert_eq!(document["name"], name);
        assert!(document["page"].as_str().unwrap().starts_with(&format!("# {name}\n\n")), "{document}");
    }
    for (arguments, words) in [
        (&["explain", "TargetBuzy"][..], "Did you mean `TargetBusy`?"),
        (&["explain", "PreemptedByOperater"], "Did you mean `PreemptedByOperator`?"),
        (&["explain", "TargetBusy", "prod"], "is explained alone"),
    ] {
        let refused = page(arguments);
        assert_eq!(code(&refused), 2);
        assert!(err(&refused).contains(words), "{}", err(&refused));
    }
    assert!(api.calls().is_empty());
}
