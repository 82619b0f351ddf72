//! A CI job without AWS credentials: the real program shows the job's token below `/ci`, uploads to signed addresses,
//! and says at once what no job may do.

#![allow(clippy::unwrap_used)]

use crate::cloud::{Answers, DECLARATION, RELEASE, s3, site, zip};
use crate::records::ID;
use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;
use windlass_domain::text::digest::Digest;

const TOKEN: &str = "e30.e30.x";

/// GitHub's token service, and an installation that takes nobody but the job.
fn installation() -> StandIn {
    let answers = Answers::nothing();
    let declared = windlass_domain::declaration::Declaration::parse(DECLARATION).unwrap();
    let digest = declared.digest().clone();
    StandIn::new(move |call: &Call| {
        let path = call.path.split('?').next().unwrap();
        let shown = call.headers.get("authorization").map_or("", String::as_str);
        let Some(path) = path.strip_prefix("/stage/ci/apps/shop") else {
            return match (call.method.as_str(), path) {
                ("GET", "/token") if shown == "bearer of-this-job" => reply(200, &json!({"value": TOKEN})),
                ("PUT", _) => s3(200, vec![]),
                _ => reply(403, &json!({"message": "Forbidden"})),
            };
        };
        if shown != format!("Bearer {TOKEN}") {
            return reply(401, &json!({"message": "Unauthorized"}));
        }
        match (call.method.as_str(), path) {
            ("GET", "/declaration") => reply(
                200,
                &json!({"app": "shop", "version": "1.3.0", "digest": digest, "accepted": 0, "text": DECLARATION}),
            ),
            ("GET", "/environments/prod") => reply(200, &answers.environment),
            ("GET", "/deployments") => reply(200, &answers.history),
            ("GET", path) if path.ends_with(ID) => reply(200, &answers.record),
            ("GET", _) => reply(answers.release.0, &answers.release.1),
            ("POST", "/environments/prod/uploads") => signed(call),
            _ => reply(202, &json!({"id": ID, "version": "1.4.0", "execution": "arn:one", "status": "url"})),
        }
    })
}

/// Signs what is asked for: a key and a header are the artifact's own.
fn signed(call: &Call) -> Reply {
    let host = &call.headers["host"];
    let body = call.json();
    let one = |wanted: &Value| {
        let (component, sha256) = (wanted["component"].as_str().unwrap(), wanted["sha256"].as_str().unwrap());
        let prefix = if body["plan"] == true { "plans/shop" } else { "artifacts/shop/prod" };
        json!({"component": component, "key": format!("{prefix}/{component}/given.zip"),
            "url": format!("http://{host}/signed/{component}?secret=s"), "headers": {"x-signed": sha256}})
    };
    let uploads: Vec<Value> = body["artifacts"].as_array().unwrap().iter().map(one).collect();
    reply(200, &json!({"uploads": uploads, "expires": 1_763_640_900_000_u64}))
}

/// Runs the program in a job of GitHub's; further variables go before its own.
fn in_a_job(api: &StandIn, folder: &Path, arguments: &[&str], further: &[(&str, &str)]) -> Output {
    let service = format!("{}/token?api-version=2.0", api.url);
    let own = [
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", service.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-this-job"),
    ];
    api.windlass_with(folder, arguments, &[&own[..], further].concat())
}

#[test]
fn a_job_without_credentials_releases_by_its_token_alone() {
    let (api, folder) = (installation(), site("by-token"));
    let output = in_a_job(&api, &folder, &[&RELEASE[..], &["--watch"]].concat(), &[]);
    assert_eq!(code(&output), 4, "{}{}", out(&output), err(&output));
    let said = format!("{}{}", out(&output), err(&output));
    assert_eq!(said.matches("calls show the token of this job").count(), 1, "{said}");
    for secret in [TOKEN, "of-this-job", "secret=s"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    let calls = api.calls();
    let asked: Vec<&Call> = calls.iter().filter(|call| call.path.starts_with("/token")).collect();
    let audience = format!("audience={}%2Fstage", api.url.replace(':', "%3A").replace('/', "%2F"));
    // The release asks for one, and so does the watch that follows.
    assert!(asked.len() == 2 && asked.iter().all(|call| call.path.ends_with(&audience)), "{asked:?}");
    assert!(!calls.iter().any(|call| call.path.starts_with("/artifacts-bucket")), "{calls:?}");
    let zip = std::fs::read(folder.join("fn.zip")).unwrap();
    let sha256 = Digest::of(&zip).to_string();
    let put = calls.iter().find(|call| call.path == "/signed/api?secret=s").unwrap();
    assert_eq!((&put.body, &put.headers["x-signed"]), (&zip, &sha256));
    assert!(!put.headers.contains_key("authorization"));
    let started = calls.iter().find(|call| call.path == "/stage/ci/apps/shop/environments/prod/releases").unwrap();
    let body = started.json();
    let asked = calls.iter().find(|call| call.path.ends_with("/uploads")).unwrap().json();
    assert!(asked.get("plan").is_none(), "{asked}");
    assert_eq!(body["components"]["api"], json!({"key": "artifacts/shop/prod/api/given.zip", "sha256": sha256}));
    assert_eq!(body["components"]["web"]["key"], "artifacts/shop/prod/web/given.zip");
    assert_eq!(body["components"]["agent"], json!({"image": "shop/agent:1.4.0"}));
}

#[test]
fn a_job_asks_to_upload_what_is_only_planned_as_such() {
    let (api, folder) = (installation(), site("planned-by-token"));
    // The stand-in draws no plan: what was sent until then counts.
    let output = in_a_job(&api, &folder, &[&["plan"], &RELEASE[..]].concat(), &[]);
    let calls = api.calls();
    let sent = |path: &str| calls.iter().find(|call| call.method == "POST" && call.path.ends_with(path));
    let said = format!("{}{}", out(&output), err(&output));
    assert_eq!(sent("/environments/prod/uploads").unwrap().json()["plan"], true, "{said}");
    let planned = sent("/environments/prod/plans").unwrap().json();
    assert_eq!(planned["components"]["api"]["key"], "plans/shop/api/given.zip");
    assert!(sent("/environments/prod/releases").is_none(), "{said}");
}

#[test]
fn a_token_that_is_given_is_shown_and_credentials_go_before_it() {
    let gitlab = [("WINDLASS_ID_TOKEN", TOKEN)];
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "a-secret")];
    for (further, path, begins, said) in [
        (&gitlab[..], "/stage/ci/apps/shop/environments/prod", format!("Bearer {TOKEN}"), "calls show the token"),
        (&keys, "/stage/apps/shop/environments/prod", "AWS4-HMAC-SHA256 ".to_owned(), "calls are signed"),
    ] {
        let api = installation();
        let output = in_a_job(&api, &folder("shown"), &["status", "shop", "prod", "--json"], further);
        let calls = api.calls();
        assert!(!calls.is_empty() && calls.iter().all(|call| call.path.starts_with(path)), "{calls:?}");
        assert!(calls.iter().all(|call| call.headers["authorization"].starts_with(&begins)), "{calls:?}");
        assert!(err(&output).contains(said) && !err(&output).contains(TOKEN), "{}", err(&output));
    }
}

#[test]
fn what_no_job_may_do_is_refused_before_anything_is_sent() {
    let wish = [&RELEASE[..], &["--again", "--reason", "r"]].concat();
    for arguments in [&["hold", "shop", "prod", "--reason", "r"][..], &["apps"], &wish] {
        let (api, folder) = (installation(), folder("not-for-jobs"));
        zip(&folder, "fn.zip", "bootstrap");
        crate::cloud::write(&folder, "dist/index.html", "<h1>shop</h1>");
        let output = in_a_job(&api, &folder, arguments, &[]);
        assert_eq!(code(&output), 6, "{arguments:?}: {}", err(&output));
        assert!(err(&output).contains("no CI job may do this by its token alone"), "{}", err(&output));
        let calls = api.calls();
        assert!(calls.iter().all(|call| call.method == "GET"), "{arguments:?}: {calls:?}");
    }
}

#[test]
fn a_job_must_be_given_the_address_and_a_token_of_its_audience() {
    let (look, of_stack) = (["status", "shop", "prod"], ["status", "shop", "prod", "--stack", "windlass"]);
    let other = [("WINDLASS_ID_TOKEN", "e30.e30.other")];
    for (arguments, further, wanted) in [
        (&look[..], &other[..], "whose audience must be http://127.0.0.1"),
        (&of_stack, &[], "set WINDLASS_ENDPOINT, to the output `ApiUrl`"),
    ] {
        let output = in_a_job(&installation(), &folder("unaddressed"), arguments, further);
        assert_eq!(code(&output), 6, "{}", err(&output));
        assert!(err(&output).contains(wanted) && !err(&output).contains("e30.e30"), "{}", err(&output));
    }
}
