//! `windlass watch` by an environment, and a version or an id: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::records::{ID, history, rolled_back};
use crate::standin::{Call, StandIn, code, err, folder, reply};
use serde_json::{Value, json};

#[test]
fn a_version_in_an_environment_is_found_in_the_history() {
    let mut looks = 0;
    let api = StandIn::new(move |call: &Call| {
        if call.path.starts_with("/stage/apps/shop/deployments?") {
            looks += 1;
            return reply(200, &history(looks > 1));
        }
        if call.path.ends_with("/releases/1.4.0") {
            let upload = json!({"key": "releases/shop/prod/1.4.0.json", "version_id": "v1", "findings": null});
            return reply(
                200,
                &json!({"app": "shop", "version": "1.4.0", "recorded": null, "uploads": {"prod": upload}}),
            );
        }
        assert!(call.path.ends_with(ID), "{}", call.path);
        reply(200, &rolled_back())
    });
    let arguments = ["watch", "shop", "prod", "1.4.0", "--every", "1ms"];
    let output = api.windlass(&folder("version"), &arguments);
    assert_eq!(code(&output), 4);
    assert!(err(&output).contains("became no deployment into prod yet"), "{}", err(&output));
    assert!(api.calls()[0].path.contains("environment=prod"));
}

/// An API that knows an empty history, and has this answer about the version.
fn knowing(status: u16, known: Value) -> StandIn {
    StandIn::new(move |call: &Call| {
        if call.path.starts_with("/stage/apps/shop/deployments?environment=prod") {
            return reply(200, &json!({"deployments": [], "next": null}));
        }
        assert_eq!(call.path, "/stage/apps/shop/releases/1.4.O");
        reply(status, &known)
    })
}

#[test]
fn what_cannot_come_is_not_waited_for() {
    let finding =
        |name: &str| json!({"name": name, "path": "version", "reason": "No such.", "remedy": "Did you mean `1.4.0`?"});
    let problem = |name: &str| json!({"detail": "d", "findings": [finding(name)]});
    let upload = |name: &str| json!({"app": "shop", "version": "1.4.0", "recorded": null, "uploads": {"prod": {"key": "k", "version_id": "v", "findings": [finding(name)]}}});
    let release = json!({"app": "shop", "version": "1.4.O", "components": {}});
    let table = [
        (404, problem("UnknownName"), 3, "Did you mean `1.4.0`?"),
        (200, upload("NoEnvironment"), 3, "its upload was rejected"),
        (200, upload("Held"), 9, "its upload was rejected"),
        (
            200,
            json!({"app": "shop", "version": "1.4.0", "recorded": release, "uploads": {}}),
            3,
            "`windlass deploy shop prod 1.4.O`",
        ),
    ];
    for (status, known, exit, words) in table {
        let api = knowing(status, known);
        let arguments = ["watch", "shop", "prod", "1.4.O", "--every", "1ms", "--timeout", "30ms"];
        let output = api.windlass(&folder("cannot"), &arguments);
        assert_eq!(code(&output), exit, "{}", err(&output));
        assert!(err(&output).contains(words), "{}", err(&output));
    }
}

#[test]
fn an_id_in_the_place_of_a_version_is_watched_where_it_is() {
    let api = StandIn::new(|call: &Call| {
        let is_it = call.path.ends_with(&format!("/deployments/{ID}"));
        reply(if is_it { 200 } else { 503 }, &rolled_back())
    });
    let output = api.windlass(&folder("id"), &["watch", "shop", "prod", ID]);
    assert_eq!(code(&output), 4, "{}", err(&output));
    let lists = api.calls().into_iter().filter(|call| call.path.contains("/deployments?"));
    assert_eq!(lists.count(), 0);
    let output = api.windlass(&folder("id"), &["watch", "shop", "dev", ID]);
    assert_eq!(code(&output), 3, "{}", err(&output));
    let said = err(&output);
    for part in ["into `prod`, and not into `dev`", &format!("`windlass watch shop {ID}`")] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_version_that_looks_like_an_id_is_found_as_a_version() {
    let like = "fedcba9876543210";
    let unknown = json!({"name": "UnknownName", "path": "id", "reason": "r", "remedy": "m"});
    let problem = json!({"detail": "d", "findings": [unknown]});
    let one = json!({"id": ID, "environment": "prod", "git": null, "components": [], "action": "deploy", "version": like, "status": "ended", "accepted": 0,
        "requester": {"route": "s3"}});
    let listed = json!({"deployments": [one], "next": null});
    let api = StandIn::new(move |call: &Call| {
        if call.path.ends_with(like) {
            return reply(404, &problem);
        }
        if call.path.ends_with(ID) {
            return reply(200, &rolled_back());
        }
        assert!(call.path.starts_with("/stage/apps/shop/deployments?environment=prod"), "{}", call.path);
        reply(200, &listed)
    });
    let output = api.windlass(&folder("like"), &["watch", "shop", "prod", like]);
    assert_eq!(code(&output), 4, "{}", err(&output));
}
