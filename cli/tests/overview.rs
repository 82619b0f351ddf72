//! `windlass apps`, and `windlass status` without an environment: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::standin::{Call, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

const NOON: u64 = 1_763_640_000_000;
const ID: &str = "0123456789abcdef";
const OTHER: &str = "fedcba9876543210";

fn asked(version: &str, by: &str, commit: &str) -> Value {
    json!({"action": "deploy", "version": version, "accepted": 0, "components": ["api"],
        "requester": {"route": "api", "principal": by}, "git": {"ref": "refs/heads/main", "commit": commit}})
}

/// The names that a deployment from this commit gave.
fn from(commit: &str, mut names: Value) -> Value {
    names["git"] = json!({"ref": "refs/heads/main", "commit": commit});
    names
}

fn names(version: &str, deployment: &str) -> Value {
    json!({"version": version, "deployment": deployment, "since": NOON,
        "brought": {"version": version, "deployment": deployment, "since": NOON}})
}

fn shop() -> Value {
    let (tom, ann) = ("9f2c61d4a0b3", "1a2b3c4d5e6f");
    let newest = || from(tom, names("1.4.0", ID));
    let agent = json!({"version": "1.3.0", "deployment": OTHER, "since": NOON,
        "brought": {"version": "1.3.0", "deployment": OTHER, "since": NOON},
        "containers": {"web": newest(), "worker": from(ann, names("1.3.0", OTHER))}});
    json!({"app": "shop", "declaration": {"version": "1.3.0", "accepted": NOON}, "environments": [
        {"environment": "dev", "declared": true, "running": {}, "snapshot": 0, "hold": null, "lock": {"token": 0},
            "waiting": [], "deployments": {}},
        {"environment": "prod", "declared": true, "snapshot": 7, "running": {"api": newest(), "agent": agent},
            "hold": {"since": NOON, "reason": "checkout is broken", "by": "ann"},
            "lock": {"token": 9, "held": {"deployment": ID, "action": "deploy", "execution": "arn:one", "since": NOON,
                "state": "needs_operator"}},
            "drills": {"proved": {"drill": ID, "outcome": "proved", "at": NOON, "cause": "", "restored": true}},
            "next_drill": {"every": "7d", "due": NOON + 7 * 86_400_000, "begins": false},
            "waiting": [{"deployment": OTHER, "since": NOON}],
            "deployments": {ID: asked("1.4.0", "tom", tom), OTHER: asked("1.3.0", "ann", ann)}},
        {"environment": "old", "declared": false, "running": {"api": names("1.0.0", ID)}, "snapshot": 2, "hold": null,
            "lock": {"token": 3}, "waiting": [], "deployments": {},
            "drift": {"looked": NOON, "due": NOON, "components": {"api": {"at": NOON, "drift": "changed"},
                "web": {"at": NOON, "drift": "unknown", "reason": "you may not"},
                "worker": {"at": NOON, "drift": "unknown", "behind": true,
                    "reason": "a deployment had its turn since it was looked at"}}}},
    ]})
}

fn api() -> StandIn {
    StandIn::new(|call: &Call| {
        let path = call.path.as_str();
        let is_second = path.contains("after=p2");
        match path.split('?').next().unwrap() {
            "/stage/apps" if is_second => reply(
                200,
                &json!({"apps": [{"app": "bank", "declaration": {"version": "1.0.0", "accepted": 0}, "environments": []}], "next": null}),
            ),
            "/stage/apps" => reply(200, &json!({"apps": [shop()], "next": "p2"})),
            "/stage/apps/shop/environments" => {
                reply(200, &json!({"app": "shop", "declaration": "1.3.0", "environments": ["dev", "prod"]}))
            }
            it if it.starts_with("/stage/apps/shop/environments/") => {
                let name = it.rsplit('/').next().unwrap();
                reply(
                    200,
                    &json!({"app": "shop", "environment": name, "snapshot": 0, "running": {}, "lock": {"token": 1}, "waiting": []}),
                )
            }
            _ => reply(404, &json!({"message": "Not Found"})),
        }
    })
}

fn run(api: &StandIn, arguments: &[&str]) -> String {
    let output = api.windlass(&folder("overview"), arguments);
    assert_eq!(code(&output), 0, "{arguments:?}: {}", err(&output));
    out(&output)
}

/// The record of a rollback has no version before its turn.
#[test]
fn a_rollback_is_shown_as_one_and_not_as_a_version() {
    let table = [
        (json!({"version": "rollback"}), "rollback is under way"),
        (json!({"version": "rollback", "snapshot": 6}), "rollback to snapshot 6 is under way"),
        (json!({"version": "1.3.0", "snapshot": 6}), "rollback to 1.3.0, snapshot 6 is under way"),
    ];
    for (members, words) in table {
        let mut asked = asked("", "ann", "9f2c61d4a0b3");
        asked["action"] = "rollback".into();
        for (name, value) in members.as_object().unwrap() {
            asked[name] = value.clone();
        }
        let held =
            json!({"deployment": ID, "action": "rollback", "execution": "arn:one", "since": NOON, "state": "running"});
        let here = json!({"environment": "prod", "declared": true, "running": {}, "snapshot": 7, "hold": null,
            "lock": {"token": 9, "held": held}, "waiting": [], "deployments": {ID: asked}});
        let apps = json!({"apps": [{"app": "shop", "declaration": {"version": "1.0.0", "accepted": 0}, "environments": [here]}], "next": null});
        let api = StandIn::new(move |_: &Call| reply(200, &apps));
        let said = run(&api, &["apps"]);
        assert!(said.contains(&format!("  {words}")), "{said}");
    }
}

#[test]
fn each_release_that_runs_somewhere_is_a_row_and_all_pages_are_read() {
    for arguments in [&["apps"][..], &["status"]] {
        let said = run(&api(), arguments);
        let rows: Vec<Vec<&str>> = said
            .lines()
            .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
            .collect();
        let since = "2025-11-20T12:00:00Z";
        let wanted = [
            vec!["APP", "ENVIRONMENT", "RUNS", "COMMIT", "SINCE", "BY", "WAY BACK", "STATE"],
            vec![
                "shop",
                "dev",
                "-",
                "-",
                "-",
                "-",
                "-",
                "nothing deployed; not here: 1.3.0 of prod (agent/worker); not here: 1.4.0 of prod (agent/web, api)",
            ],
            vec![
                "shop",
                "prod",
                "1.4.0 (agent/web, api)",
                "9f2c61d",
                since,
                "tom",
                "proved 2025-11-20T12:00:00Z; next 2025-11-27T12:00:00Z",
                "NEEDS AN OPERATOR after 1.4.0; locked; held by ann: \"checkout is broken\"; 1.3.0 waits; judged by nobody",
            ],
            vec!["shop", "prod", "1.3.0 (agent/worker)", "1a2b3c4", since, "ann", "-", "-"],
            vec![
                "shop",
                "old",
                "1.0.0",
                "-",
                since,
                "-",
                "never proved",
                "api drifted; web: drift unknown: you may not; no longer declared; judged by nobody",
            ],
            vec!["bank", "-", "-", "-", "-", "-", "-", "-"],
        ];
        assert_eq!(rows, wanted, "{said}");
    }
}

#[test]
fn a_table_that_is_wider_than_the_terminal_is_a_paragraph_for_each_row() {
    let output = api().windlass_with(&folder("overview"), &["apps"], &[("COLUMNS", "80")]);
    let said = out(&output);
    for part in
        ["\nAPP            shop\n  ENVIRONMENT  prod\n", "\n  WAY BACK     never proved\n", "after 1.4.0; locked;"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
}

#[test]
fn a_list_that_is_cut_says_how_to_go_on_and_a_program_gets_all_of_it() {
    let said = run(&api(), &["apps", "--limit", "1"]);
    assert!(said.ends_with("there are more: `windlass apps --limit 1 --after p2` lists them\n"), "{said}");
    let document: Value = serde_json::from_str(&run(&api(), &["apps", "--json"])).unwrap();
    assert_eq!(document["apps"][0], shop(), "nothing is lost");
    assert_eq!((&document["apps"][1]["app"], &document["next"]), (&json!("bank"), &json!(null)));
    let none = StandIn::new(|_: &Call| reply(200, &json!({"apps": [], "next": null})));
    assert!(run(&none, &["apps"]).contains("no application is declared yet"));
}

#[test]
fn a_look_at_all_targets_is_shown_and_one_that_fails_hides_no_other() {
    let api = StandIn::new(|call: &Call| match call.path.as_str() {
        "/stage/apps/shop/environments/prod?observe=true" => reply(
            200,
            &json!({"app": "shop", "environment": "prod", "snapshot": 7, "running": {}, "lock": {"token": 9},
                "waiting": [], "observed": {"api": {"drift": "changed"}, "agent": {"drift": "none"}}}),
        ),
        path if path.starts_with("/stage/apps?") => {
            let mut shop = shop();
            let mut closed = shop["environments"][1].clone();
            closed["environment"] = "closed".into();
            shop["environments"].as_array_mut().unwrap().push(closed);
            reply(200, &json!({"apps": [shop], "next": null}))
        }
        _ => reply(403, &json!({"message": "Forbidden"})),
    });
    let looks = || api.calls().into_iter().filter(|call| call.path.ends_with("?observe=true")).count();
    run(&api, &["apps"]);
    assert_eq!(looks(), 0, "nothing is looked at that nobody asks for");
    let document: Value = serde_json::from_str(&run(&api, &["apps", "--observe", "--json"])).unwrap();
    assert_eq!(looks(), 2, "what is declared and runs");
    let seen = document["apps"][0]["environments"].as_array().unwrap();
    let seen: Vec<(&str, &str, bool)> = seen
        .iter()
        .map(|here| {
            let drift = here["observed"]["api"]["drift"].as_str().unwrap_or("-");
            (here["environment"].as_str().unwrap(), drift, here["unobserved"].is_string())
        })
        .collect();
    let wanted = [("dev", "-", false), ("prod", "changed", false), ("old", "-", false), ("closed", "-", true)];
    assert_eq!(seen, wanted);
    let said = run(&api, &["apps", "--observe"]);
    assert_eq!(said.matches("api drifted").count(), 2, "prod just now, and old by its hourly look: {said}");
    assert_eq!(said.matches("drift unknown: ").count(), 2, "closed, and web of old: {said}");
}

#[test]
fn a_look_at_all_targets_ends_with_the_next_step_of_each_environment_that_differs() {
    let environment = |name: &str, drift: &str| {
        let mut running = names("1.4.0", ID);
        running["state"] = json!({});
        json!({"app": "shop", "environment": name, "declared": true, "running": {"api": running},
            "snapshot": 7, "hold": {"since": NOON, "reason": "a sale", "by": "ann"}, "lock": {"token": 9},
            "paused": {"action": "pause", "wave": 0, "at": NOON, "by": "ann", "reason": "a sale"}, "waiting": [],
            "deployments": {}, "observed": {"api": {"drift": drift, "seen": "41"}}})
    };
    let all =
        [("dev", "none"), ("staging", "changed"), ("prod", "unknown")].map(|(name, drift)| environment(name, drift));
    let here = all.clone();
    let api = StandIn::new(move |call: &Call| {
        // The hold and the pause came after the list was read.
        let listed = here.clone().map(|mut here| {
            here["hold"] = Value::Null;
            here.as_object_mut().unwrap().retain(|name, _| name != "observed" && name != "paused");
            here
        });
        let shop =
            json!({"app": "shop", "declaration": {"version": "1.3.0", "accepted": NOON}, "environments": listed});
        let named = |here: &&Value| call.path.contains(&format!("/{}?", here["environment"].as_str().unwrap()));
        reply(200, here.iter().find(named).unwrap_or(&json!({"apps": [shop], "next": null})))
    });
    let document: Value = serde_json::from_str(&run(&api, &["apps", "--observe", "--json"])).unwrap();
    let table = run(&api, &["apps"]).lines().count();
    let said = run(&api, &["apps", "--observe"]);
    let mut lines = said.lines().skip(table);
    for (nth, one) in all.iter().enumerate() {
        let name = one["environment"].as_str().unwrap();
        let alone = run(&api, &["status", "shop", name, "--observe"]);
        let alone_as_data: Value =
            serde_json::from_str(&run(&api, &["status", "shop", name, "--observe", "--json"])).unwrap();
        let steps = &document["apps"][0]["environments"][nth]["next_steps"];
        let (many, is_listed) = (alone_as_data["next_steps"].as_array().unwrap().len(), !steps.is_null());
        assert_eq!(
            (many, is_listed),
            if name == "dev" { (2, false) } else { (3, true) },
            "what differs alone is listed"
        );
        if !is_listed {
            continue;
        }
        assert_eq!(*steps, alone_as_data["next_steps"], "{name}");
        let next = alone.trim_end().lines().last().unwrap().trim_start().strip_prefix("next: ").unwrap();
        assert_eq!(lines.next(), Some(&*format!("next: shop {name}: {next}")), "{said}");
    }
    assert_eq!(lines.next(), None, "{said}");
}

#[test]
fn an_application_alone_is_each_of_its_environments() {
    let api = api();
    let said = run(&api, &["status", "shop", "--observe"]);
    assert!(said.contains("shop dev: nothing was deployed yet") && said.contains("shop prod: nothing"), "{said}");
    let looked = api.calls().into_iter().filter(|call| call.path.ends_with("?observe=true"));
    assert_eq!(looked.count(), 2);
    let document: Value = serde_json::from_str(&run(&api, &["status", "shop", "--json"])).unwrap();
    assert_eq!(document["environments"][1]["environment"], "prod");
    let output = api.windlass(&folder("overview"), &["status", "--observe"]);
    assert_eq!(code(&output), 2, "all targets of everybody are not looked at: {}", err(&output));
}

#[test]
fn who_may_not_see_all_reads_which_right_is_needed() {
    let closed = StandIn::new(|_: &Call| reply(403, &json!({"message": "Forbidden"})));
    let output = closed.windlass(&folder("overview"), &["apps"]);
    assert_eq!(code(&output), 6);
    assert!(err(&output).contains("`execute-api:Invoke` on this path is needed"), "{}", err(&output));
}
