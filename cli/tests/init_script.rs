//! `windlass-targets.sh`, run with a program in place of the AWS CLI. It writes nothing where a target belongs to
//! another application, and it ends well only where AWS has tagged all targets. All that `init` writes is of one
//! partition.

#![allow(clippy::unwrap_used)]

use crate::standin::folder;
use std::fs;
use std::process::Command;
use windlass_cli::init::application::{InitApplication, InitComponent, InitEnvironment, InitTarget, Rule};
use windlass_cli::init::facts::InitFacts;
use windlass_cli::init::files;
use windlass_cli::init::infrastructure;
use windlass_cli::init::pieces::{Piece, PieceSort, Runs};
use windlass_cli::init::repository::Repository;
use windlass_cli::init::text::DeclaredText;

fn component(name: &str, target: InitTarget) -> InitComponent {
    let piece = Piece {
        sort: if matches!(target, InitTarget::Service { .. }) { PieceSort::Dockerfile } else { PieceSort::Handler },
        folder: name.into(),
        file: String::new(),
        name: name.into(),
        runs: Runs::Undecided,
        build: Vec::new(),
        output: String::new(),
        archive: None,
    };
    InitComponent { name: name.into(), piece, target }
}

fn text(text: &str) -> DeclaredText {
    DeclaredText::One(text.to_owned())
}

/// Returns a site behind a distribution, so many functions, and a service.
fn components(functions: usize) -> Vec<InitComponent> {
    let site = InitTarget::Site { bucket: text("own-web"), distribution: Some(text("E2ABCDEFGHIJ")), url: None };
    let function = |number: usize| {
        let name = format!("own-{number}");
        let request = Err("nothing is known".into());
        let target = InitTarget::Function { function: text(&name), alias: "live".into(), repository: None, request };
        component(&name, target)
    };
    let service = InitTarget::Service {
        cluster: text("c"),
        service: text("own"),
        container: "agent".into(),
        repository: "st-app/agent".into(),
        balancer: None,
    };
    let ends = [component("web", site), component("agent", service)];
    ends.into_iter().chain((0..functions).map(function)).collect()
}

fn application(components: Vec<InitComponent>, region: &str) -> InitApplication {
    InitApplication {
        app: "st-app".into(),
        environments: vec![InitEnvironment { name: "prod".into(), rule: Rule::None }],
        components,
        region: region.into(),
        account: "111111111111".into(),
        ..InitApplication::default()
    }
}

/// The result of a run of the script.
struct Ran {
    status: Option<i32>,
    err: String,
    /// The calls of the AWS CLI, one a line.
    calls: Vec<String>,
}

impl Ran {
    fn of(&self, operation: &str) -> Vec<&str> {
        let is_it = |call: &&str| call.split(' ').nth(1) == Some(operation);
        self.calls.iter().map(String::as_str).filter(is_it).collect()
    }
}

/// Runs the script of these components, where the AWS CLI answers the look at the tags, and the call that writes them,
/// by commands of a shell.
fn run(components: Vec<InitComponent>, look: &str, tag: &str) -> Ran {
    let application = application(components, "eu-west-1");
    let script = infrastructure::write(&application, &Repository::default()).commands.unwrap();
    let place = folder("script");
    fs::write(place.join("script.sh"), script).unwrap();
    let program = place.join("aws");
    let answers = format!("case \"$2\" in get-resources) {look} ;; tag-resources) {tag} ;; esac");
    fs::write(
        &program,
        format!("#!/bin/sh\necho \"$*\" | tr '\\n' ' ' >> \"$0.calls\"\necho >> \"$0.calls\"\n{answers}\n"),
    )
    .unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&program).status().unwrap().success());
    let path = format!("{}:{}", place.display(), std::env::var("PATH").unwrap());
    let done = Command::new("bash").arg("script.sh").current_dir(&place).env("PATH", path).output().unwrap();
    let calls = fs::read_to_string(place.join("aws.calls")).unwrap();
    Ran {
        status: done.status.code(),
        err: String::from_utf8(done.stderr).unwrap(),
        calls: calls.lines().map(str::to_owned).collect(),
    }
}

/// Returns the ARNs of a call.
fn arns(call: &str) -> Vec<&str> {
    call.split(' ').filter(|word| word.starts_with("arn:")).collect()
}

#[test]
fn the_script_writes_nothing_where_a_target_is_tagged_for_another_one() {
    let others = "echo arn:aws:lambda:eu-west-1:111111111111:function:own-0 shop prod";
    for (look, why) in [(others, "function:own-0 shop prod"), ("exit 254", "")] {
        let ran = run(components(1), look, "true");
        assert!(ran.status.is_some_and(|it| it != 0), "{}", ran.err);
        assert!(ran.err.contains(why), "{}", ran.err);
        assert_eq!(ran.calls.len(), ran.of("get-resources").len(), "{:?}", ran.calls);
    }
}

#[test]
fn a_call_tags_20_targets_at_most_and_all_are_looked_at_and_tagged() {
    // The map is empty or not there where all were tagged.
    for answer in ["echo '{}'", "echo null", "true"] {
        let ran = run(components(44), "true", answer);
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
        for operation in ["get-resources", "tag-resources"] {
            let (there, here): (Vec<&str>, Vec<&str>) =
                ran.of(operation).into_iter().partition(|call| call.contains("--region us-east-1"));
            let counts = here.iter().map(|call| arns(call).len());
            assert_eq!(counts.collect::<Vec<_>>(), [20, 20, 6], "{operation}");
            let mut all: Vec<&str> = here.iter().flat_map(|call| arns(call)).collect();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), 46, "{operation}");
            assert!(all.contains(&"arn:aws:ecs:eu-west-1:111111111111:service/c/own"), "{operation}: {all:?}");
            assert_eq!(there.len(), 1, "a distribution's tags are elsewhere: {there:?}");
        }
    }
}

/// AWS answers with status 200 where it could tag only some.
#[test]
fn every_target_that_aws_did_not_tag_is_shown_and_the_status_is_1() {
    let failed =
        "for it in \"$@\"; do case $it in arn:*) echo \"{\\\"$it\\\": {\\\"StatusCode\\\": 403}}\" ;; esac; done";
    let ran = run(components(44), "true", failed);
    assert_eq!(ran.status, Some(1), "{}", ran.err);
    let calls = ran.of("tag-resources");
    let wanted: Vec<&str> = calls.iter().flat_map(|call| arns(call)).collect();
    assert_eq!(wanted.len(), 47);
    for arn in wanted {
        assert!(ran.err.contains(&format!("{{\"{arn}\": {{\"StatusCode\": 403}}}}")), "{arn}: {}", ran.err);
    }
    let ran = run(components(44), "true", "exit 254");
    assert_eq!((ran.status, ran.of("tag-resources").len()), (Some(254), 1), "a call that failed ends it");
}

/// The audience of a token of GitHub's is a name, and no host.
#[test]
fn what_is_written_for_china_names_no_resource_of_another_partition() {
    for action in [None, Some("example/windlass@v1".to_owned())] {
        let mut application = application(components(1), "cn-north-1");
        application.environments[0].rule = Rule::Branches(vec!["main".into()]);
        application.github = Some("example/st-app".into());
        application.action = action;
        let (files, _) = files::all(&application, &InitFacts::default());
        let next = files::next_commands(&application, &InitFacts::default(), &files).join("\n");
        let written = files.iter().filter(|file| file.path != "app.schema.json").map(|file| file.text.as_str());
        let all: String = written.chain([next.as_str()]).collect();
        for part in [
            "arn:aws-cn:s3:::own-web",
            "arn:aws-cn:lambda:cn-north-1:111111111111:function:own-0",
            "arn:aws-cn:ecs:cn-north-1:111111111111:service/c/own",
            "--region cn-northwest-1 ",
            "arn:aws-cn:cloudfront::111111111111:distribution/E2ABCDEFGHIJ",
            "\"arn:aws-cn:iam::111111111111:role/",
            ".dkr.ecr.$AWS_REGION.amazonaws.com.cn\"",
            "111111111111.dkr.ecr.cn-north-1.amazonaws.com.cn/st-app/agent:",
        ] {
            assert!(all.contains(part), "no `{part}` in {all}");
        }
        let rest = all.replace("sts.amazonaws.com", "").replace("amazonaws.com.cn", "");
        assert!(!rest.contains("arn:aws:") && !rest.contains("amazonaws.com"), "{all}");
    }
}
