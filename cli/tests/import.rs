//! `windlass import`: files of other deployers, as their users write them, become valid declarations.

#![allow(clippy::unwrap_used)]

use crate::standin::{code, err, folder, out};
use serde_json::Value;
use std::process::{Command, Output};
use windlass_domain::declaration::Declaration;

/// Runs the program in a folder with these files.
fn import(files: &[(&str, &str)], arguments: &[&str]) -> Output {
    let place = folder("import");
    for (name, text) in files {
        std::fs::write(place.join(name), text).unwrap();
    }
    let mut program = Command::new(env!("CARGO_BIN_EXE_windlass"));
    program.arg("import").args(arguments).current_dir(place).env_clear().output().unwrap()
}

/// Imports the files, which must end well. Returns the declaration as text and as JSON, and the output on standard
/// error.
fn imported(files: &[(&str, &str)], arguments: &[&str]) -> (String, Value, String) {
    let output = import(files, arguments);
    let (text, said) = (out(&output), err(&output));
    // Everything is valid except the values that a person must write. The exit status is that of `validate`.
    let findings = Declaration::parse(&text).err().unwrap_or_default();
    assert_eq!(code(&output), if findings.is_empty() { 0 } else { 3 }, "{said}");
    for finding in findings {
        assert!(finding.reason.written().contains("`write-me`"), "{finding:?}:\n{text}");
    }
    let output = import(files, &[arguments, &["--json"]].concat());
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(document["text"], text);
    // Each list is on standard error, in the text and in JSON.
    for list in ["carried_over", "carried_over_otherwise", "not_carried_over"] {
        for note in document[list].as_array().unwrap() {
            let note = note.as_str().unwrap();
            assert!(said.contains(note) && text.contains(note), "{list}: {note}");
        }
    }
    (text, document, said)
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|known| known.trim() == *line), "no `{line}` in:\n{text}");
    }
}

const ECSPRESSO: &str = "required_version: \">=2.3.0\"\nregion: eu-west-1\ncluster: shop-{{ must_env `STAGE` }}\nservice: agent\n\
    service_definition: ecs-service-def.json\ntask_definition: ecs-task-def.json\ntimeout: \"10m0s\"\nplugins:\n  - name: tfstate\n    config:\n      url: s3://state/terraform.tfstate\n";
const SERVICE: &str = r#"{"deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true},
    "strategy": "BLUE_GREEN", "maximumPercent": 200, "minimumHealthyPercent": 100},
    "desiredCount": 2, "launchType": "FARGATE", "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["{{ tfstate `aws_subnet.a.id` }}"]}}}"#;
const TASK: &str = r#"{"family": "agent", "containerDefinitions": [
    {"name": "agent", "image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent:{{ must_env `TAG` }}", "essential": true},
    {"name": "log_router", "image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"}]}"#;

#[test]
fn a_service_of_ecspresso_keeps_what_its_definitions_say() {
    let files = [("ecspresso.yml", ECSPRESSO), ("ecs-service-def.json", SERVICE), ("ecs-task-def.json", TASK)];
    let (text, _, said) = imported(&files, &["ecspresso", "ecspresso.yml"]);
    has(
        &text,
        &[
            "app: agent",
            "region: eu-west-1",
            "stage: write-me",
            "kind: ecs",
            "cluster: \"shop-{stage}\"",
            "service: agent",
            "container: agent",
            "repository: shop/agent",
            "rollout: blue_green",
            "steady_within: 10m",
        ],
    );
    for part in [
        "`STAGE` is known only",
        "container `log_router`",
        "`plugins`, `required_version` of the file",
        "`deploymentConfiguration.maximumPercent`",
        "circuit breaker stays",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // Two images of one's own are two containers.
    let two = TASK.replace(
        "public.ecr.aws/aws-observability/aws-for-fluent-bit",
        "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/logs",
    );
    let files = [("ecspresso.yml", ECSPRESSO), ("ecs-service-def.json", SERVICE), ("ecs-task-def.json", &two)];
    let (text, ..) = imported(&files, &["ecspresso", "ecspresso.yml", "--app", "shop", "--environment", "live"]);
    has(&text, &["app: shop", "live:", "containers:", "agent: shop/agent", "log_router: shop/logs"]);
}

#[test]
fn a_service_that_codedeploy_shifts_keeps_its_group() {
    let service = r#"{"deploymentController": {"type": "CODE_DEPLOY"}, "desiredCount": 2}"#;
    let named = "codedeploy:\n  application_name: shop\n  deployment_group_name: agent-live\n";
    for (more, group, is_noted) in [(named, "agent-live", false), ("", "write-me", true)] {
        let file = format!("{ECSPRESSO}{more}");
        let files = [("ecspresso.yml", file.as_str()), ("ecs-service-def.json", service), ("ecs-task-def.json", TASK)];
        let (text, _, said) = imported(&files, &["ecspresso", "ecspresso.yml"]);
        has(&text, &["codedeploy:", &format!("group: {group}")]);
        assert_eq!(said.contains("its deployment group"), is_noted, "{said}");
    }
}

#[test]
fn what_is_beside_and_cannot_be_read_is_noted_and_asked_for() {
    let (text, _, said) = imported(
        &[("ecspresso.yml", "service: web\ncluster: c\ntask_definition: task.jsonnet\n")],
        &["ecspresso", "ecspresso.yml"],
    );
    has(&text, &["container: write-me", "repository: write-me"]);
    assert!(said.contains("task.jsonnet") && said.contains("ecspresso render"), "{said}");
}

#[test]
fn jsonnet_is_read_where_it_is_data_and_refused_where_it_is_more() {
    let task = "{\n  // the release's\n  containerDefinitions: [{name: 'agent', image: \"{{ tfstate `aws_ecr_repository.agent.repository_url` }}:{{ must_env `TAG` }}\"}],\n}\n";
    let files = [
        ("ecspresso.jsonnet", "{service: 'agent', cluster: 'c', task_definition: 'task.jsonnet'}"),
        ("task.jsonnet", task),
    ];
    let (text, _, said) = imported(&files, &["ecspresso", "ecspresso.jsonnet"]);
    has(&text, &["container: agent", "repository: write-me"]);
    assert!(said.contains("whose repository is known only where"), "{said}");
    let files = [
        ("ecspresso.yml", "service: agent\ntask_definition: task.jsonnet\n"),
        ("task.jsonnet", "local base = import 'base.libsonnet'; base + {cpu: '256'}"),
    ];
    let (_, _, said) = imported(&files, &["ecspresso", "ecspresso.yml"]);
    assert!(said.contains("more than data") && said.contains("ecspresso render"), "{said}");
    let function = ("function.jsonnet", "{FunctionName: 'orders', MemorySize: std.extVar('MEMORY')}");
    let refused = import(&[function], &["lambroll", "function.jsonnet"]);
    assert_eq!((code(&refused), out(&refused)), (2, String::new()));
    assert!(err(&refused).contains("lambroll render"), "{}", err(&refused));
    let function = ("function.jsonnet", "{FunctionName: 'orders', MemorySize: 128,}");
    let (text, ..) = imported(&[function], &["lambroll", "function.jsonnet"]);
    has(&text, &["function: orders"]);
}

const LAMBROLL: &str = r#"{"Architectures": ["arm64"], "Environment": {"Variables": {"TABLE": "{{ must_env `TABLE` }}"}},
    "FunctionName": "orders-{{ env `STAGE` `prod` }}", "Handler": "index.js", "MemorySize": 128,
    "Role": "{{ tfstate `aws_iam_role.lambda.arn` }}", "Runtime": "nodejs22.x", "Timeout": 5}"#;

#[test]
fn a_function_of_lambroll_keeps_its_name_and_its_alias() {
    let (text, _, said) = imported(&[("function.json", LAMBROLL)], &["lambroll", "function.json"]);
    has(&text, &["kind: lambda", "function: \"orders-{stage}\"", "alias: current", "stage: prod"]);
    assert!(
        said.contains("`Architectures`, `Environment.Variables`, `Handler`") && said.contains("`--alias`"),
        "{said}"
    );
    let vars = text.lines().filter(|line| line.trim_start().starts_with("table:")).count();
    assert_eq!(vars, 0, "the value of a variable of the function is nobody's here: {text}");
    let image = r#"{"FunctionName": "thumbs", "PackageType": "Image", "Role": "r", "Code": {"ImageUri": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/thumbs:{{ must_env `TAG` }}"}}"#;
    let (text, ..) = imported(&[("function.json", image)], &["lambroll", "function.json"]);
    has(&text, &["repository: thumbs", "function: thumbs"]);
}

const SAM: &str = r#"
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: nodejs22.x
    AutoPublishAlias: live
Resources:
  OrdersFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "orders-${Stage}"
      CodeUri: src/
      Handler: app.handler
      DeploymentPreference:
        Type: Canary10Percent5Minutes # a tenth first
        Alarms:
          - !Ref OrdersErrors
          - !Ref Elsewhere
        Hooks:
          PreTraffic: !Ref CheckFunction
        Role: !GetAtt DeployRole.Arn
  MailFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: mail
      DeploymentPreference: {Type: Linear10PercentEvery1Minute}
  CheckFunction:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: CodeDeployHook_check}
  OrdersErrors:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmName: orders-errors, Threshold: 1}
"#;

#[test]
fn functions_that_sam_shifts_keep_their_steps_and_alarms() {
    let (text, document, said) = imported(&[("template.yaml", SAM)], &["sam", "template.yaml", "--app", "shop"]);
    has(
        &text,
        &[
            "orders:",
            "function: \"orders-{stage}\"",
            "alias: live",
            "canary: [10]",
            "every: 5m",
            "mail:",
            "linear: 10",
            "every: 1m",
            "alarms: [\"orders-errors\",\"{elsewhere}\"]",
        ],
    );
    assert!(!text.contains("check:"), "what no preference shifts is not carried over: {text}");
    for note in [
        "the hook PreTraffic",
        "`Role` of the deployment preference: CodeDeploy's alone",
        "`windlass init` writes both as one patch",
    ] {
        assert!(said.contains(note), "{note}: {said}");
    }
    let findings = document["findings"].as_array().unwrap();
    let unwritten = |finding: &Value| finding["reason"].as_str().unwrap().contains("`write-me`");
    assert!(findings.iter().all(unwritten), "{findings:?}");
}

#[test]
fn the_schema_is_written_where_it_is_wanted_and_named_in_the_first_line() {
    let arguments = ["lambroll", "function.json", "--schema", "own.json"];
    let place = folder("import-schema");
    std::fs::write(place.join("function.json"), LAMBROLL).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_windlass"));
    let program = program.arg("import").args(arguments).current_dir(&place);
    let text = out(&program.env_clear().output().unwrap());
    assert_eq!(text.lines().next(), Some("# yaml-language-server: $schema=own.json"));
    let schema = std::fs::read_to_string(place.join("own.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert!(schema["properties"]["environments"].is_object());
}

#[test]
fn a_file_of_something_else_is_refused_as_that() {
    for (from, text, why) in [
        ("ecspresso", "cluster: a\n", "it names no `service`"),
        ("ecspresso", "a: [", "cannot be imported"),
        ("lambroll", "{}", "it has no `FunctionName`"),
        ("lambroll", "local x = 1; {}", "it does not begin as JSON does"),
        ("lambroll", "[]", "it has no `FunctionName`"),
        ("ecspresso", "- service", "it is no map of members"),
        ("sam", "Resources: {}\n", "with a `DeploymentPreference`"),
        ("sam", "Resources: {}\nResources: {}\n", "line 2 column 1: `Resources` is written twice in the same place"),
    ] {
        let output = import(&[("file", text)], &[from, "file"]);
        assert_eq!(code(&output), 2, "{from}: {}", err(&output));
        assert!(err(&output).contains(why) && out(&output).is_empty(), "{from}: {}", err(&output));
    }
    let missing = import(&[], &["sam", "nothing.yaml"]);
    assert_eq!(code(&missing), 2);
    let why = err(&missing);
    assert!(why.contains("there is no file `nothing.yaml`") && !why.contains("argument"), "{why}");
    assert_eq!(code(&import(&[], &["helm", "file"])), 2);
}
