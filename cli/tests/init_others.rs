//! `windlass init` beside other deployers, and in repositories whose files lie where few look: what is there is found,
//! what deploys already is named, and no step is written for what is not there.

#![allow(clippy::unwrap_used)]

use crate::init_seeds::{facts_of, proposed};
use crate::standin::folder;
use std::fs;
use windlass_cli::init::application::InitApplication;
use windlass_cli::init::deployer_commands::{self, DeployerCommand};
use windlass_cli::init::deployer_files;
use windlass_cli::init::facts::InitFacts;
use windlass_cli::init::files::{self, MissingStep, WORKFLOW};
use windlass_cli::init::pieces::missing::MissingFile;
use windlass_cli::init::pieces::{PieceSort, Runs};
use windlass_cli::init::repository_walk;

const TASK: &str =
    r#"{"family":"next","containerDefinitions":[{"name":"next","image":"next:latest","essential":true}]}"#;

/// Everything that `init` makes of files.
struct Made {
    facts: InitFacts,
    application: InitApplication,
    next: Vec<String>,
    workflow: Option<String>,
}

fn made(files: &[(&str, &str)], answers: &[(&str, &str)]) -> Made {
    let place = folder("init-others");
    for (path, text) in files {
        let path = place.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut repository = repository_walk::read(&place).unwrap();
    (repository.github, repository.above) = (Some("example/shop".to_owned()), None);
    let facts = facts_of(repository);
    let application = proposed(&facts, answers);
    let (all, _) = files::all(&application, &facts);
    let next = files::next_commands(&application, &facts, &all);
    let workflow = all.into_iter().find(|file| file.path == WORKFLOW).map(|file| file.text);
    Made { facts, application, next, workflow }
}

/// The answers for the service of [`TASK`].
const SERVICE: [(&str, &str); 3] =
    [("next.cluster", "main"), ("next.service", "next-{environment}"), ("next.repository", "shop/next")];

#[test]
fn the_image_of_a_task_definition_is_built_from_the_dockerfile_that_is_there() {
    let built = made(&[("ecs-task-def.json", TASK), (".ecs/app/Dockerfile", "FROM scratch\n")], &SERVICE);
    assert_eq!(files::missing(&built.application, &built.facts), []);
    let piece = &built.application.components[0].piece;
    assert_eq!((piece.folder.as_str(), piece.output.as_str()), ("", ".ecs/app/Dockerfile"));
    assert!(built.workflow.unwrap().contains(" --file .ecs/app/Dockerfile .\n"));
}

#[test]
fn no_step_is_written_for_what_is_not_there_and_what_is_missing_is_in_next() {
    let alone = made(&[("ecs-task-def.json", TASK)], &SERVICE);
    let missing = MissingStep { component: "next".to_owned(), missing: MissingFile::Dockerfile };
    assert_eq!(files::missing(&alone.application, &alone.facts), std::slice::from_ref(&missing));
    assert_eq!((alone.next.first(), alone.workflow), (Some(&format!("# {missing}")), None));
    // What is there is released all the same.
    let site = [("web/index.html", ""), ("web/package.json", "{\"devDependencies\": {\"vite\": \"7\"}}")];
    let script = "{\"scripts\": {\"build\": \"vite build\"}, \"devDependencies\": {\"vite\": \"7\"}}";
    let answers = [&SERVICE[..], &[("web.bucket", "shop-web"), ("web.distribution", "none")]].concat();
    let beside = made(&[("ecs-task-def.json", TASK), site[0], (site[1].0, script)], &answers);
    let workflow = beside.workflow.unwrap();
    assert!(workflow.contains("npm run build") && !workflow.contains("docker"), "{workflow}");
    let neither = made(&[("ecs-task-def.json", TASK), site[0], site[1]], &answers);
    let names: Vec<String> =
        files::missing(&neither.application, &neither.facts).into_iter().map(|it| it.component).collect();
    assert_eq!((names, neither.workflow), (vec!["next".to_owned(), "web".to_owned()], None));
}

#[test]
fn what_lies_in_hidden_folders_is_found_and_belongs_together() {
    let task = "{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"app\",\
                \"image\":\"111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/app:1\"}]}";
    for place in [".aws", ".github", ".ecs", "api/.aws"] {
        let files =
            [(format!("{place}/task-definition.json"), task), (".docker/Dockerfile".to_owned(), "FROM scratch")];
        let files = files.each_ref().map(|(path, text)| (path.as_str(), *text));
        let made = made(&files, &[("app.cluster", "main"), ("app.service", "app-{environment}")]);
        let found: Vec<_> = made.facts.pieces.pieces.iter().map(|it| (it.sort, it.file.as_str(), &it.runs)).collect();
        let runs = Runs::Service { container: Some("app".to_owned()), repository: Some("shop/app".to_owned()) };
        assert_eq!(found, [(PieceSort::Dockerfile, ".docker/Dockerfile", &runs)], "{place}");
    }
}

#[test]
fn what_deploys_the_same_target_already_is_in_next() {
    let deploy = "on: {push: {branches: [main]}}\njobs: {deploy: {runs-on: ubuntu-latest, steps: [{run: \"aws lambda \
                  update-function-code --function-name shop-api --zip-file fileb://x.zip\"}]}}\n";
    let code = ("api/index.py", "def handler(event, context):\n    return 1\n");
    let files = [code, (".github/workflows/deploy.yaml", deploy), ("serverless.yml", "service: shop\n")];
    let made = made(&files, &[("api.function", "shop-api")]);
    let found = deployer_commands::all(&made.application, &made.facts.repository);
    let wanted = DeployerCommand {
        file: ".github/workflows/deploy.yaml".to_owned(),
        line: 2,
        command: "lambda update-function-code",
        components: vec!["api".to_owned()],
        is_sure: true,
        page: "docs/integrate/other-deployers.md#commands-and-actions",
    };
    assert_eq!(found, [wanted]);
    let tools = deployer_files::all(&made.facts.repository);
    assert_eq!(tools.iter().map(|it| it.deployer).collect::<Vec<_>>(), ["the Serverless Framework"]);
    assert_eq!(made.next[..2], [format!("# {}", tools[0]), format!("# {}", found[0])]);
}

#[test]
fn an_image_that_several_components_run_is_pushed_once() {
    let task = |name: &str| {
        let image = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/app:1";
        format!("{{\"family\":\"{name}\",\"containerDefinitions\":[{{\"name\":\"{name}\",\"image\":\"{image}\"}}]}}")
    };
    let (one, two) = (task("one"), task("two"));
    let answers = [("one.cluster", "main"), ("one.service", "one"), ("two.cluster", "main"), ("two.service", "two")];
    let alone = made(&[("one.json", &one), ("two.json", &two)], &answers);
    assert_eq!(alone.next.iter().filter(|command| command.starts_with("docker tag ")).count(), 1, "{:?}", alone.next);
    let files =
        [("one.json", one.as_str()), ("two.json", two.as_str()), ("one/Dockerfile", ""), ("two/Dockerfile", "")];
    let workflow = made(&files, &answers).workflow.unwrap();
    let count = |text: &str| workflow.matches(text).count();
    assert_eq!(
        (count("docker push "), count("echo \"digest_one="), count("echo \"digest_two=")),
        (1, 1, 1),
        "{workflow}"
    );
}

#[test]
fn a_template_of_sam_without_transform_is_taken_and_says_so() {
    let template = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Api:\n    Type: AWS::Serverless::Function\n    \
                    Properties:\n      FunctionName: shop-api\n      CodeUri: api/\n      Handler: index.handler\n      \
                    AutoPublishAlias: live\n      DeploymentPreference:\n        Type: Canary10Percent5Minutes\n";
    let made =
        made(&[("template.yaml", template), ("api/index.py", "def handler(event, context):\n    return 1\n")], &[]);
    let found: Vec<_> = made.facts.pieces.pieces.iter().map(|it| (it.sort, it.name.as_str())).collect();
    assert_eq!(found[0], (PieceSort::Sam, "api"));
    let note = "`template.yaml` has `AWS::Serverless::Function` and no `Transform`, without which CloudFormation knows no such \
                resource: write `Transform: AWS::Serverless-2016-10-31`";
    assert_eq!(made.facts.pieces.notes, [note]);
}
