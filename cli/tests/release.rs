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

const DECLARATION: &str = "
app: shop
version: 1.3.0
environments:
  dev: {deploy: {branch: main}}
  prod: {deploy: {tag: stable}}
  manual: {start: manual}
components:
  web: {kind: static_site, bucket: 'shop-web-{environment}'}
  api: {kind: lambda, function: 'shop-api-{environment}', alias: live}
  agent: {kind: ecs, cluster: shop, service: 'agent-{environment}', container: agent, repository: shop/agent}
";

/// What the API tells of the application.
#[derive(Clone)]
struct Told {
    /// The environments' answer.
    environment: Value,
    /// Status and answer about the version.
    release: (u16, Value),
    /// The history from the second look on.
    history: Value,
    /// What lies beside the manifest once it is uploaded.
    beside: Option<Value>,
    /// The status of all of the API's reads, where it lets nobody in.
    closed: Option<u16>,
}

impl Told {
    fn nothing() -> Self {
        let unknown =
            json!({"name": "UnknownName", "path": "version", "reason": "r", "remedy": "m"});
        Self {
            environment: json!({"app": "shop", "environment": "prod", "snapshot": 1, "running": {},
                "lock": {"token": 1}, "waiting": []}),
            release: (404, json!({"detail": "d", "findings": [unknown]})),
            history: json!({"deployments": [], "next": null}),
            beside: None,
            closed: None,
        }
    }
}

/// S3 that keeps what is put, and an API that starts what is posted.
fn cloud() -> StandIn {
    telling(Told::nothing())
}

fn telling(told: Told) -> StandIn {
    let mut checksums: BTreeMap<String, String> = BTreeMap::new();
    StandIn::new(move |call: &Call| {
        let path = call.path.split('?').next().unwrap().to_owned();
        let uploaded = checksums.contains_key("/artifacts-bucket/releases/shop/1.4.0.json");
        match (call.method.as_str(), path.as_str()) {
            ("PUT", _) => {
                let sum = call.headers.get("x-amz-checksum-sha256").cloned();
                checksums.insert(path, sum.unwrap_or_default());
                s3(
                    200,
                    vec![("x-amz-version-id", "v1".into()), ("etag", "\"e\"".into())],
                )
            }
            ("HEAD", _) => match checksums.get(&path) {
                None => s3(404, vec![]),
                Some(sum) => s3(
                    200,
                    vec![
                        ("x-amz-checksum-sha256", sum.clone()),
                        ("x-amz-version-id", "v1".into()),
                    ],
                ),
            },
            ("GET", path) if path.starts_with("/artifacts-bucket/") => {
                let lies = match path.strip_prefix("/artifacts-bucket/").unwrap() {
                    "apps/shop/app.yaml" => Some(DECLARATION.to_owned()),
                    "releases/shop/1.4.0.json.findings.json" if uploaded => {
                        told.beside.as_ref().map(Value::to_string)
                    }
                    _ => None,
                };
                lies.map_or_else(
                    || Reply {
                        status: 404,
                        headers: vec![("content-type", "application/xml".into())],
                        body: "<Error><Code>NoSuchKey</Code></Error>".into(),
                    },
                    |body| Reply {
                        status: 200,
                        headers: vec![("etag", "\"e\"".into())],
                        body,
                    },
                )
            }
            ("POST", _) => reply(
                202,
                &json!({"id": ID, "execution": "arn:one", "status": "url"}),
            ),
            ("GET", _) if told.closed.is_some() => {
                reply(told.closed.unwrap(), &json!({"message": "Forbidden"}))
            }
            ("GET", "/stage/apps/shop/declaration") => reply(
                200,
                &json!({"app": "shop", "version": "1.3.0", "digest": "a".repeat(64),
                    "accepted": 0, "text": DECLARATION}),
            ),
            ("GET", path) if path.starts_with("/stage/apps/shop/releases/") => {
                reply(told.release.0, &told.release.1)
            }
            ("GET", path) if path.starts_with("/stage/apps/shop/environments/") => {
                reply(200, &told.environment)
            }
            ("GET", "/stage/apps/shop/deployments") if uploaded => reply(200, &told.history),
            ("GET", "/stage/apps/shop/deployments") => {
                reply(200, &json!({"deployments": [], "next": null}))
            }
            ("GET", path) if path.ends_with(ID) => reply(200, &rolled_back()),
            ("GET", path) => {
                let finding =
                    json!({"name": "NoDeclaration", "path": "app", "reason": path, "remedy": "m"});
                reply(404, &json!({"detail": "d", "findings": [finding]}))
            }
            _ => panic!("{call:?}"),
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

const RELEASE: [&str; 14] = [
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
    "--look",
    "20ms",
    "--every",
    "2ms",
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
fn watching_starts_it_through_the_api_and_tells_how_it_ended() {
    let (cloud, folder) = (cloud(), site("watching"));
    let mut arguments = RELEASE.to_vec();
    arguments.extend(["--watch", "--environment", "prod"]);
    arguments.extend(["--again", "--reason", "once more"]);
    let output = cloud.windlass(&folder, &arguments);
    assert_eq!(code(&output), 4, "{}", err(&output));
    let calls = cloud.calls();
    let post = calls.iter().find(|call| call.method == "POST").unwrap();
    assert_eq!(post.path, "/stage/apps/shop/releases");
    assert!(!post.headers.contains_key("idempotency-key"), "an arrival");
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
        &["deploy", "shop", "prod", "1.4.0", "--json", "--look=0s"],
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
    let environment = [
        "release",
        "shop",
        "1.4.0",
        "web=dist",
        "--environment",
        "No!",
    ];
    assert_eq!(code(&cloud.windlass(&folder, &environment)), 2);
    assert!(cloud.calls().is_empty());
}

/// The release with other arguments, and how it ended: the status, what was said, and how many were put.
fn released(told: Told, name: &str, arguments: &[&str]) -> (i32, String, usize) {
    let (cloud, folder) = (telling(told), site(name));
    let output = cloud.windlass(&folder, arguments);
    let said = format!("{}{}", out(&output), err(&output));
    (code(&output), said, puts(&cloud).len())
}

fn with<'a>(change: &[(usize, &'a str)]) -> Vec<&'a str> {
    let mut arguments: Vec<&str> = RELEASE.to_vec();
    for (at, argument) in change {
        arguments[*at] = argument;
    }
    arguments
}

#[test]
fn what_would_be_refused_a_second_later_is_refused_before_the_upload() {
    let mut held = Told::nothing();
    held.environment["hold"] = json!({"since": 0, "reason": "a sale", "by": "ann"});
    let mut used = Told::nothing();
    let web = json!({"type": "object", "key": "k", "version_id": "v", "bytes": 1, "sha256": "b".repeat(64)});
    let release = json!({"app": "shop", "version": "1.4.0", "components": {"web": web}});
    used.release = (200, json!({"recorded": release, "upload": null}));
    let nothing = Told::nothing;
    let table: [(Told, Vec<&str>, i32, &str); 7] = [
        (nothing(), with(&[(1, "shopp")]), 3, "NoDeclaration"),
        (
            nothing(),
            with(&[(3, "wbe=dist")]),
            3,
            "Did you mean `web`?",
        ),
        (
            nothing(),
            with(&[(7, "refs/heads/nowhere")]),
            3,
            "matches no environment's rule",
        ),
        (nothing(), with(&[(2, "spring")]), 3, "VersionNotOfTag"),
        (used, RELEASE.to_vec(), 3, "VersionReused"),
        (
            held.clone(),
            RELEASE.to_vec(),
            9,
            "`windlass release-hold shop prod --reason '…'`",
        ),
        (
            nothing(),
            [&RELEASE[..], &["--environment", "prd"]].concat(),
            3,
            "Did you mean `prod`?",
        ),
    ];
    for (told, arguments, status, words) in table {
        let (code, said, puts) = released(told, "before", &arguments);
        assert_eq!((code, puts), (status, 0), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(said.contains("nothing was uploaded"), "{said}");
    }
    let through = [&RELEASE[..], &["--through-hold", "--reason", "it mends it"]].concat();
    let (code, said, puts) = released(held, "through", &through);
    assert_eq!((code, puts), (4, 2), "{said}");
}

#[test]
fn what_is_refused_after_the_upload_is_told_by_what_lies_beside_it() {
    let beside = |name: &str, version: Value| {
        let remedy =
            r#"Start {"action":"release_hold","app":"shop","environment":"prod","reason":"…"}."#;
        let finding = json!({"name": name, "path": "p", "reason": "It is so.", "remedy": remedy});
        let lies = json!({"version_id": version, "deployment": null, "findings": [finding]});
        Told {
            beside: Some(lies),
            ..Told::nothing()
        }
    };
    let table = [
        (beside("Vetoed", json!("v1")), 3, "Vetoed p: It is so."),
        (
            beside("Held", json!("v1")),
            9,
            "`windlass release-hold shop prod --reason '…'`",
        ),
        (beside("Vetoed", Value::Null), 3, "Vetoed"),
        (
            beside("Vetoed", json!("v0")),
            0,
            "nothing was found wrong with it",
        ),
    ];
    for (told, status, words) in table {
        let (code, said, puts) = released(told, "after", &RELEASE);
        assert_eq!((code, puts), (status, 3), "{said}");
        assert!(said.contains(words), "{said}");
    }
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

#[test]
fn without_rights_to_the_api_the_bucket_is_asked_and_that_is_said() {
    let closed = Told {
        closed: Some(403),
        ..Told::nothing()
    };
    let (code, said, puts) = released(closed.clone(), "closed", &RELEASE);
    assert_eq!((code, puts), (0, 3), "{said}");
    assert!(
        said.contains("goes to prod") && said.contains("not looked at before: the API"),
        "{said}"
    );
    let (code, said, puts) = released(closed.clone(), "closed", &with(&[(3, "wbe=dist")]));
    assert_eq!((code, puts), (3, 0), "{said}");
    let (code, said, puts) = released(closed, "closed", &with(&[(1, "shopp")]));
    assert_eq!((code, puts), (3, 0), "{said}");
    assert!(
        said.contains("there is no s3://artifacts-bucket/apps/shopp/app.yaml"),
        "{said}"
    );
}

/// A folder with a repository of its own at tag v1.4.0, in which a tracked file was changed.
fn dirty(name: &str) -> PathBuf {
    let folder = site(name);
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b.example"]);
        let done = command
            .args(arguments)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "one"]);
    git(&["tag", "v1.4.0"]);
    git(&["checkout", "--quiet", "v1.4.0"]);
    write(&folder, "fn.zip", "changed");
    folder
}

#[test]
fn a_detached_tag_is_said_and_what_no_commit_names_goes_there_only_when_it_is_said() {
    let release = ["release", "shop", "1.4.0", "web=dist", "--look=0s"];
    let (cloud, folder) = (cloud(), dirty("dirty"));
    let output = cloud.windlass(&folder, &release);
    assert_eq!(code(&output), 3, "{}", out(&output));
    assert!(err(&output).contains("git.dirty"), "{}", err(&output));
    assert!(puts(&cloud).is_empty());
    let said = out(&output);
    assert!(
        said.contains("from refs/tags/v1.4.0 (HEAD is detached at this tag)"),
        "{said}"
    );
    assert!(
        said.contains("DIRTY") && said.contains("goes to prod"),
        "{said}"
    );
    let output = cloud.windlass(&folder, &[&release[..], &["--dirty"]].concat());
    assert_eq!(code(&output), 0, "{}", err(&output));
    let manifest = puts(&cloud).pop().unwrap().json();
    assert_eq!(manifest["git"]["dirty"], true);
    let output = cloud.windlass(
        &folder,
        &[&release[..], &["--git-ref", "refs/heads/main"]].concat(),
    );
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("DIRTY"), "{}", out(&output));
}

#[test]
fn an_upload_that_fails_starts_nothing() {
    let cloud = StandIn::new(|call: &Call| match call.method.as_str() {
        "HEAD" => s3(404, vec![]),
        "GET" => reply(403, &json!({"message": "Forbidden"})),
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
