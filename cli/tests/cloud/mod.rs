//! An S3 that remembers and an API that starts what is posted, in place of an installation; and a release for it.

use crate::records::{ID, rolled_back};
use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub const DECLARATION: &str = "
app: shop
version: 1.3.0
environments:
  dev: {deploy: {branch: main}, sources: [api, console, s3]}
  prod: {deploy: {tag: stable}, sources: [api, console, s3]}
  manual: {start: manual}
components:
  web: {kind: static_site, bucket: 'shop-web-{environment}'}
  api: {kind: lambda, function: 'shop-api-{environment}', alias: live}
  agent: {kind: ecs, cluster: shop, service: 'agent-{environment}', container: agent, repository: shop/agent}
";

/// The answers of the API about the application.
#[derive(Clone)]
pub struct Answers {
    /// The environments' answer.
    pub environment: Value,
    /// Status and answer about the version.
    pub release: (u16, Value),
    /// The history before the manifest is uploaded.
    pub before: Value,
    /// The history from then on.
    pub history: Value,
    /// The record of the deployment [`ID`].
    pub record: Value,
    /// The object beside the manifest once that is uploaded.
    pub beside: Option<Value>,
    /// The status of all of the API's reads, where it lets nobody in.
    pub closed: Option<u16>,
    /// The declaration in the bucket.
    pub declaration: Option<String>,
    /// True if the caller may put objects and get none.
    pub put_only: bool,
}

impl Answers {
    pub fn nothing() -> Self {
        let unknown = json!({"name": "UnknownName", "path": "version", "reason": "r", "remedy": "m"});
        Self {
            environment: json!({"app": "shop", "environment": "prod", "snapshot": 1, "running": {},
                "lock": {"token": 1}, "waiting": []}),
            release: (404, json!({"detail": "d", "findings": [unknown]})),
            before: json!({"deployments": [], "next": null}),
            history: json!({"deployments": [], "next": null}),
            record: rolled_back(),
            beside: None,
            closed: None,
            declaration: Some(DECLARATION.to_owned()),
            put_only: false,
        }
    }
}

/// S3 that keeps what is put, and an API that starts what is posted.
pub fn cloud() -> StandIn {
    answering(Answers::nothing())
}

pub fn answering(answers: Answers) -> StandIn {
    let mut checksums: BTreeMap<String, String> = BTreeMap::new();
    let declared = windlass_domain::declaration::Declaration::parse(DECLARATION).unwrap();
    let digest = declared.digest().clone();
    StandIn::new(move |call: &Call| {
        let path = call.path.split('?').next().unwrap().to_owned();
        let uploaded = checksums.contains_key("/artifacts-bucket/releases/shop/prod/1.4.0.json");
        match (call.method.as_str(), path.as_str()) {
            ("PUT", _) => {
                let sum = call.headers.get("x-amz-checksum-sha256").cloned();
                checksums.insert(path, sum.unwrap_or_default());
                s3(200, vec![("x-amz-version-id", "v1".into()), ("etag", "\"e\"".into())])
            }
            ("HEAD", _) if answers.put_only => s3(403, vec![]),
            ("HEAD", _) => match checksums.get(&path) {
                None => s3(404, vec![]),
                Some(sum) => s3(200, vec![("x-amz-checksum-sha256", sum.clone()), ("x-amz-version-id", "v1".into())]),
            },
            ("GET", path) if path.starts_with("/artifacts-bucket/") => {
                let lies = match path.strip_prefix("/artifacts-bucket/").unwrap() {
                    "apps/shop/app.yaml" => answers.declaration.clone(),
                    "releases/shop/prod/1.4.0.json.findings.json" if uploaded => {
                        answers.beside.as_ref().map(Value::to_string)
                    }
                    _ => None,
                };
                lies.map_or_else(
                    || Reply {
                        status: 404,
                        headers: vec![("content-type", "application/xml".into())],
                        body: "<Error><Code>NoSuchKey</Code></Error>".into(),
                    },
                    |body| Reply { status: 200, headers: vec![("etag", "\"e\"".into())], body },
                )
            }
            ("POST", _) => reply(202, &json!({"id": ID, "version": "1.4.0", "execution": "arn:one", "status": "url"})),
            ("GET", _) if answers.closed.is_some() => reply(answers.closed.unwrap(), &json!({"message": "Forbidden"})),
            ("GET", "/stage/apps/shop/declaration") => reply(
                200,
                &json!({"app": "shop", "version": "1.3.0", "digest": digest,
                    "accepted": 0, "text": DECLARATION}),
            ),
            ("GET", path) if path.starts_with("/stage/apps/shop/releases/") => {
                reply(answers.release.0, &answers.release.1)
            }
            ("GET", "/stage/apps/shop/environments") => {
                reply(200, &json!({"app": "shop", "environments": ["dev", "manual", "prod"], "chosen": "prod"}))
            }
            ("GET", path) if path.starts_with("/stage/apps/shop/environments/") => reply(200, &answers.environment),
            ("GET", "/stage/apps/shop/deployments") if uploaded => reply(200, &answers.history),
            ("GET", "/stage/apps/shop/deployments") => reply(200, &answers.before),
            ("GET", path) if path.ends_with(ID) => reply(200, &answers.record),
            ("GET", path) => {
                let finding = json!({"name": "NoDeclaration", "path": "app", "reason": path, "remedy": "m"});
                reply(404, &json!({"detail": "d", "findings": [finding]}))
            }
            _ => panic!("{call:?}"),
        }
    })
}

pub fn s3(status: u16, headers: Vec<(&'static str, String)>) -> Reply {
    Reply { status, headers, body: String::new() }
}

pub fn site(name: &str) -> PathBuf {
    let folder = folder(name);
    write(&folder, "dist/index.html", "<h1>shop</h1>");
    write(&folder, "dist/assets/app.js", "go()");
    zip(&folder, "fn.zip", "bootstrap");
    folder
}

/// An archive of one file.
pub fn zip(folder: &Path, name: &str, file: &str) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(folder.join(name)).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file(file, options).unwrap();
    archive.finish().unwrap();
}

pub fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

pub const RELEASE: [&str; 14] = [
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

/// Returns the arguments of that release, with its manifest uploaded.
pub fn uploading() -> Vec<&'static str> {
    [&RELEASE[..], &["--upload"]].concat()
}

pub fn puts(cloud: &StandIn) -> Vec<Call> {
    let calls = cloud.calls().into_iter();
    calls.filter(|call| call.method == "PUT").collect()
}

/// Runs the release with other arguments. Returns the status, the output, and the number of objects that were put.
pub fn released(answers: Answers, name: &str, arguments: &[&str]) -> (i32, String, usize) {
    let (cloud, folder) = (answering(answers), site(name));
    let output = cloud.windlass(&folder, arguments);
    let said = format!("{}{}", out(&output), err(&output));
    (code(&output), said, puts(&cloud).len())
}

pub fn with<'a>(change: &[(usize, &'a str)]) -> Vec<&'a str> {
    let mut arguments: Vec<&str> = RELEASE.to_vec();
    for (at, argument) in change {
        arguments[*at] = argument;
    }
    arguments
}
