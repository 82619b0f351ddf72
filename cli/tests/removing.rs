//! `windlass remove`: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

fn api() -> StandIn {
    let environment = json!({"app": "shop", "environment": "prod", "snapshot": 1, "running": {},
        "lock": {"token": 1}, "waiting": [], "paused": null});
    let done = json!({"deployment": null, "refusal": null, "done": {"cause": "It has let go of web."},
        "execution": {"status": "SUCCEEDED", "error": null, "cause": null}});
    let removable = json!({"declaration": null, "repositories": [], "leaves": "What runs there stays as it is.",
        "environments": {"prod": {"components": ["web"], "frees": ["s3://shop/web/", "E1"]}}});
    let all = json!({"declaration": "1.3.0", "repositories": ["shop/agent"], "leaves": "What runs stays as it is.",
        "environments": {"prod": {"components": ["web"], "frees": ["E1"]}}});
    StandIn::new(move |call: &Call| -> Reply {
        match (call.method.as_str(), call.path.as_str()) {
            ("GET", "/stage/apps/shop/environments/prod") => reply(200, &environment),
            ("GET", "/stage/apps/shop/removable") => reply(200, &all),
            ("GET", path) if path.contains("/removable") => reply(200, &removable),
            ("GET", path) if path.contains("?execution=") => reply(200, &done),
            _ => reply(202, &json!({"execution": "arn:one"})),
        }
    })
}

fn run(api: &StandIn, more: &[&str]) -> (i32, String) {
    run_at(api, &["shop", "prod"], more)
}

fn run_at(api: &StandIn, at: &[&str], more: &[&str]) -> (i32, String) {
    let common = [&["remove"], at, &["--reason", "r", "--every", "1ms"]].concat();
    let output = api.windlass(&folder("removes"), &[&common[..], more].concat());
    (code(&output), out(&output) + &err(&output))
}

#[test]
fn who_names_nothing_to_remove_reads_of_the_confirmation_and_nothing_is_sent() {
    let api = api();
    let (status, said) = run_at(&api, &["shop"], &[]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("`--confirm shop`") && said.contains("troubles.md#notunderstood"), "{said}");
    assert_eq!(api.calls().len(), 0);
}

/// A refusal of the command line's own parser names the page as well, and only a help does not.
#[test]
fn each_mistake_in_a_command_names_its_page() {
    for (arguments, is_mistake) in [
        (&["remov"][..], true),
        (&["remove"], true),
        (&["remove", "shop", "prod", "--reason"], true),
        (&["status", "--no-such-option"], true),
        (&["remove", "--help"], false),
        (&["--version"], false),
        (&[], false),
    ] {
        let output = api().windlass(&folder("mistakes"), arguments);
        let said = err(&output);
        let last = said.lines().last().unwrap_or_default();
        let page = "  page: docs/troubles.md#notunderstood (or `windlass explain NotUnderstood`)";
        assert_eq!(last == page, is_mistake, "{arguments:?}: {said}");
        assert_eq!(code(&output) == 2, is_mistake || arguments.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_component_or_all_of_an_environment_is_removed() {
    let table: [(&[&str], Value); 2] =
        [(&["--component", "web"], json!({"reason": "r", "component": "web"})), (&[], json!({"reason": "r"}))];
    for (words, body) in table {
        let api = api();
        let (status, said) = run(&api, words);
        assert_eq!(status, 0);
        assert!(said.contains("let go of web"), "{said}");
        let first = &api.calls()[0];
        assert_eq!(first.path, "/stage/apps/shop/environments/prod/remove");
        assert_eq!(first.json(), body);
    }
}

#[test]
fn what_would_be_let_go_of_is_shown_and_nothing_is_sent() {
    let api = api();
    let (status, said) = run(&api, &["--component", "web", "--plan"]);
    assert_eq!(status, 0);
    assert!(said.contains("another component may have s3://shop/web/ then"), "{said}");
    assert!(said.contains("stays as it is"), "{said}");
    let calls = api.calls();
    assert!(calls.iter().all(|call| call.method == "GET"));
    assert!(calls[0].path.ends_with("/removable?component=web"), "{}", calls[0].path);
}

#[test]
fn a_whole_application_is_removed_when_its_name_is_typed_again() {
    let api = api();
    let (status, said) = run_at(&api, &["shop"], &["--confirm", "shop"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("let go of web"), "{said}");
    let first = &api.calls()[0];
    assert_eq!(first.path, "/stage/apps/shop/remove");
    assert_eq!(first.json(), json!({"reason": "r", "confirm": "shop"}));

    let (status, said) = run_at(&api, &["shop"], &["--plan"]);
    assert_eq!(status, 0, "{said}");
    for part in ["declaration 1.3.0", "prod: web", "have E1 then", "shop/agent", "stays as it is"] {
        assert!(said.contains(part), "{part}: {said}");
    }

    let wrong: [&[&str]; 3] = [&[], &["--component", "web", "--confirm", "shop"], &["--component", "web"]];
    for more in wrong {
        let (status, said) = run_at(&api, &["shop"], more);
        assert_eq!(status, 2, "{said}");
    }
    assert_eq!(run_at(&api, &["shop", "prod"], &["--confirm", "shop"]).0, 2);
}
