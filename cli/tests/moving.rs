//! `windlass rename` and `windlass hand-over`: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

fn api() -> StandIn {
    let done = json!({"deployment": null, "refusal": null, "done": {"cause": "It has another owner."},
        "execution": {"status": "SUCCEEDED", "error": null, "cause": null}});
    let web = json!({"components": {"web": "site"}, "targets": ["s3://shop/web/", "E1"]});
    let movable = json!({"declaration": null, "environments": {"prod": web}, "repositories": [], "frees": [],
        "stays": "What runs there stays as it is.", "next": "Tag the targets."});
    StandIn::new(move |call: &Call| -> Reply {
        match (call.method.as_str(), call.path.as_str()) {
            ("GET", path) if path.contains("?execution=") => reply(200, &done),
            ("GET", _) => reply(200, &movable),
            _ => reply(202, &json!({"execution": "arn:one"})),
        }
    })
}

fn run(api: &StandIn, words: &[&str]) -> (i32, String) {
    let more = ["--reason", "r", "--every", "1ms"];
    let output = api.windlass(&folder("moves"), &[words, &more[..]].concat());
    (code(&output), out(&output) + &err(&output))
}

/// The words, and the path and the query of the look; the path and the body of the call.
type Row = (&'static [&'static str], &'static str, &'static str, Value);

#[test]
fn what_is_moved_is_asked_for_where_both_sides_are_named() {
    let table: [Row; 5] = [
        (
            &["rename", "shop", "prod", "--component", "web", "--to-component", "site"],
            "/stage/apps/shop/environments/prod/renamable?component=web&to_component=site",
            "/stage/apps/shop/environments/prod/rename",
            json!({"component": "web", "to_component": "site", "reason": "r"}),
        ),
        (
            &["rename", "shop", "staging", "--to-environment", "qa"],
            "/stage/hand-overs/shop/staging/shop/qa",
            "/stage/hand-overs/shop/staging/shop/qa",
            json!({"reason": "r"}),
        ),
        (
            &["hand-over", "shop", "prod", "--component", "web", "--to-app", "bank"],
            "/stage/hand-overs/shop/prod/bank/prod?component=web",
            "/stage/hand-overs/shop/prod/bank/prod",
            json!({"component": "web", "reason": "r"}),
        ),
        (
            &[
                "hand-over",
                "shop",
                "prod",
                "--component",
                "web",
                "--to-app",
                "bank",
                "--to-environment",
                "live",
                "--to-component",
                "site",
            ],
            "/stage/hand-overs/shop/prod/bank/live?component=web&to_component=site",
            "/stage/hand-overs/shop/prod/bank/live",
            json!({"component": "web", "to_component": "site", "reason": "r"}),
        ),
        (
            &["hand-over", "shop", "prod", "--to-environment", "live"],
            "/stage/hand-overs/shop/prod/shop/live",
            "/stage/hand-overs/shop/prod/shop/live",
            json!({"reason": "r"}),
        ),
    ];
    for (words, look, path, body) in table {
        let api = api();
        let (status, said) = run(&api, words);
        assert_eq!(status, 0, "{said}");
        assert!(said.contains("another owner"), "{said}");
        let first = &api.calls()[0];
        assert_eq!((first.method.as_str(), first.path.as_str()), ("POST", path));
        assert_eq!(first.json(), body);

        let api = self::api();
        let (status, said) = run(&api, &[words, &["--plan"][..]].concat());
        assert_eq!(status, 0, "{said}");
        for part in ["would be site of", "with s3://shop/web/", "stays as it is", "Tag the"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let calls = api.calls();
        assert!(calls.iter().all(|call| call.method == "GET"));
        assert_eq!(calls[0].path, look);
    }
}

#[test]
fn a_whole_application_has_another_name_when_its_name_is_typed_again() {
    let all = json!({"declaration": "1.3.0", "environments": {"prod": {"components": {"web": "web"}, "targets": ["E1"]}},
        "repositories": ["shop/agent"], "frees": ["shop/old"], "stays": "What runs stays.", "next": "Tag the targets."});
    let done = json!({"deployment": null, "refusal": null, "done": {"cause": "It is the store now."},
        "execution": {"status": "SUCCEEDED", "error": null, "cause": null}});
    let api = || {
        let (all, done) = (all.clone(), done.clone());
        StandIn::new(move |call: &Call| -> Reply {
            match (call.method.as_str(), call.path.as_str()) {
                ("GET", path) if path.contains("?execution=") => reply(200, &done),
                ("GET", "/stage/renames/shop/store") => reply(200, &all),
                _ => reply(202, &json!({"execution": "arn:one"})),
            }
        })
    };
    let made = api();
    let words = ["rename", "shop", "--to-app", "store", "--confirm", "shop"];
    let (status, said) = run(&made, &words);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("the store now"), "{said}");
    let first = &made.calls()[0];
    assert_eq!(first.method, "POST");
    assert_eq!(first.path, "/stage/renames/shop/store");
    assert_eq!(first.json(), json!({"confirm": "shop", "reason": "r"}));

    let asked = api();
    let (status, said) = run(&asked, &["rename", "shop", "--to-app", "store", "--plan"]);
    assert_eq!(status, 0, "{said}");
    for part in [
        "shop would be called store",
        "declaration 1.3.0 would be withdrawn",
        "prod: web",
        "with E1",
        "shop/agent would be for store",
        "shop/old would be nobody's",
        "What runs stays.",
        "Tag the targets.",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(asked.calls().iter().all(|call| call.method == "GET"));
}

#[test]
fn what_does_not_say_where_to_is_not_understood() {
    let wrong: [&[&str]; 11] = [
        &["rename", "shop"],
        &["rename", "shop", "--to-app", "store"],
        &["rename", "shop", "--confirm", "shop"],
        &["rename", "shop", "prod", "--to-app", "store", "--confirm", "shop"],
        &["rename", "shop", "--to-app", "store", "--confirm", "shop", "--to-environment", "qa"],
        &["hand-over", "shop", "--to-app", "store"],
        &["rename", "shop", "prod", "--component", "web"],
        &["rename", "shop", "prod"],
        &["rename", "shop", "prod", "--to-component", "site"],
        &["hand-over", "shop", "prod", "--component", "web"],
        &["hand-over", "shop", "prod", "--to-app", "bank", "--to-component", "site"],
    ];
    for words in wrong {
        let api = api();
        let (status, said) = run(&api, words);
        assert_eq!(status, 2, "{words:?}: {said}");
        assert!(api.calls().is_empty());
    }
}
