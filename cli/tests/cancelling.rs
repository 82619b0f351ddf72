//! `windlass cancel` without an id: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::records::{ID, rolled_back};
use crate::standin::{Call, StandIn, code, err, folder, reply};
use serde_json::json;

#[test]
fn what_is_under_way_in_an_environment_is_cancelled_without_its_id() {
    let waits = |id: &str| json!({"deployment": id, "components": [], "operator": false, "since": 0});
    let held = json!({"token": 1, "held": {"deployment": ID, "action": "deploy", "execution": "arn",
        "since": 0, "state": "running"}});
    let free = json!({"token": 1});
    let both = json!([waits(ID), waits("fedcba9876543210")]);
    let (none, back) = (json!([]), "start `windlass rollback shop prod");
    let table = [
        (held, json!([waits("fedcba9876543210")]), 1, 0, ""),
        (free.clone(), json!([waits(ID)]), 1, 0, ""),
        (free.clone(), both, 1, 3, "Name one of them"),
        (free.clone(), none.clone(), 1, 3, back),
        (free, none, 0, 3, "Nothing has to be done"),
    ];
    for (lock, waiting, snapshot, status, words) in table {
        let environment = json!({"app": "shop", "environment": "prod", "snapshot": snapshot, "running": {},
            "lock": lock, "waiting": waiting});
        let api = StandIn::new(move |call: &Call| match call.path.as_str() {
            "/stage/apps/shop/environments/prod" => reply(200, &environment),
            path if path.ends_with("/cancel") => {
                assert_eq!(path, format!("/stage/apps/shop/environments/prod/deployments/{ID}/cancel"));
                reply(202, &json!({"id": ID, "execution": "arn:one"}))
            }
            _ => reply(200, &rolled_back()),
        });
        let arguments = ["cancel", "shop", "prod", "--reason", "wrong one", "--every", "1ms"];
        let output = api.windlass(&folder("cancel-there"), &arguments);
        assert_eq!(code(&output), status, "{}", err(&output));
        let said = err(&output).replace("Start `", "start `");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn what_is_under_way_or_waits_in_an_environment_is_cancelled_by_its_version_or_its_id() {
    let asked = |version: &str| json!({"action": "deploy", "version": version, "components": [], "requester": {"route": "api"}, "accepted": 0});
    let waits = |id: &str| json!({"deployment": id, "components": [], "operator": false, "since": 0});
    let (first, second) = ("fedcba9876543210", "00112233445566aa");
    let environment = json!({"app": "shop", "environment": "prod", "snapshot": 1, "running": {},
        "lock": {"token": 1, "held": {"deployment": ID, "action": "deploy", "execution": "arn", "since": 0, "state": "running"}},
        "waiting": [waits(first), waits(second)],
        "deployments": {ID: asked("1.4.0"), first: asked("1.5.0"), second: asked("1.6.0")}});
    for (which, cancelled) in
        [("1.4.0", Some(ID)), ("1.5.0", Some(first)), ("1.6.0", Some(second)), (first, Some(first)), ("1.7.0", None)]
    {
        let environment = environment.clone();
        let api = StandIn::new(move |call: &Call| match call.path.as_str() {
            "/stage/apps/shop/environments/prod" => reply(200, &environment),
            path if path.ends_with("/cancel") => reply(202, &json!({"id": ID, "execution": "arn:one"})),
            path => panic!("{path}"),
        });
        let arguments = ["cancel", "shop", "prod", which, "--reason", "r", "--no-wait"];
        let output = api.windlass(&folder("cancel-which"), &arguments);
        assert_eq!(code(&output), if cancelled.is_some() { 0 } else { 3 }, "{}", err(&output));
        let calls = api.calls().into_iter();
        let posted: Vec<String> = calls.filter(|call| call.method == "POST").map(|call| call.path).collect();
        let wanted = cancelled.map(|id| format!("/stage/apps/shop/environments/prod/deployments/{id}/cancel"));
        assert_eq!(posted, wanted.into_iter().collect::<Vec<_>>(), "{which}");
        if cancelled.is_none() {
            let said = err(&output);
            assert!(said.contains("nothing of 1.7.0 is under way"), "{said}");
            assert!(said.contains("`windlass status shop prod`"), "{said}");
        }
    }
}
