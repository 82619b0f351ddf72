//! `windlass init` without a terminal and without an account: it writes valid files, names the next commands, and never
//! writes over a file by itself.

#![allow(clippy::unwrap_used)]

use crate::copies::{ANSWERS, copy, init};
use crate::standin::{code, err, folder, out};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use windlass_domain::declaration::Declaration;

fn git(place: &Path, arguments: &[&str]) {
    let git = Command::new("git").args(arguments).current_dir(place).output().unwrap();
    assert!(git.status.success(), "{git:?}");
}

#[test]
fn everything_is_written_once_and_the_next_commands_are_named() {
    let place = copy("next");
    let made = init(&place, &ANSWERS);
    assert_eq!(code(&made), 0, "{}", err(&made));
    for line in [
        "found: a static export of Next.js in `package.json`, as `web`",
        "written: app.yaml",
        "written: .github/workflows/release.yaml",
    ] {
        assert!(out(&made).contains(line), "no `{line}` in {}", out(&made));
    }
    let (_, next) = out(&made).split_once("next:\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let commands: Vec<&str> = next.lines().map(|line| line.trim().split("   #").next().unwrap()).collect();
    assert_eq!(
        commands[..4],
        [
            "bash windlass-targets.sh",
            "windlass declare",
            "windlass doctor next prod",
            "windlass release next 1.0.0 web=out --git-ref refs/tags/v1.0.0 --watch"
        ]
    );
    let text = fs::read_to_string(place.join("app.yaml")).unwrap();
    assert!(Declaration::parse(&text).is_ok(), "{text}");

    let again = init(&place, &ANSWERS);
    assert_eq!(code(&again), 0, "{}", err(&again));
    assert!(out(&again).contains("as it was: app.yaml") && !out(&again).contains("written"), "{}", out(&again));
}

#[test]
fn without_github_there_is_no_workflow_and_what_ci_must_do_is_said() {
    let place = copy("next");
    let mut answers = ANSWERS.to_vec();
    for answer in &mut answers {
        if answer.starts_with("github=") {
            *answer = "github=none";
        }
    }
    let made = init(&place, &answers);
    assert_eq!(code(&made), 0, "{}", err(&made));
    assert!(out(&made).contains("docs/integrate/ci.md") && out(&made).contains("CiPolicyArn"), "{}", out(&made));
    let (_, next) = out(&made).split_once("next:").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert!(!next.contains("ci-role"), "{next}");
    assert!(place.join("app.yaml").exists());
    for path in ["ci-role.yaml", "access", ".github"] {
        assert!(!place.join(path).exists(), "{path}");
    }
    let text = fs::read_to_string(place.join("app.yaml")).unwrap();
    assert!(Declaration::parse(&text).is_ok(), "{text}");
}

#[test]
fn an_environment_that_no_ref_reaches_has_no_workflow_that_runs_at_each_push() {
    for (rules, is_workflow) in [
        (["deploy.prod=none", "action=none"], false),
        (["deploy.prod=none", "action=example/windlass@v1"], false),
        (["deploy.prod=branch:main", "action=none"], true),
    ] {
        let place = copy("next");
        let rules = rules.iter().flat_map(|answer| ["--answer", *answer]);
        let answers: Vec<&str> = ANSWERS.into_iter().chain(rules).collect();
        let made = init(&place, &answers);
        assert_eq!(code(&made), 0, "{}", err(&made));
        let workflow = place.join(".github/workflows/release.yaml");
        assert_eq!(workflow.exists(), is_workflow);
        assert_eq!(place.join("access/apps/next.yaml").exists(), is_workflow);
        assert!(!place.join("ci-role.yaml").exists(), "there is no image");
        assert_eq!(out(&made).contains("windlass deploy next prod 1.0.0 --watch"), !is_workflow, "{}", out(&made));
    }
}

#[test]
fn a_folder_that_git_ignores_takes_nothing_from_the_repository_around_it() {
    let place = copy("next");
    let around = place.parent().unwrap();
    let asks = |proposed: &str| {
        let asked = init(&place, &[]);
        let line = format!("or `none` where another CI does{proposed}");
        let text = err(&asked);
        assert!(text.lines().any(|one| one.ends_with(&line)), "{text}");
    };
    let elsewhere = ["remote", "add", "origin", "https://gitlab.com/example/o.git"];
    git(around, &["init", "-q"]);
    git(around, &elsewhere);
    fs::write(around.join(".gitignore"), "/next/\n").unwrap();
    asks("");
    git(&place, &["init", "-q"]);
    git(&place, &elsewhere);
    asks(" [none]");
}

#[test]
fn a_folder_within_a_repository_gets_no_workflow() {
    let place = copy("fastapi-plain");
    git(&place, &["init", "-q"]);
    let within = place.join("backend");
    let given = [
        "--yes",
        "--answer",
        "region=eu-west-1",
        "--answer",
        "account=111111111111",
        "--answer",
        "api.runs=function",
        "--answer",
        "api.function=shop",
    ];
    let why = "GitHub runs only the workflows at the root of a repository, which is `";
    for github in ["github=example/shop", "app=shop"] {
        let refused = init(&within, &[&given[..], &["--answer", github]].concat());
        assert_eq!(code(&refused), 2);
        assert!(err(&refused).contains(why), "{}", err(&refused));
        assert!(!within.join("app.yaml").exists());
    }
    let made = init(&within, &[&given[..], &["--answer", "github=none"]].concat());
    assert_eq!(code(&made), 0, "{}", err(&made));
    assert!(within.join("app.yaml").exists() && !within.join(".github").exists());
}

#[test]
fn a_file_that_is_there_is_written_over_only_by_force() {
    let place = copy("next");
    assert_eq!(code(&init(&place, &ANSWERS)), 0);
    let own = fs::read_to_string(place.join("app.yaml")).unwrap().replace("version: 1.0.0", "version: 1.4.0");
    fs::write(place.join("app.yaml"), &own).unwrap();
    fs::remove_file(place.join("windlass.toml")).unwrap();
    let refused = init(&place, &ANSWERS);
    assert_eq!(code(&refused), 3, "{}", err(&refused));
    assert!(
        out(&refused).contains("-version: 1.4.0") && out(&refused).contains("+version: 1.0.0"),
        "{}",
        out(&refused)
    );
    assert!(err(&refused).contains("`app.yaml` would be written over"), "{}", err(&refused));
    assert_eq!(fs::read_to_string(place.join("app.yaml")).unwrap(), own);
    assert!(!place.join("windlass.toml").exists(), "nothing was written");
    let forced = init(&place, &[&ANSWERS[..], &["--force", "--json"]].concat());
    let document: Value = serde_json::from_str(&out(&forced)).unwrap();
    let came: Vec<(&str, &str)> = document["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["path"].as_str().unwrap(), file["came"].as_str().unwrap()))
        .collect();
    assert!(came.contains(&("app.yaml", "written over")) && came.contains(&("windlass.toml", "written")), "{came:?}");
    assert_ne!(fs::read_to_string(place.join("app.yaml")).unwrap(), own);
}

/// Somebody else's repository may have links where the files would be.
#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_even_by_force() {
    let outside = folder("outside-of-links");
    fs::write(outside.join("keys"), "ssh-ed25519 AAAA").unwrap();
    for (link, leads_to) in [
        ("app.schema.json", outside.join("keys")),
        ("windlass-targets.sh", outside.join("nothing-there")),
        (".github", outside.clone()),
    ] {
        let place = copy("next");
        std::os::unix::fs::symlink(&leads_to, place.join(link)).unwrap();
        let made = init(&place, &[&ANSWERS[..], &["--force"]].concat());
        assert_ne!(code(&made), 0, "{link}");
        let said = err(&made);
        assert!(said.contains(link) && said.contains("is a link"), "{said}");
        assert!(!place.join("app.yaml").exists(), "{link}");
    }
    assert_eq!(fs::read_to_string(outside.join("keys")).unwrap(), "ssh-ed25519 AAAA");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn what_windlass_has_no_kind_for_is_named() {
    let place = copy("kubernetes");
    let refused = init(&place, &["--yes"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("nothing was found") && err(&refused).contains("Kubernetes"), "{}", err(&refused));
    for sort in [
        "Looked for:\n  a static export of Next.js: ",
        "AWS SAM",
        "ECS",
        "  a handler of AWS Lambda: `def handler(event, context)`",
        "docs/app.md",
    ] {
        assert!(err(&refused).contains(sort), "{}", err(&refused));
    }
}

#[test]
fn where_only_another_deployer_is_seen_its_import_comes_next() {
    let place = folder("init-import");
    fs::write(place.join("function.jsonnet"), "{\n  FunctionName: 'shop-api',\n}\n").unwrap();
    let refused = init(&place, &["--yes"]);
    assert_eq!(code(&refused), 2);
    let next =
        "\nDeclare what is deployed already: `windlass import lambroll function.jsonnet > app.yaml`. Or start it in";
    assert!(err(&refused).contains(next), "{}", err(&refused));
}

#[test]
fn where_no_declaration_is_the_verbs_that_read_one_name_init() {
    let place = folder("no-declaration");
    for verb in ["validate", "declare"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_windlass"));
        let program = program.arg(verb).current_dir(&place).env_clear();
        let refused = program.output().unwrap();
        assert_eq!(code(&refused), 2);
        assert!(err(&refused).contains("`app.yaml`") && err(&refused).contains("`windlass init`"), "{}", err(&refused));
    }
}
