//! `windlass release` as CI runs it: the real program against an S3 and an API that remember.

#![allow(clippy::unwrap_used)]

mod cloud;
mod records;
mod standin;

use cloud::{RELEASE, Told, cloud, puts, released, site, telling};
use records::ID;
use serde_json::{Value, json};
use standin::{code, err, folder, out};
use windlass_domain::digest::Digest;
use windlass_domain::manifest::Manifest;
use windlass_domain::name::AppName;

#[test]
fn artifacts_are_uploaded_and_then_the_manifest_that_pins_them() {
    let (cloud, folder) = (cloud(), site("upload"));
    let output = cloud.windlass(&folder, &RELEASE);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let said = out(&output);
    let from = "shop 1.4.0: from refs/tags/v1.4.0 (given by `--git-ref`), commit 9f2c111, not known whether clean";
    assert!(said.starts_with(from), "{said}");
    let goes = said.find("goes to prod, by its rule").unwrap();
    assert!(
        goes < said.find("uploaded").unwrap(),
        "said before it is done: {said}"
    );
    assert!(
        said.contains("handed in") && !said.contains("released"),
        "{said}"
    );
    assert!(said.contains("`windlass watch shop prod 1.4.0`"), "{said}");
    let puts = puts(&cloud);
    assert_eq!(puts.len(), 3);
    let last = puts.last().unwrap();
    assert!(
        last.path
            .starts_with("/artifacts-bucket/releases/shop/1.4.0.json")
    );
    let text = String::from_utf8(last.body.clone()).unwrap();
    let manifest = Manifest::parse(&AppName::new("shop").unwrap(), &text).unwrap();
    assert_eq!(manifest.git.unwrap().reference, "refs/tags/v1.4.0");
    let zip = std::fs::read(folder.join("fn.zip")).unwrap();
    let api = manifest
        .components
        .iter()
        .find(|(name, _)| name.as_str() == "api")
        .unwrap()
        .1;
    assert_eq!(api.sha256, Some(Digest::of(&zip)));
    assert_eq!(api.version_id.as_deref(), Some("v1"));
    let key = api.key.clone().unwrap();
    let sent = puts.iter().find(|put| put.path.contains(&key)).unwrap();
    assert_eq!(sent.body, zip);
    assert!(!sent.headers["x-amz-checksum-sha256"].is_empty());
}

#[test]
fn the_same_bytes_are_not_sent_twice() {
    let (cloud, folder) = (cloud(), site("twice"));
    assert_eq!(code(&cloud.windlass(&folder, &RELEASE)), 0);
    let output = cloud.windlass(&folder, &RELEASE);
    assert_eq!(code(&output), 0);
    assert!(
        out(&output).contains("web: there already"),
        "{}",
        out(&output)
    );
    assert_eq!(puts(&cloud).len(), 4, "three, and the manifest again");
}

#[test]
fn who_may_only_put_sends_what_may_be_there_already() {
    let told = Told {
        put_only: true,
        ..Told::nothing()
    };
    let (cloud, folder) = (telling(told), site("put-only"));
    for sent in [3, 6] {
        let output = cloud.windlass(&folder, &RELEASE);
        assert_eq!(code(&output), 0, "{}", err(&output));
        assert_eq!(puts(&cloud).len(), sent);
    }
}

#[test]
fn watching_starts_it_through_the_api_and_tells_how_it_ended() {
    let (cloud, folder) = (cloud(), site("watching"));
    let mut arguments = RELEASE.to_vec();
    arguments.extend(["--watch", "--environment", "prod"]);
    arguments.extend(["--again", "--reason", "once more"]);
    let output = cloud.windlass(&folder, &arguments);
    assert_eq!(code(&output), 4, "{}", err(&output));
    let calls = cloud.calls();
    let post = calls.iter().find(|call| call.method == "POST").unwrap();
    assert_eq!(post.path, "/stage/apps/shop/environments/prod/releases");
    assert!(!post.headers.contains_key("idempotency-key"), "an arrival");
    let body = post.json();
    assert_eq!(body.get("environment"), None, "the path decides");
    assert_eq!(body["again"], true);
    assert_eq!(body["reason"], "once more");
    assert_eq!(body["components"]["agent"]["image"], "shop/agent:1.4.0");
    assert_eq!(puts(&cloud).len(), 2, "no manifest is uploaded besides");
}

#[test]
fn a_recorded_release_is_promoted_by_its_version() {
    let cloud = cloud();
    let output = cloud.windlass(
        &folder("promote"),
        &["deploy", "shop", "prod", "1.4.0", "--json", "--look=0s"],
    );
    assert_eq!(code(&output), 0, "{}", err(&output));
    let told: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(told["id"], ID);
    let calls = cloud.calls();
    assert_eq!(calls[0].path, "/stage/apps/shop/environments/prod/releases");
    assert_eq!(calls[0].json(), json!({"version": "1.4.0"}));
}

#[test]
fn the_deployment_that_an_upload_became_is_told() {
    let one = json!({"id": ID, "action": "deploy", "version": "1.4.0", "status": "ended", "accepted": 0,
        "requester": {"route": "s3"}});
    let told = Told {
        history: json!({"deployments": [one], "next": null}),
        ..Told::nothing()
    };
    let (code, said, _) = released(told, "became", &RELEASE);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("RolledBack"), "{said}");
}
