//! The place of Windlass: `windlass.toml`, the outputs of a stack, and the source of a place that is wrong.

#![allow(clippy::unwrap_used)]

use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::json;
use std::path::Path;
use std::process::{Command, Output};

/// An installation, and CloudFormation, which knows its stack by the name `deployer`.
fn installation() -> StandIn {
    StandIn::new(|call: &Call| {
        let path = call.path.as_str();
        if path.contains("Action=DescribeStacks") {
            return stack(call);
        }
        if path.starts_with("/stage/apps/shop/environments/prod") {
            return reply(
                200,
                &json!({"app": "shop", "environment": "prod", "snapshot": 0, "running": {},
                    "lock": {"token": 1}, "waiting": []}),
            );
        }
        reply(404, &json!({"message": "Not Found"}))
    })
}

fn stack(call: &Call) -> Reply {
    let host = &call.headers["host"];
    let outputs = match call.path.split("StackName=").nth(1).unwrap().split('&').next() {
        Some("deployer" | "windlass") => {
            vec![("ApiUrl", format!("http://{host}/stage")), ("ArtifactsBucket", "bucket-of-the-stack".to_owned())]
        }
        Some("network") => vec![("VpcId", "vpc-1".to_owned())],
        Some("secret") => {
            return xml(
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>",
            );
        }
        _ => {
            return xml(
                400,
                "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id x does not exist</Message></Error></ErrorResponse>",
            );
        }
    };
    let outputs = outputs
        .iter()
        .map(|(key, value)| format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"));
    let outputs = outputs.collect::<String>();
    xml(
        200,
        &format!(
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        ),
    )
}

fn xml(status: u16, body: &str) -> Reply {
    Reply { status, headers: vec![("content-type", "text/xml".into())], body: body.to_owned() }
}

/// Runs the program with credentials, and nothing that names an installation but these variables.
fn windlass(there: &StandIn, folder: &Path, arguments: &[&str], more: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", folder)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "a-secret")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ENDPOINT_URL", &there.url)
        .envs(more.iter().copied())
        .output()
        .unwrap()
}

const STATUS: [&str; 3] = ["status", "shop", "prod"];
const REGION: (&str, &str) = ("AWS_REGION", "eu-west-1");

/// A repository with these settings in its root, and a folder in it.
fn repository(settings: &str) -> std::path::PathBuf {
    let root = folder("repository");
    std::fs::create_dir_all(root.join(".git")).unwrap();
    std::fs::create_dir_all(root.join("web/src")).unwrap();
    std::fs::write(root.join("windlass.toml"), settings).unwrap();
    root
}

fn signed_for(there: &StandIn) -> Vec<String> {
    let calls = there.calls();
    let scopes = calls.iter().map(|call| {
        let authorization = &call.headers["authorization"];
        let scope = authorization.split('/').skip(2).take(2);
        scope.collect::<Vec<_>>().join(" ")
    });
    scopes.collect()
}

#[test]
fn an_endpoint_that_is_no_address_is_refused_and_nothing_is_asked() {
    let there = installation();
    let root = repository("");
    let bare = there.url.strip_prefix("http://").unwrap();
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"] {
        for value in [bare, "localhost:4566", "local"] {
            let output = windlass(&there, &root, &STATUS, &[REGION, (name, value)]);
            let why = format!("{name} is `{value}`, which is no address such as");
            assert!(err(&output).contains(&why), "{}", err(&output));
            assert_eq!(code(&output), 2, "{}", err(&output));
        }
    }
    assert!(there.calls().is_empty());
}

#[test]
fn the_settings_of_the_repository_name_a_stack_and_a_region() {
    let there = installation();
    let root = repository("stack = \"deployer\"\nregion = \"eu-central-1\"\n");
    let output = windlass(&there, &root.join("web/src"), &STATUS, &[]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("nothing was deployed yet"), "{}", out(&output));
    assert_eq!(signed_for(&there), ["eu-central-1 cloudformation", "eu-central-1 execute-api"]);
    // A variable goes before.
    let there = installation();
    let output = windlass(&there, &root, &STATUS, &[REGION]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert_eq!(signed_for(&there), ["eu-west-1 cloudformation", "eu-west-1 execute-api"]);
}

#[test]
fn a_stack_is_named_by_an_option_or_a_variable_and_the_usual_one_by_nobody() {
    for (arguments, variables) in [
        (&["--stack", "deployer"][..], &[REGION][..]),
        (&[], &[REGION, ("WINDLASS_STACK", "deployer")]),
        (&[], &[REGION]),
    ] {
        let there = installation();
        let arguments = [&STATUS[..], arguments].concat();
        let output = windlass(&there, &folder("stack"), &arguments, variables);
        assert_eq!(code(&output), 0, "{arguments:?}: {}", err(&output));
        assert_eq!(there.calls().len(), 2, "{arguments:?}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_listed_with_their_lines_and_nobody_is_asked() {
    let there = installation();
    let root = repository("stak = \"deployer\"\n\nregion = 12\nbucket = \"a b\"\n");
    let path = root.join("windlass.toml").display().to_string();
    for arguments in [&STATUS[..], &["refusals"], &["validate"]] {
        std::fs::write(
            root.join("app.yaml"),
            "app: shop\nversion: 1.0.0\nenvironments: {prod: {}}\n\
            components: {web: {kind: static_site, bucket: shop-web}}\n",
        )
        .unwrap();
        let output = windlass(&there, &root, arguments, &[REGION]);
        let said = err(&output);
        assert_eq!(code(&output), 2, "{said}");
        assert!(said.contains(&format!("{path} has 3 findings")), "{said}");
        for finding in [
            ":1: `stak` is no setting. Did you mean `stack`?",
            ":3: `12` of `region` is no text. Write a region",
            ":4: `a b` is not what `bucket` takes.",
        ] {
            assert!(said.contains(&format!("{path}{finding}")), "{said}");
        }
    }
    assert_eq!(there.calls().len(), 0);
}

#[test]
fn the_source_of_a_place_that_is_wrong_is_named() {
    let nobody = "http://127.0.0.1:9";
    let root = repository(&format!("# here\nendpoint = \"{nobody}\"\n"));
    let line = format!("is from line 2 of {}", root.join("windlass.toml").display());
    let option = [&STATUS[..], &["--endpoint", nobody]].concat();
    let variable = ("WINDLASS_ENDPOINT", nobody);
    let there = installation();
    for (arguments, variables, source) in [
        (&STATUS[..], &[REGION][..], line.as_str()),
        (&STATUS[..], &[REGION, variable], "is from WINDLASS_ENDPOINT"),
        (&option, &[REGION, variable], "is from --endpoint"),
    ] {
        let output = windlass(&there, &root, arguments, variables);
        let said = err(&output);
        assert_eq!(code(&output), 6, "{said}");
        assert!(said.contains(&format!("The address {nobody} {source}")), "{said}");
    }
}

#[test]
fn a_stack_that_is_no_windlass_is_reported_with_what_to_do() {
    for (name, status, why) in [
        ("nope", 6, "there is no stack `nope` in the account and the region of the credentials"),
        ("network", 6, "has no output `ApiUrl`, so that it is no Windlass"),
        ("secret", 6, "`cloudformation:DescribeStacks` on the stack is needed"),
        ("a_b", 2, "it is no stack's name"),
    ] {
        let there = installation();
        let arguments = [&STATUS[..], &["--stack", name]].concat();
        let output = windlass(&there, &folder("stacks"), &arguments, &[REGION]);
        let said = err(&output);
        assert_eq!(code(&output), status, "{said}");
        assert!(said.contains(why), "{said}");
        assert!(status == 2 || said.contains("(--stack)"), "{said}");
    }
    let without = windlass(&installation(), &folder("stacks"), &STATUS, &[]);
    assert_eq!(code(&without), 2, "{}", err(&without));
    assert!(err(&without).contains("set AWS_REGION"), "{}", err(&without));
}

#[test]
fn a_release_takes_address_and_bucket_from_one_look_at_the_stack() {
    let there = installation();
    let root = repository("stack = \"deployer\"\n");
    std::fs::write(root.join("settings.json"), "{}").unwrap();
    let release = ["release", "shop", "1.4.0", "web=settings.json", "--git-ref", "refs/heads/main"];
    let output = windlass(&there, &root, &release, &[REGION]);
    // The installation has no such application; the test counts that it was asked.
    assert_ne!(code(&output), 0);
    let paths: Vec<String> = there.calls().iter().map(|call| call.path.clone()).collect();
    let asked = |what: &str| paths.iter().filter(|path| path.contains(what)).count();
    assert_eq!(asked("DescribeStacks"), 1, "{paths:?}");
    assert_eq!(asked("/stage/apps/shop/declaration"), 1, "{paths:?}");
}

#[test]
fn validate_asks_nobody_where_nothing_is_named_and_says_what_it_could_not_ask() {
    let there = installation();
    let place = folder("validate");
    let text = "app: shop\nversion: 1.0.0\nenvironments: {prod: {}}\n\
                components: {web: {kind: static_site, bucket: shop-web}}\n";
    std::fs::write(place.join("app.yaml"), text).unwrap();
    let output = windlass(&there, &place, &["validate"], &[REGION]);
    assert_eq!((code(&output), there.calls().len()), (0, 0), "{}", err(&output));
    let output = windlass(&there, &place, &["validate", "--stack", "secret"], &[REGION]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let said = out(&output);
    assert!(said.contains("not looked at: whether its version is higher"), "{said}");
    assert!(said.contains("AccessDenied"), "{said}");
}
