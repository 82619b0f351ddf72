//! `windlass history` and `snapshots`, and what every list has in common: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::records::{ID, history};
use crate::standin::{Call, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

#[test]
fn an_unknown_environment_is_refused_and_none_is_no_number_of_rows() {
    let finding =
        json!({"name": "UnknownName", "path": "environment", "reason": "r", "remedy": "Did you mean `prod`?"});
    let problem = json!({"detail": "d", "findings": [finding]});
    let api = StandIn::new(move |_: &Call| reply(404, &problem));
    for verb in
        [["history", "shop", "prd"], ["snapshots", "shop", "prd"], ["status", "shop", "prd"], ["watch", "shop", "prd"]]
    {
        let output = api.windlass(&folder("prd"), &verb);
        assert_eq!(code(&output), 3, "{verb:?}");
        assert!(err(&output).contains("Did you mean `prod`?"), "{verb:?}");
        assert!(err(&output).contains("\n  page: docs/findings.md#unknownname"), "{verb:?}");
    }
    let calls = api.calls().len();
    let none = ["history", "shop", "prod", "--limit", "0"];
    assert_eq!(code(&api.windlass(&folder("none"), &none)), 2);
    assert_eq!(api.calls().len(), calls);
}

#[test]
fn history_is_a_table() {
    let api = StandIn::new(|_: &Call| reply(200, &history(true)));
    let output = api.windlass(&folder("history"), &["history", "shop", "prod"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    insta::assert_snapshot!(out(&output));
}

#[test]
fn history_shows_those_who_audit_what_let_a_deployment_in() {
    let mut page = history(true);
    let hash = "5b1e0c2d9a4b6f70".repeat(4);
    let given = json!({"person": "lead-2", "by": {"route": "api"}, "hash": hash, "reason": "read", "at": 0});
    let newest = &mut page["deployments"][0];
    newest["requester"] = json!({"route": "api", "principal": "arn:aws:sts::111111111111:assumed-role/shop-dev/run-8"});
    newest["allowed_by"] = json!({"rule": "environments.prod.release", "file": "access/apps/shop.yaml", "version": 4});
    newest["promoted_from"] = json!({"environment": "staging", "snapshot": 3});
    newest["approval"] = json!({"hash": hash, "since": 0, "until": 0, "given": [given]});
    let api = StandIn::new(move |_: &Call| reply(200, &page));
    let output = api.windlass(&folder("audit"), &["history", "shop", "prod"]);
    let said = out(&output);
    let [head, first, second] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
    assert!(head.ends_with("  reason      audit") && second.ends_with("  as planned"), "{said}");
    let audit = "asked by unmapped (role shop-dev, account 111111111111); allowed by environments.prod.release of \
                 access/apps/shop.yaml, version 4; promoted from staging, snapshot 3; \
                 plan 5b1e0c2d9a4b approved by lead-2 at 1970-01-01T00:00:00Z";
    assert!(first.ends_with(audit), "{said}");
}

#[test]
fn snapshots_are_a_table_and_all_pages_of_it() {
    let git = |version: &str| {
        let is_found = version == "before-windlass";
        (!is_found).then(|| json!({"ref": "refs/heads/main", "commit": "9f2c61d4a0b35e77"}))
    };
    let snapshot = |number: u64, version: &str, present: bool, good: bool, vetoed: bool| {
        json!({"number": number, "version": version, "deployment": ID, "made": 0, "present": present,
            "replaced": number - 1, "verified_good": good, "vetoed": vetoed,
            "components": {"api": named(version, &json!(git(version)))},
            "asked": {"action": "deploy", "version": version, "accepted": 0, "started": 0, "ended": 252_000,
                "requester": {"route": "api", "principal": "ann"}, "components": ["api"], "reason": "as planned",
                "git": git("1.1.0")}})
    };
    let pages = [
        json!({"next": "p2", "snapshots": [snapshot(3, "1.1.0", true, true, false),
            snapshot(2, "1.0.0", false, true, true)]}),
        json!({"next": null, "snapshots": [snapshot(1, "before-windlass", false, false, false)]}),
    ];
    let api = StandIn::new(move |call: &Call| {
        let path = "/stage/apps/shop/environments/prod/snapshots?limit=";
        assert!(call.path.starts_with(path), "{}", call.path);
        reply(200, &pages[usize::from(call.path.ends_with("&after=p2"))])
    });
    let arguments = ["snapshots", "shop", "prod"];
    let output = api.windlass(&folder("snapshots"), &arguments);
    assert_eq!(code(&output), 0, "{}", err(&output));
    insta::assert_snapshot!(out(&output));
    let output = api.windlass(&folder("snapshots"), &[&arguments[..], &["--json"]].concat());
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    let numbers: Vec<&Value> = document["snapshots"].as_array().unwrap().iter().map(|one| &one["number"]).collect();
    assert_eq!((numbers, &document["next"]), (vec![&json!(3), &json!(2), &json!(1)], &Value::Null));
    assert_eq!(document["snapshots"][0]["replaced"], 2, "nothing is lost");
}

#[test]
fn an_unknown_application_is_refused_with_the_one_that_was_meant_and_how_one_is_declared() {
    for (lists, meant) in [(true, "Did you mean `hello`? "), (false, "")] {
        let api = StandIn::new(move |call: &Call| {
            if call.path.starts_with("/stage/apps?") && lists {
                let app =
                    json!({"app": "hello", "declaration": {"version": "1.0.0", "accepted": 0}, "environments": []});
                return reply(200, &json!({"apps": [app], "next": null}));
            }
            if call.path.starts_with("/stage/apps?") {
                return reply(403, &json!({"message": "Forbidden"}));
            }
            let finding = json!({"name": "NoDeclaration", "path": "app", "reason": "No declaration is known.",
                "remedy": "Upload `apps/helo/app.yaml` to the artifacts bucket."});
            reply(404, &json!({"detail": "NoDeclaration: app", "findings": [finding]}))
        });
        let output = api.windlass(&folder("unknown"), &["status", "helo", "prod"]);
        assert_eq!(code(&output), 3, "{}", err(&output));
        let why = format!("{meant}`windlass apps` lists what is declared; `windlass declare app.yaml` declares");
        assert!(err(&output).contains(&why), "{}", err(&output));
        assert!(!err(&output).contains("bucket"), "{}", err(&output));
        let is_meant = err(&output).contains("Did you mean");
        assert_eq!(is_meant, lists, "{}", err(&output));
    }
}

#[test]
fn nothing_refused_is_said_beside_where_rejected_deployments_stand() {
    let api = StandIn::new(|_: &Call| reply(200, &json!({"refusals": [], "next": null})));
    let output = api.windlass(&folder("refusals"), &["refusals", "hello"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let line = "nothing of hello was refused before it could become a deployment";
    assert!(out(&output).contains(line), "{}", out(&output));
    let next = "the verb `history` lists the deployments of an environment";
    assert!(out(&output).contains(next), "{}", out(&output));
}

#[test]
fn what_is_not_verified_good_is_shown_with_the_reasons() {
    let none = "passed; nothing ran api (the service wants 0 tasks)";
    let table = [
        (json!({"verified_good": true}), "verified good"),
        (json!({"verified_good": false}), "judged by nobody"),
        (json!({"verified_good": false, "unmeasured": ["api", "web"]}), "passed; nothing was measured of api, web"),
        (json!({"verified_good": false, "idle": {"api": "the service wants 0 tasks"}}), none),
    ];
    for (good, words) in table {
        let with = move |mut answer: Value| {
            answer.as_object_mut().unwrap().extend(good.as_object().unwrap().clone());
            answer
        };
        let api = StandIn::new(move |call: &Call| {
            if call.path.contains("/snapshots") {
                let listed =
                    with(json!({"number": 2, "version": "1.0.0", "deployment": ID, "made": 0, "present": true,
                    "replaced": 1, "vetoed": false, "components": {"api": named("1.0.0", &Value::Null)},
                    "asked": null}));
                return reply(200, &json!({"next": null, "snapshots": [listed]}));
            }
            let here = json!({"app": "shop", "environment": "prod", "snapshot": 2, "hold": null, "lock": {"token": 9},
                "waiting": [], "running": {}});
            reply(200, &with(here))
        });
        for (verb, before) in [("snapshots", "runs now, "), ("status", "snapshot 2, ")] {
            let output = api.windlass(&folder("doubts"), &[verb, "shop", "prod"]);
            assert_eq!(code(&output), 0, "{}", err(&output));
            assert!(out(&output).contains(&format!("{before}{words}")), "{words}: {}", out(&output));
        }
    }
}

#[test]
fn what_was_accepted_is_shown_as_the_persons_who_did() {
    let resolved = json!({"at": 9, "by": {"route": "console", "principal": "tom"}, "reason": "mended by hand"});
    let asked = json!({"action": "deploy", "version": "1.5.0", "accepted": 0, "started": 0, "ended": 23_000,
        "requester": {"route": "s3"}, "components": ["api"], "resolved": resolved});
    let given = |version: &str, by: &str| json!({"version": version, "deployment": by, "since": 0});
    let api = json!({"version": "accepted", "deployment": ID, "since": 0, "brought": given("accepted", ID)});
    let web = json!({"version": "1.3.0", "deployment": "fedcba9876543210", "since": 0, "brought": given("1.2.0", ID)});
    let snapshots = json!({"next": null, "snapshots": [{"number": 9, "version": "accepted", "deployment": ID, "made": 0,
        "present": true, "replaced": 8, "verified_good": false, "vetoed": false, "components": {"api": api, "web": web}, "asked": asked}]});
    let mut running = json!({"api": api, "web": web});
    for name in ["api", "web"] {
        running[name]["state"] = json!({});
    }
    let environment = json!({"app": "shop", "environment": "prod", "snapshot": 9, "hold": null, "lock": {"token": 9},
        "waiting": [], "running": running, "deployments": {ID: asked}});
    let api = StandIn::new(move |call: &Call| {
        let is_list = call.path.contains("/snapshots");
        reply(200, if is_list { &snapshots } else { &environment })
    });
    let said = out(&api.windlass(&folder("accepted"), &["snapshots", "shop", "prod"]));
    let row = said.lines().nth(1).unwrap();
    for word in ["tom", "mended by hand", "api,web@1.3.0", "web came with 1.2.0"] {
        assert!(row.contains(word), "{row}");
    }
    assert!(!row.contains("23s") && !row.contains("an upload"), "{row}");
    let said = out(&api.windlass(&folder("accepted"), &["status", "shop", "prod"]));
    let line = format!(
        "  api: accepted since 1970-01-01T00:00:00Z by tom: \"mended by hand\"; it is what deployment {ID} had left"
    );
    assert!(said.contains(&line), "{said}");
    let line = format!(
        "  web: 1.3.0 since 1970-01-01T00:00:00Z, by deployment fedcba9876543210\n    its bytes came with 1.2.0 by deployment {ID} and are there since"
    );
    assert!(said.contains(&line), "{said}");
}

#[test]
fn a_rollback_to_what_was_found_is_shown_with_who_asked_for_it() {
    for (action, is_named) in [("deploy", false), ("rollback", true)] {
        let snapshots = json!({"next": null, "snapshots": [{"number": 8, "version": "before-windlass",
            "deployment": ID, "made": 0, "present": true, "replaced": 7, "verified_good": true, "vetoed": false,
            "components": {"api": named("before-windlass", &Value::Null)}, "asked": {"action": action, "version": "before-windlass", "accepted": 0,
                "started": 0, "ended": 252_000, "requester": {"route": "api", "principal": "ann"},
                "components": ["api"], "reason": "all is broken"}}]});
        let api = StandIn::new(move |_: &Call| reply(200, &snapshots));
        let output = api.windlass(&folder("found"), &["snapshots", "shop", "prod"]);
        let said = out(&output);
        for word in ["ann", "all is broken", "4m12s"] {
            assert_eq!(said.contains(word), is_named, "{action}: {said}");
        }
    }
}

/// An API with lists of five, page by page.
fn five(name: &'static str, one: fn(usize) -> Value) -> StandIn {
    StandIn::new(move |call: &Call| {
        let (_, query) = call.path.split_once('?').unwrap();
        let asked = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.clone().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
        };
        let after = asked("after").map_or(0, |after| after.trim_start_matches('p').parse().unwrap());
        let limit: usize = asked("limit").unwrap().parse().unwrap();
        let end = (after + limit).min(5);
        let all: Vec<Value> = (after..end).map(one).collect();
        let next = (end < 5).then(|| format!("p{end}"));
        reply(200, &json!({name: all, "next": next}))
    })
}

pub fn deployment(number: usize) -> Value {
    json!({"id": format!("{number:016x}"), "action": "deploy", "version": format!("1.{number}.0"), "status": "ended",
        "accepted": 0, "requester": {"route": "s3"}, "environment": "prod", "git": null, "components": []})
}

/// Makes the names of what ran of a component under a version.
fn named(version: &str, git: &Value) -> Value {
    let given = json!({"version": version, "deployment": ID, "since": 0, "git": git});
    let mut named = given.clone();
    named[if version == "before-windlass" { "found" } else { "brought" }] = given;
    named
}

pub fn snapshot(number: usize) -> Value {
    json!({"number": number, "version": format!("1.{number}.0"), "deployment": ID, "made": 0, "present": false,
        "replaced": 0, "verified_good": true, "vetoed": false, "components": {}, "asked": null})
}

fn refusal(number: usize) -> Value {
    json!({"about": format!("1.{number}.0"), "requester": {"route": "s3"}, "findings": [], "at": 0})
}

/// A list, the function that makes an item of it, and the command that shows it.
type Row = (&'static str, fn(usize) -> Value, &'static [&'static str]);

/// A list that is cut names a command that shows the rest, and no list is cut without a word.
#[test]
fn a_list_that_is_cut_says_how_to_see_the_rest() {
    let table: [Row; 4] = [
        ("deployments", deployment, &["history", "shop", "prod"]),
        ("snapshots", snapshot, &["snapshots", "shop", "prod"]),
        ("refusals", refusal, &["refusals", "shop"]),
        ("refusals", refusal, &["refusals"]),
    ];
    for (name, one, verb) in table {
        let (api, folder) = (five(name, one), folder("five"));
        let mut arguments: Vec<String> = verb.iter().map(ToString::to_string).collect();
        arguments.extend(["--limit".to_owned(), "2".to_owned()]);
        for seen in [0..2, 2..4, 4..5] {
            let given: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let output = api.windlass(&folder, &given);
            assert_eq!(code(&output), 0, "{}", err(&output));
            let said = out(&output);
            for number in 0..5 {
                let is_listed = said.contains(&format!("1.{number}.0"));
                assert_eq!(is_listed, seen.contains(&number), "{said}");
            }
            let more = said.split_once("there are more: `windlass ");
            assert_eq!(more.is_some(), seen.end < 5, "{said}");
            let json = api.windlass(&folder, &[&given[..], &["--json"]].concat());
            let json: Value = serde_json::from_str(&out(&json)).unwrap();
            assert_eq!(json["next"].is_string(), seen.end < 5, "{json}");
            assert_eq!(json[name].as_array().unwrap().len(), seen.len(), "{json}");
            if let Some((_, more)) = more {
                let command = more.split('`').next().unwrap();
                arguments = command.split(' ').map(ToOwned::to_owned).collect();
                assert_eq!(json["next"], *arguments.last().unwrap());
            }
        }
        let whole = api.windlass(&folder, verb);
        assert!(!out(&whole).contains("there are more"), "{}", out(&whole));
        let past = api.windlass(&folder, &[verb, &["--after", "p5"]].concat());
        assert!(out(&past).contains("no more"), "{}", out(&past));
    }
}

#[test]
fn a_refusal_is_listed_with_the_page_that_explains_it() {
    let finding = json!({"name": "BadValue", "path": "version", "reason": "r", "remedy": "Write another."});
    let refusal = json!({"about": "1.4", "requester": {"route": "s3"}, "findings": [finding], "at": 0});
    let page = json!({"refusals": [refusal], "next": null});
    let api = StandIn::new(move |_: &Call| reply(200, &page));
    let said = out(&api.windlass(&folder("page"), &["refusals", "shop"]));
    let end = "Write another.\n  page: docs/findings.md#badvalue (or `windlass explain BadValue`)\n";
    assert!(said.ends_with(end), "{said}");
}
