use super::*;
use crate::init::application::{InitEnvironment, Rule};
use crate::init::pages;
use crate::init::pieces::{Piece, PieceSort, Runs};
use std::fs;
use std::path::Path;

fn component(name: &str, target: InitTarget) -> InitComponent {
    let piece = Piece {
        sort: PieceSort::Handler,
        folder: name.to_owned(),
        file: String::new(),
        name: name.to_owned(),
        runs: Runs::Undecided,
        build: Vec::new(),
        output: String::new(),
        archive: None,
    };
    InitComponent { name: name.to_owned(), piece, target }
}

fn text(text: &str) -> DeclaredText {
    DeclaredText::One(text.to_owned())
}

/// Returns a site, two functions, and a service.
fn application() -> InitApplication {
    let function = |name: &str, function: &str| {
        let request = Err(String::new());
        let target = InitTarget::Function { function: text(function), alias: "live".into(), repository: None, request };
        component(name, target)
    };
    let service = InitTarget::Service {
        cluster: text("main"),
        service: text("agent-{environment}"),
        container: "agent".into(),
        repository: "shop/agent".into(),
        balancer: None,
    };
    let site = InitTarget::Site { bucket: text("shop-web-{environment}"), distribution: Some(text("E1")), url: None };
    InitApplication {
        app: "shop".into(),
        environments: vec![InitEnvironment { name: "prod".into(), rule: Rule::None }],
        components: vec![
            component("web", site),
            function("api", "shop-api"),
            function("jobs", "shop-jobs"),
            component("agent", service),
        ],
        ..InitApplication::default()
    }
}

fn found(path: &str, text: &str) -> Vec<(usize, &'static str, String, bool)> {
    let files = [(path.to_owned(), text.to_owned())].into();
    let repository = Repository { files, ..Repository::default() };
    let all = all(&application(), &repository).into_iter();
    all.map(|it| (it.line, it.command, it.components.join(","), it.is_sure)).collect()
}

/// A file, its text, and what is found there: lines, commands, components, and whether that is sure.
type Row<'a> = (&'a str, &'a str, &'a [(usize, &'a str, &'a str, bool)]);

#[test]
fn what_deploys_is_found_with_its_line_and_is_sure_where_the_target_is_named() {
    const WORKFLOW: &str = ".github/workflows/deploy.yaml";
    let code = "lambda update-function-code";
    let table: &[Row] = &[
        (
            WORKFLOW,
            "on: {push: {branches: [main]}}\njobs: {deploy: {runs-on: ubuntu-latest, steps: [{run: \"aws lambda \
             update-function-code --function-name shop-api --zip-file fileb://x.zip\"}]}}\n",
            &[(2, code, "api", true)],
        ),
        (
            WORKFLOW,
            "env: {NAME: shop-jobs}\nrun: aws --region x lambda update-function-code --function-name $NAME",
            &[(2, code, "jobs", true)],
        ),
        (WORKFLOW, "run: aws lambda update-function-code --function-name $NAME", &[(1, code, "api,jobs", false)]),
        (
            WORKFLOW,
            "run: |\n  aws  lambda \\\n    update-function-code \\\n    --function-name \"my-$NAME\"",
            &[(2, code, "api,jobs", false)],
        ),
        (WORKFLOW, "run: aws lambda update-function-code --function-name my-shop-api", &[]),
        (
            WORKFLOW,
            "- aws ecs update-service --cluster c --service other\n- aws ecs update-service --service agent-prod\n\
             - aws ecs update-service --service=agent-prod\n- aws ecs update-service --service $OTHER\n",
            &[(2, "ecs update-service", "agent", true), (3, "ecs update-service", "agent", true)],
        ),
        (
            "deploy.sh",
            "echo \"aws ecs update-service --service agent-prod\"\necho 1; aws ecs update-service --service agent-prod\n",
            &[(2, "ecs update-service", "agent", true)],
        ),
        (WORKFLOW, "# run: aws lambda update-function-code --function-name shop-api", &[]),
        (WORKFLOW, "run: aws lambda update-function-configuration --function-name shop-api", &[]),
        (
            WORKFLOW,
            "env:\n  ECS_SERVICE: agent-prod\nsteps:\n  - uses: aws-actions/amazon-ecs-deploy-task-definition@v2\n",
            &[(4, "amazon-ecs-deploy-task-definition", "agent", true)],
        ),
        ("Makefile", "deploy:\n\taws s3 sync dist s3://shop-web-$(STAGE)\n", &[(2, "s3 sync", "web", true)]),
        (
            "deploy.sh",
            "aws s3 cp dist s3://$1 --recursive\naws s3 cp a s3://b\n",
            &[(1, "s3 cp … --recursive", "web", false)],
        ),
        (
            "package.json",
            "{\n\"scripts\": {\"deploy\": \"serverless deploy\"},\n\"dependencies\": {\"serverless\": \"4\"}}",
            &[(2, "serverless deploy", "web,api,jobs,agent", false)],
        ),
        ("package.json", "{\"dependencies\": {\"aws-s3-deployment\": \"1\"}}", &[]),
        (
            ".gitlab-ci.yml",
            "script:\n  - terraform apply -auto-approve # of shop-api\n",
            &[(2, "terraform apply", "api", true)],
        ),
        (
            "buildspec.prod.yml",
            "- ecspresso deploy --config ecspresso.yml\n- ecspresso deploy\n",
            &[(1, "ecspresso deploy", "agent", false)],
        ),
        (
            ".circleci/config.yml",
            "- aws-ecs/deploy-service-update:\n    service: agent-<< x >>\n",
            &[(1, "aws-ecs/deploy-service-update", "agent", false)],
        ),
        (
            "bitbucket-pipelines.yml",
            "- pipe: atlassian/aws-s3-deploy:1.1.0\n  variables: {S3_BUCKET: shop-web-prod}",
            &[(1, "aws-s3-deploy", "web", true)],
        ),
        ("deploy.sh", "aws s3 sync s3://shop-web-prod ./backup --delete\n", &[]),
        ("deploy.sh", "aws s3 cp --recursive \"s3://shop-web-prod/a\" . && echo\n", &[]),
        ("deploy.sh", "aws s3 sync s3://x . && aws s3 sync . s3://shop-web-prod\n", &[(1, "s3 sync", "web", true)]),
        ("deploy.sh", "aws s3 sync s3://staged s3://shop-web-prod\n", &[(1, "s3 sync", "web", true)]),
        ("deploy.sh", "aws s3 sync --exclude '*.map' s3://x .\n", &[]),
        ("deploy.sh", "aws s3 sync --exclude '*.map' \"s3://$x/\" .\n", &[(1, "s3 sync", "web", false)]),
        ("deploy.sh", "aws s3 sync . s3://artifacts/web\n", &[]),
        ("deploy.sh", "terraform -chdir=infra apply\n", &[(1, "terraform apply", "web,api,jobs,agent", false)]),
        ("deploy.sh", "tofu -chdir=infra apply\n", &[(1, "tofu apply", "web,api,jobs,agent", false)]),
        ("deploy.sh", "cd terraform && kubectl apply -f x\n", &[]),
        ("deploy.sh", "docker push my-agent-$TAG\nsam deploy\n", &[(2, "sam deploy", "web,api,jobs,agent", false)]),
        ("deploy.sh", "docker push x/agent-$TAG\nsam deploy\n", &[(2, "sam deploy", "agent", true)]),
        ("deploy.sh", "# in two steps \\\nsam deploy\n", &[(2, "sam deploy", "web,api,jobs,agent", false)]),
        ("Makefile", "# in two steps \\\nsam deploy\n", &[]),
        ("api/Makefile", "web deploy:\n\techo\n", &[]),
        ("docs/deploy.yaml", "run: aws lambda update-function-code --function-name shop-api", &[]),
        ("api/deploy.py", "# aws lambda update-function-code", &[]),
    ];
    for (path, text, wanted) in table {
        let wanted: Vec<_> = wanted.iter().map(|(at, said, of, sure)| (*at, *said, (*of).to_owned(), *sure)).collect();
        assert_eq!(found(path, text), wanted, "{path}: {text}");
    }
}

#[test]
fn a_command_counts_where_it_is_run() {
    const WORKFLOW: &str = ".github/workflows/deploy.yml";
    let by_script = "ecs-deploy";
    let table: &[Row] = &[
        (WORKFLOW, "run: |\n  aws ssm put-parameter --name \"/ecs-deploy/${ID}\" --value yes\n", &[]),
        (WORKFLOW, "run: aws ssm put-parameter --name /prod/ecs-deploy --value yes\n", &[]),
        (WORKFLOW, "run: aws cloudformation delete-stack --stack-name ecs-deploy\n", &[]),
        (WORKFLOW, "run: make ecs-deploy\n", &[]),
        (WORKFLOW, "jobs:\n  ecs-deploy:\n    name: ecs-deploy\n", &[]),
        (WORKFLOW, "run: ecs-deploy -c main\n", &[(1, by_script, "agent", false)]),
        (WORKFLOW, "run: ./bin/ecs-deploy -c main\n", &[(1, by_script, "agent", false)]),
        (WORKFLOW, "run: docker run silinternational/ecs-deploy -c main\n", &[(1, by_script, "agent", false)]),
        (WORKFLOW, "run: make build && ecs-deploy -c main\n", &[(1, by_script, "agent", false)]),
        ("Makefile", ".PHONY: ecs-deploy\necs-deploy: build\n\techo\n", &[]),
        ("Makefile", "release: ecs-deploy ; ecs-deploy -c main\n", &[(1, by_script, "agent", false)]),
        ("Makefile", "ecs-deploy:\n\tecspresso deploy --no-wait\n", &[(2, "ecspresso deploy", "agent", false)]),
        ("Makefile", "RUN := sam deploy\n", &[(1, "sam deploy", "web,api,jobs,agent", false)]),
        ("package.json", "{\"scripts\": {\n\"ecs-deploy\": \"x\",\n\"all\": \"npm run ecs-deploy\"}}", &[]),
        (
            WORKFLOW,
            "name: ecspresso deploy\nsteps:\n  - name: parallel ecspresso deploy\n    run: |\n      ls *.yml | parallel \\\n        \
             \"T=$(date) ecspresso deploy --config {} | tee log\"\n",
            &[(6, "ecspresso deploy", "agent", false)],
        ),
        (
            "Makefile",
            "deploy: archive\n\tlambroll \\\n\t\t--tfstate ${URL} \\\n\t\t\tdeploy \\\n\t\t\t\t--src x.zip\n",
            &[(2, "lambroll deploy", "api,jobs", false)],
        ),
        ("Makefile", "invoke:\n\techo '{}' | lambroll --tfstate x invoke && make deploy\n", &[]),
        (
            "Makefile",
            "a:\n\tlambroll deploy --dry-run\nb:\n\tlambroll deploy\n",
            &[(4, "lambroll deploy", "api,jobs", false)],
        ),
        (
            "tasks.py",
            "def plan(c):\n    c.run(f\"sam deploy --config-env {env} --no-execute-changeset\")\ndef deploy(c):\n    \
             c.run(f\"sam deploy --config-env {env}\")\n",
            &[(4, "sam deploy", "web,api,jobs,agent", false)],
        ),
    ];
    for (path, text, wanted) in table {
        let wanted: Vec<_> = wanted.iter().map(|(at, said, of, sure)| (*at, *said, (*of).to_owned(), *sure)).collect();
        assert_eq!(found(path, text), wanted, "{path}: {text}");
    }
}

#[test]
fn what_changes_no_target_of_the_application_is_not_named() {
    let files = [("deploy.sh".to_owned(), "aws s3 sync . s3://logs\nsam deploy\n".to_owned())].into();
    let repository = Repository { files, ..Repository::default() };
    let mut application = application();
    application.components.retain(|it| it.target.kind() == InitTarget::SERVICE);
    let commands: Vec<&str> = all(&application, &repository).iter().map(|it| it.command).collect();
    assert_eq!(commands, ["sam deploy"]);
}

#[test]
fn the_workflows_that_are_written_are_not_taken_for_another_deployer() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/init");
    for name in ["chat-bot", "container", "monorepo", "textbook"] {
        let text = fs::read_to_string(examples.join(name).join(".github/workflows/release.yaml")).unwrap();
        assert_eq!(found(".github/workflows/release.yaml", &text), [], "{name}");
    }
}

#[test]
fn each_command_is_looked_for_once_and_its_page_is_there_with_its_section() {
    for (at, (command, kinds, page)) in COMMANDS.iter().enumerate() {
        assert!(!kinds.is_empty() && COMMANDS[..at].iter().all(|other| other.0 != *command), "{command}");
        assert!(pages::is_there(page), "{command}: {page}");
    }
}

#[test]
fn a_sentence_says_where_it_stands_and_whether_it_is_sure() {
    let mut one = DeployerCommand {
        file: "deploy.sh".into(),
        line: 3,
        command: "s3 sync",
        components: vec!["web".into(), "docs".into()],
        is_sure: true,
        page: COMMANDS_PAGE,
    };
    let rest = "`web`, `docs` as well: switch it off before the first release, because two deployers undo each other; \
                see docs/integrate/other-deployers.md#commands-and-actions of Windlass";
    assert_eq!(one.to_string(), format!("`deploy.sh`, line 3 (`s3 sync`) deploys {rest}"));
    one.is_sure = false;
    assert_eq!(one.to_string(), format!("`deploy.sh`, line 3 (`s3 sync`) may deploy {rest}"));
}
