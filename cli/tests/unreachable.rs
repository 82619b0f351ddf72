//! A caller that does not reach Windlass, or S3, reads what to set.

#![allow(clippy::unwrap_used)]

use crate::cloud;
use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::json;
use std::process::{Command, Output};

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "a-secret")];

/// Runs the program where nothing but these variables is set.
fn windlass(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = folder("reached");
    cloud::zip(&folder, "web.zip", "index.html");
    Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(arguments)
        .current_dir(&folder)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", &folder)
        .env("GIT_CEILING_DIRECTORIES", env!("CARGO_TARGET_TMPDIR"))
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

const STATUS: [&str; 3] = ["status", "shop", "prod"];
const RELEASE: [&str; 6] = ["release", "shop", "1.4.0", "web=web.zip", "--git-ref", "refs/heads/main"];

#[test]
fn who_has_no_credentials_reads_how_to_have_some() {
    let places = [("WINDLASS_ENDPOINT", "http://127.0.0.1:9"), ("WINDLASS_BUCKET", "artifacts")];
    let by_bucket = [places[1]];
    for (arguments, places) in [(&STATUS[..], &places[..]), (&RELEASE, &by_bucket)] {
        let none = windlass(arguments, places);
        let said = err(&none);
        assert_eq!(code(&none), 6, "{said}");
        assert!(said.contains("Set AWS_PROFILE to a profile"), "{said}");
        let wrong = windlass(arguments, &[places, &[("AWS_PROFILE", "nope")]].concat());
        let said = err(&wrong);
        assert_eq!(code(&wrong), 6, "{said}");
        assert!(said.contains("the profile `nope`, which AWS_PROFILE names"), "{said}");
        assert!(!said.to_lowercase().contains("set aws_profile"), "{said}");
    }
}

#[test]
fn where_windlass_is_not_is_reported_with_what_to_give() {
    let other = StandIn::new(|_: &Call| reply(404, &json!({"message": "Unknown path"})));
    let elsewhere = format!("{}/other", other.url);
    for (endpoint, status) in [("foo", 2), ("http://127.0.0.1:9", 6), (&elsewhere, 6)] {
        let output = windlass(&STATUS, &[&KEYS[..], &[("WINDLASS_ENDPOINT", endpoint)]].concat());
        let said = err(&output);
        assert_eq!(code(&output), status, "{said}");
        assert!(said.contains("to the output `ApiUrl`"), "{said}");
        assert!(!said.contains("may have been done"), "{said}");
    }
}

#[test]
fn who_does_not_reach_s3_reads_what_to_check_and_a_read_was_not_perhaps_done() {
    let variables = [("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("WINDLASS_BUCKET", "artifacts")];
    let output = windlass(&RELEASE, &[&KEYS[..], &variables].concat());
    let said = format!("{}{}", out(&output), err(&output));
    assert_eq!(code(&output), 6, "{said}");
    assert!(err(&output).contains("Check the network and AWS_REGION"), "{said}");
    assert!(!said.contains("may have been done"), "{said}");
    // The reason why the API was not asked is shown as well.
    let endpoint = [&variables[..], &[("WINDLASS_ENDPOINT", "http://127.0.0.1:9")]].concat();
    let output = windlass(&RELEASE, &[&KEYS[..], &endpoint].concat());
    let said = out(&output);
    assert!(said.contains("not looked at before: the API: GET http"), "{said}");
    assert!(said.contains("Connection refused"), "{said}");
}

#[test]
fn every_place_that_is_not_named_is_listed_at_once() {
    let by_upload = [&RELEASE[..], &["--upload"]].concat();
    let image = ["release", "shop", "1.4.0", "web=image:shop/web:1", "--no-git"];
    let (api, bucket) = ("the output `ApiUrl`", "the output `ArtifactsBucket`");
    let table: [(&[&str], &[&str], &[&str]); 3] =
        [(&by_upload, &[bucket], &[api]), (&RELEASE, &[api, bucket], &[]), (&image, &[api], &[bucket])];
    for (arguments, listed, absent) in table {
        let closed = ("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
        let output = windlass(arguments, &[&KEYS[..], &[closed]].concat());
        let said = err(&output);
        assert_eq!(code(&output), 6, "{said}");
        assert!(said.contains("stack `windlass`"), "{said}");
        assert!(said.contains("Nothing else names the installation"), "{said}");
        assert!(listed.iter().all(|one| said.contains(one)), "{said}");
        assert!(!absent.iter().any(|one| said.contains(one)), "{said}");
        assert!(out(&output).is_empty(), "{}", out(&output));
    }
    // An API that does not answer is not reported as a missing bucket's name.
    let nobody = ("WINDLASS_ENDPOINT", "http://127.0.0.1:9");
    let output = windlass(&image, &[&KEYS[..], &[nobody]].concat());
    assert_eq!(code(&output), 6, "{}", err(&output));
    assert!(err(&output).contains(api), "{}", err(&output));
}

#[test]
fn who_may_not_write_reads_which_right_is_needed() {
    let closed = StandIn::new(|call: &Call| match call.method.as_str() {
        "GET" => Reply {
            status: 200,
            headers: vec![("content-type", "application/yaml".into())],
            body: "app: shop\nversion: 1.0.0\nenvironments: {dev: {deploy: {branch: main}, sources: [s3]}}\n\
                   components: {web: {kind: static_site, bucket: shop-web}}\n"
                .into(),
        },
        _ => Reply {
            status: 403,
            headers: vec![("content-type", "application/xml".into())],
            body: "<Error><Code>AccessDenied</Code><Message>no</Message></Error>".into(),
        },
    });
    let variables = [("AWS_ENDPOINT_URL", closed.url.as_str()), ("WINDLASS_BUCKET", "artifacts")];
    let output = windlass(&RELEASE, &[&KEYS[..], &variables].concat());
    assert_eq!(code(&output), 6, "{}", err(&output));
    assert!(err(&output).contains("`s3:PutObject` on `artifacts/<app>/<environment>/*`"), "{}", err(&output));
}

#[test]
fn a_release_without_a_ref_goes_nowhere_whatever_is_declared() {
    let variables = [("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("WINDLASS_BUCKET", "artifacts")];
    let release = ["release", "shop", "1.4.0", "web=web.zip", "--no-git"];
    let output = windlass(&release, &[&KEYS[..], &variables].concat());
    assert_eq!(code(&output), 3, "{}", err(&output));
    assert!(err(&output).contains("NoEnvironment git.ref"), "{}", err(&output));
    assert!(!out(&output).contains("not known here"), "{}", out(&output));
}

#[test]
fn what_got_no_answer_may_have_been_done_and_what_never_left_was_not() {
    let away = StandIn::new(|_: &Call| reply(504, &json!({"message": "Endpoint request timed out"})));
    let busy = StandIn::new(|_: &Call| reply(429, &json!({"message": "Too Many Requests"})));
    let hold = ["hold", "shop", "prod", "--reason", "x"];
    let table: [(&str, &[&str], bool); 4] = [
        (&away.url, &hold, true),
        (&away.url, &STATUS, false),
        (&busy.url, &hold, false),
        ("http://127.0.0.1:9", &hold, false),
    ];
    for (endpoint, arguments, may) in table {
        let output = windlass(arguments, &[&KEYS[..], &[("WINDLASS_ENDPOINT", endpoint)]].concat());
        let said = err(&output);
        assert_eq!(code(&output), 6, "{said}");
        let advice = "It may have been done all the same: `windlass status shop prod` shows it";
        assert_eq!(said.contains(advice), may, "{arguments:?}: {said}");
    }
}

/// Something else may be at the address: no verb takes its answer for Windlass's, and none breaks on it.
#[test]
fn what_is_not_windlass_is_reported_as_that_by_every_verb() {
    let verbs: [&[&str]; 8] = [
        &STATUS,
        &["history", "shop", "prod"],
        &["snapshots", "shop", "prod"],
        &["refusals"],
        &["watch", "shop", "prod"],
        &["deploy", "shop", "prod", "1.4.0"],
        &["cancel", "shop", "prod", "--reason", "x"],
        &["hold", "shop", "prod", "--reason", "x"],
    ];
    for (status, body) in [(200, "<html>"), (200, "[]"), (302, ""), (500, "<h1>")] {
        let other = StandIn::new(move |_: &Call| Reply { status, headers: vec![], body: body.to_owned() });
        for verb in verbs {
            let endpoint = ("WINDLASS_ENDPOINT", other.url.as_str());
            let output = windlass(verb, &[&KEYS[..], &[endpoint]].concat());
            let said = err(&output);
            assert_eq!(code(&output), 6, "{verb:?}: {status} {body}: {said}");
            assert!(said.contains("no Windlass answered there"), "{said}");
        }
    }
    // Where an answer has another form than this program knows, the message names the program to use, or the address.
    let other = StandIn::new(|_: &Call| reply(200, &json!({"ok": true})));
    for verb in verbs {
        let endpoint = ("WINDLASS_ENDPOINT", other.url.as_str());
        let output = windlass(verb, &[&KEYS[..], &[endpoint]].concat());
        let said = err(&output);
        assert_eq!(code(&output), 1, "{verb:?}: {said}");
        assert!(said.contains("Use the program that belongs to"), "{verb:?}: {said}");
        assert!(said.contains("the output `ApiUrl`"), "{verb:?}: {said}");
    }
}

#[test]
fn a_bucket_that_is_not_there_is_reported_with_what_to_give() {
    let none = StandIn::new(|call: &Call| Reply {
        status: 404,
        headers: vec![("content-type", "application/xml".into())],
        body: match call.method.as_str() {
            "PUT" | "GET" => "<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>".into(),
            _ => String::new(),
        },
    });
    let variables = [("AWS_ENDPOINT_URL", none.url.as_str()), ("WINDLASS_BUCKET", "artifacts")];
    let output = windlass(&RELEASE, &[&KEYS[..], &variables].concat());
    let said = err(&output);
    assert_eq!(code(&output), 6, "{said}");
    assert!(said.contains("to the output `ArtifactsBucket`"), "{said}");
    assert!(!said.contains("is declared"), "{said}");
}

#[test]
fn a_connection_that_nobody_takes_is_reported_with_its_address_and_the_variable_that_led_there() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    for endpoint in [None, Some(format!("{place}/stage"))] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_windlass"));
        command
            .args(["status", "shop", "prod"])
            .current_dir(folder("unconnected"))
            .env_clear()
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "a-secret")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", &place);
        if let Some(endpoint) = endpoint {
            command.env("WINDLASS_ENDPOINT", endpoint);
        }
        let output = command.output().unwrap();
        assert_eq!(code(&output), 6, "{}", err(&output));
        let why = format!(
            "Nothing answers at {place}, to which AWS_ENDPOINT_URL leads: start what is to answer there, or unset"
        );
        assert!(err(&output).contains(&why), "{}", err(&output));
    }
}
