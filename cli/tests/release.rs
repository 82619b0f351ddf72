//! `windlass release` as CI runs it: the real program against an S3 and an API that remember.

#![allow(clippy::unwrap_used)]

mod records;
mod standin;

use records::{ID, rolled_back};
use serde_json::{Value, json};
use standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use windlass_domain::digest::Digest;
use windlass_domain::manifest::Manifest;
use windlass_domain::name::AppName;

/// S3 that keeps what is put, and an API that starts what is posted.
fn cloud() -> StandIn {
    let mut checksums: BTreeMap<String, String> = BTreeMap::new();
    StandIn::new(move |call: &Call| {
        let path = call.path.split('?').next().unwrap().to_owned();
        match call.method.as_str() {
            "PUT" => {
                let sum = call.headers.get("x-amz-checksum-sha256").cloned();
                checksums.insert(path, sum.unwrap_or_default());
                s3(
                    200,
                    vec![("x-amz-version-id", "v1".into()), ("etag", "\"e\"".into())],
                )
            }
            "HEAD" => match checksums.get(&path) {
                None => s3(404, vec![]),
                Some(sum) => s3(
                    200,
                    vec![
                        ("x-amz-checksum-sha256", sum.clone()),
                        ("x-amz-version-id", "v1".into()),
                    ],
                ),
            },
            "POST" => reply(
                202,
                &json!({"id": ID, "execution": "arn:one", "status": "url"}),
            ),
            _ => reply(200, &rolled_back()),
        }
    })
}

fn s3(status: u16, headers: Vec<(&'static str, String)>) -> Reply {
    Reply {
        status,
        headers,
        body: String::new(),
    }
}

fn site(name: &str) -> PathBuf {
    let folder = folder(name);
    write(&folder, "dist/index.html", "<h1>shop</h1>");
    write(&folder, "dist/assets/app.js", "go()");
    write(
        &folder,
        "fn.zip",
        "not really a zip, and the program does not look",
    );
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const RELEASE: [&str; 10] = [
    "release",
    "shop",
    "1.4.0",
    "web=dist",
    "api=fn.zip",
    "agent=image:shop/agent:1.4.0",
    "--git-ref",
    "refs/tags/v1.4.0",
    "--git-commit",
    "9f2c111",
];

fn puts(cloud: &StandIn) -> Vec<Call> {
    let calls = cloud.calls().into_iter();
    calls.filter(|call| call.method == "PUT").collect()
}

#[test]
fn artifacts_are_uploaded_and_then_the_manifest_that_pins_them() {
    let (cloud, folder) = (cloud(), site("upload"));
    let output = cloud.windlass(&folder, &RELEASE);
    assert_eq!(code(&output), 0, "{}", err(&output));
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
fn watching_starts_it_through_the_api_and_tells_how_it_ended() {
    let (cloud, folder) = (cloud(), site("watching"));
    let mut arguments = RELEASE.to_vec();
    arguments.extend(["--watch", "--every", "1ms", "--environment", "prod"]);
    arguments.extend(["--again", "--reason", "once more"]);
    let output = cloud.windlass(&folder, &arguments);
    assert_eq!(code(&output), 4, "{}", err(&output));
    let calls = cloud.calls();
    let post = calls.iter().find(|call| call.method == "POST").unwrap();
    assert_eq!(post.path, "/stage/apps/shop/releases");
    let body = post.json();
    assert_eq!(body["environment"], "prod");
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
        &["deploy", "shop", "prod", "1.4.0", "--json"],
    );
    assert_eq!(code(&output), 0, "{}", err(&output));
    let told: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(told["id"], ID);
    let body = cloud.calls()[0].json();
    assert_eq!(body, json!({"version": "1.4.0", "environment": "prod"}));
}

#[test]
fn what_is_not_valid_is_refused_before_anything_is_sent() {
    let (cloud, folder) = (cloud(), site("invalid"));
    let bad = [
        "release",
        "shop",
        "1 4",
        "web=dist",
        "agent=image:Nonsense",
        "--no-git",
    ];
    let output = cloud.windlass(&folder, &bad);
    assert_eq!(code(&output), 3, "{}", err(&output));
    let missing = ["release", "shop", "1.4.0", "web=nowhere.zip"];
    assert_eq!(code(&cloud.windlass(&folder, &missing)), 2);
    let twice = ["release", "shop", "1.4.0", "web=dist", "web=fn.zip"];
    assert_eq!(code(&cloud.windlass(&folder, &twice)), 2);
    let wish = ["release", "shop", "1.4.0", "web=dist", "--again"];
    assert_eq!(
        code(&cloud.windlass(&folder, &wish)),
        2,
        "a wish needs a reason"
    );
    assert!(cloud.calls().is_empty());
}

#[test]
fn an_upload_that_fails_starts_nothing() {
    let cloud = StandIn::new(|call: &Call| match call.method.as_str() {
        "HEAD" => s3(404, vec![]),
        _ => s3(403, vec![]),
    });
    let output = cloud.windlass(&site("denied"), &RELEASE);
    assert_eq!(code(&output), 6, "{}", err(&output));
    assert!(
        puts(&cloud)
            .iter()
            .all(|put| put.path.contains("/artifacts/"))
    );
}
