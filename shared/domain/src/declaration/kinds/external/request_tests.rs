//! Requests as they are sent, as a table.

use super::{Act, Deed, Observe, ReleaseBytes, State, Subject};
use crate::release::artifact::Artifact;
use crate::release::identity::DeploymentId;
use crate::text::digest::Digest;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::time::Time;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn about() -> Subject {
    Subject {
        app: AppName::new("shop").unwrap(),
        environment: EnvironmentName::new("prod").unwrap(),
        component: ComponentName::new("book").unwrap(),
        deployment: DeploymentId("1f0c2d9a4b5e6f70".into()),
        settings: json!({"branch": "gh-pages"}).as_object().unwrap().clone(),
    }
}

/// The members that every request has, with those of one.
fn request(word: &str, more: &Value) -> Value {
    let mut all = json!({
        "windlass": 1, "do": word, "app": "shop", "environment": "prod", "component": "book",
        "deployment": "1f0c2d9a4b5e6f70", "settings": {"branch": "gh-pages"},
    });
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

#[test]
fn each_request_has_what_the_protocol_says() {
    let state: State = json!({"format": "1", "tree": null}).as_object().unwrap().clone();
    let release = ReleaseBytes::Image { image: "shop/book@sha256:ab".into() };
    let bytes = json!({"image": "shop/book@sha256:ab"});
    let deed = |is_back: bool| Deed {
        goal: &state,
        release: (!is_back).then_some(&release),
        is_back,
        not_after: Time::parse("2026-11-30T12:00:00.900Z").unwrap(),
    };
    let forward = json!({"goal": state, "release": bytes, "key": "1f0c2d9a4b5e6f70/book/forward",
        "not_after": "2026-11-30T12:00:00Z"});
    let back = json!({"goal": state, "key": "1f0c2d9a4b5e6f70/book/back", "not_after": "2026-11-30T12:00:00Z"});
    let with = |mut more: Value, mark: Value| {
        more["if"] = mark;
        more
    };
    let table = [
        (Observe::new(&about(), None).json().clone(), request("observe", &json!({}))),
        (Observe::new(&about(), Some(&state)).json().clone(), request("observe", &json!({"goal": state}))),
        (Observe::planning(&about(), &release).json().clone(), request("observe", &json!({"release": bytes}))),
        (Act::prepare(&about(), &deed(false)).json().clone(), request("prepare", &forward)),
        (
            Act::change(&about(), &deed(false), Some("c0ffee")).json().clone(),
            request("change", &with(forward, json!("c0ffee"))),
        ),
        (Act::change(&about(), &deed(true), None).json().clone(), request("change", &with(back, Value::Null))),
    ];
    for (made, wanted) in table {
        assert_eq!(made, wanted);
    }
}

#[test]
fn bytes_are_named_by_where_they_are_and_by_their_digest() {
    let sha256 = Digest::of(b"a book");
    let hex = sha256.as_str();
    let object = Artifact::Object {
        key: "artifacts/shop/book.zip".into(),
        version_id: "v1".into(),
        sha256: sha256.clone(),
        bytes: 6,
    };
    let image = Artifact::Image { repository: "shop/book".into(), digest: sha256.clone() };
    let several = Artifact::Images { containers: BTreeMap::new() };
    let table = [
        (object, json!({"bucket": "artifacts", "key": "artifacts/shop/book.zip", "version_id": "v1", "sha256": hex})),
        (image, json!({"image": format!("shop/book@sha256:{hex}")})),
        (several, Value::Null),
    ];
    for (artifact, wanted) in table {
        assert_eq!(json!(ReleaseBytes::of(&artifact, "artifacts")), wanted, "{artifact:?}");
    }
}
