//! The commands and actions by which a repository deploys already: in workflows, Makefiles, scripts and the scripts of
//! packages. Two deployers that change one target undo each other, so that each is named with its file and line. Pure.

use crate::init::application::{InitApplication, InitComponent, InitTarget};
use crate::init::repository::{Repository, file_of};
use crate::init::text::Text;
use serde::Serialize;
use std::cell::LazyCell;
use std::fmt;
use windlass_domain::declaration::kinds::KindName;

/// A command that deploys what a release of Windlass would deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeployerCommand {
    /// The file in which it stands.
    pub file: String,
    /// Its line, from 1 on.
    pub line: usize,
    /// The command, as it was looked for.
    pub command: &'static str,
    /// The components whose targets it changes.
    pub components: Vec<String>,
    /// True if a target's own name stands in the file; else the command may be for another one.
    pub is_sure: bool,
    /// The page of Windlass that says what to do, with its section.
    pub page: &'static str,
}

impl fmt::Display for DeployerCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, command, components, is_sure, page } = self;
        let components = components.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let deploys = if *is_sure { "deploys" } else { "may deploy" };
        write!(
            f,
            "`{file}`, line {line} (`{command}`) {deploys} {components} as well: switch it off before the first release, \
             because two deployers undo each other; see {page} of Windlass"
        )
    }
}

const SITE: &[KindName] = &[InitTarget::SITE];
const FUNCTION: &[KindName] = &[InitTarget::FUNCTION];
const SERVICE: &[KindName] = &[InitTarget::SERVICE];
const BY_CODEDEPLOY: &[KindName] = &[InitTarget::FUNCTION, InitTarget::SERVICE];
const ALL: &[KindName] = &[InitTarget::SITE, InitTarget::FUNCTION, InitTarget::SERVICE];

const COMMANDS_PAGE: &str = "docs/integrate/other-deployers.md#commands-and-actions";
const TEMPLATES_PAGE: &str = "docs/integrate/cloudformation-and-sam.md";
const TERRAFORM_PAGE: &str = "docs/integrate/terraform.md";

/// A command, whose parts around ` … ` stand in one line; the kinds whose targets it changes; and the page.
type Row = (&'static str, &'static [KindName], &'static str);

/// All that is looked for.
const COMMANDS: [Row; 47] = [
    ("s3 sync", SITE, COMMANDS_PAGE),
    ("s3 cp … --recursive", SITE, COMMANDS_PAGE),
    ("s3-sync-action", SITE, COMMANDS_PAGE),
    ("aws-s3-deploy", SITE, COMMANDS_PAGE),
    ("aws-s3/sync", SITE, COMMANDS_PAGE),
    ("s3cmd sync", SITE, COMMANDS_PAGE),
    ("s3deploy", SITE, COMMANDS_PAGE),
    ("amplify publish", SITE, "docs/integrate/other-deployers.md#aws-amplify"),
    ("lambda update-function-code", FUNCTION, COMMANDS_PAGE),
    ("lambda update-alias", FUNCTION, COMMANDS_PAGE),
    ("aws-lambda-deploy", FUNCTION, COMMANDS_PAGE),
    ("lambda-action", FUNCTION, COMMANDS_PAGE),
    ("cargo lambda deploy", FUNCTION, COMMANDS_PAGE),
    ("lambroll deploy", FUNCTION, "docs/first-hour/bring-in-what-is-live.md#2-write-the-declaration"),
    ("chalice deploy", FUNCTION, COMMANDS_PAGE),
    ("zappa update", FUNCTION, COMMANDS_PAGE),
    ("claudia update", FUNCTION, COMMANDS_PAGE),
    ("ecs update-service", SERVICE, COMMANDS_PAGE),
    ("amazon-ecs-deploy-task-definition", SERVICE, COMMANDS_PAGE),
    ("aws-ecs-deploy", SERVICE, COMMANDS_PAGE),
    ("aws-ecs/deploy-service-update", SERVICE, COMMANDS_PAGE),
    ("aws-ecs/deploy_service_update", SERVICE, COMMANDS_PAGE),
    ("ecs deploy", SERVICE, COMMANDS_PAGE),
    ("ecs-deploy", SERVICE, COMMANDS_PAGE),
    ("ecspresso deploy", SERVICE, "docs/first-hour/bring-in-what-is-live.md#2-write-the-declaration"),
    ("copilot deploy", SERVICE, "docs/integrate/other-deployers.md#aws-copilot"),
    ("copilot svc deploy", SERVICE, "docs/integrate/other-deployers.md#aws-copilot"),
    ("deploy create-deployment", BY_CODEDEPLOY, "docs/integrate/codedeploy.md"),
    ("sam deploy", ALL, TEMPLATES_PAGE),
    ("sam sync", ALL, TEMPLATES_PAGE),
    ("cloudformation deploy", ALL, TEMPLATES_PAGE),
    ("cloudformation update-stack", ALL, TEMPLATES_PAGE),
    ("cloudformation execute-change-set", ALL, TEMPLATES_PAGE),
    ("aws-cloudformation-github-deploy", ALL, TEMPLATES_PAGE),
    ("cdk deploy", ALL, "docs/integrate/cdk.md"),
    ("terraform apply", ALL, TERRAFORM_PAGE),
    ("terraform -chdir … apply", ALL, TERRAFORM_PAGE),
    ("tofu apply", ALL, TERRAFORM_PAGE),
    ("tofu -chdir … apply", ALL, TERRAFORM_PAGE),
    ("terragrunt apply", ALL, TERRAFORM_PAGE),
    ("serverless/github-action", ALL, "docs/integrate/other-deployers.md#serverless-framework"),
    ("serverless deploy", ALL, "docs/integrate/other-deployers.md#serverless-framework"),
    ("sls deploy", ALL, "docs/integrate/other-deployers.md#serverless-framework"),
    ("sst deploy", ALL, "docs/integrate/other-deployers.md#sst"),
    ("pulumi up", ALL, "docs/integrate/other-deployers.md#pulumi"),
    ("pulumi/actions", ALL, "docs/integrate/other-deployers.md#pulumi"),
    ("eb deploy", ALL, "docs/integrate/other-deployers.md#aws-elastic-beanstalk"),
];

/// The commands of these that copy from their first operand to their second one.
const COPIES: [&str; 3] = ["s3 sync", "s3 cp … --recursive", "s3cmd sync"];

/// The files that are run, by their names.
const NAMES: [&str; 7] = ["Makefile", "makefile", "GNUmakefile", "Jenkinsfile", "justfile", "Justfile", "package.json"];

/// The endings of scripts.
const SCRIPTS: [&str; 3] = ["sh", "bash", "mk"];

/// The beginnings of the names of YAML that CI and build tools run, from the root of the repository or anywhere in it.
const PIPELINES: [&str; 10] = [
    ".buildkite/",
    ".circleci/",
    ".codebuild/",
    ".github/",
    ".gitlab/",
    ".gitlab-ci",
    "Taskfile",
    "azure-pipelines",
    "bitbucket-pipelines",
    "buildspec",
];

/// Returns whether a file is one of `make`, whose comments go on behind a backslash.
fn is_makefile(path: &str) -> bool {
    let file = file_of(path);
    file.eq_ignore_ascii_case("makefile")
        || file == "GNUmakefile"
        || file.rsplit_once('.').is_some_and(|(_, end)| end == "mk")
}

/// Returns whether a file is one that a person, CI or a build tool runs.
fn is_run(path: &str) -> bool {
    let file = file_of(path);
    let end = file.rsplit_once('.').map_or("", |(_, end)| end);
    let is_pipeline = || PIPELINES.iter().any(|name| path.starts_with(name) || file.starts_with(name));
    NAMES.contains(&file) || SCRIPTS.contains(&end) || ["yaml", "yml"].contains(&end) && is_pipeline()
}

/// Returns each command of a repository that deploys, or may deploy, a target of the application: once for each file
/// and its targets.
pub fn all(application: &InitApplication, repository: &Repository) -> Vec<DeployerCommand> {
    let mut found: Vec<DeployerCommand> = Vec::new();
    for (file, text) in repository.files.iter().filter(|(path, _)| is_run(path)) {
        // Looked for once a file, and only where it has a command: the names are many, and the text may be long.
        let in_file = LazyCell::new(|| named(application, text));
        for (line, said) in lines(text, is_makefile(file)) {
            for (command, kinds, page) in COMMANDS.iter().filter(|(command, ..)| has_command(&said, command)) {
                let (components, is_sure) = deployed(application, kinds, &said, &in_file);
                let is_known =
                    |it: &DeployerCommand| (&it.file, it.command, &it.components) == (file, *command, &components);
                if !components.is_empty() && !found.iter().any(is_known) {
                    let file = file.clone();
                    found.push(DeployerCommand { file, line, command, components, is_sure, page });
                }
            }
        }
    }
    found
}

/// Returns the components that a command changes, and whether that is sure: those whose targets it names, else those
/// that its file names, else all of its kinds.
fn deployed<'a>(
    application: &'a InitApplication,
    kinds: &[KindName],
    said: &str,
    in_file: &LazyCell<Vec<&'a InitComponent>, impl FnOnce() -> Vec<&'a InitComponent>>,
) -> (Vec<String>, bool) {
    let of_kinds = |all: &[&InitComponent]| -> Vec<String> {
        all.iter().filter(|it| kinds.contains(&it.target.kind())).map(|it| it.name.clone()).collect()
    };
    let here = of_kinds(&named(application, said));
    if !here.is_empty() {
        return (here, true);
    }
    let there = of_kinds(in_file);
    if !there.is_empty() {
        return (there, true);
    }
    (of_kinds(&application.components.iter().collect::<Vec<_>>()), false)
}

/// Returns the components whose targets a text names.
fn named<'a>(application: &'a InitApplication, text: &str) -> Vec<&'a InitComponent> {
    application.components.iter().filter(|it| is_named(application, it, text)).collect()
}

/// Returns whether a target's own name stands in a text, in any environment: also with a variable of the text's own in
/// place of the environment.
fn is_named(application: &InitApplication, component: &InitComponent, text: &str) -> bool {
    let names: Vec<&Text> = match &component.target {
        InitTarget::Site { bucket, distribution, .. } => {
            [Some(bucket), distribution.as_ref()].into_iter().flatten().collect()
        }
        InitTarget::Function { function, .. } => vec![function],
        InitTarget::Service { service, .. } => vec![service],
    };
    names.into_iter().any(|name| {
        let mut environments = application.environments.iter();
        let is_whole = environments.any(|it| has_word(text, &name.at(&application.app, &it.name)));
        let before = match name {
            Text::One(name) => name.split_once("{environment}").map(|(before, _)| before),
            Text::Each(_) => None,
        };
        let before = before.map(|before| before.replace("{app}", &application.app)).filter(|before| !before.is_empty());
        is_whole || before.is_some_and(|before| has_word_before(text, &before, &['$', '{']))
    })
}

/// Returns the lines of a file that say something, each with its number, as one line where a backslash goes on, and
/// with single spaces. A comment ends with its line, but for those of a makefile.
fn lines(text: &str, is_makefile: bool) -> Vec<(usize, String)> {
    let is_comment = |said: &str| said.starts_with('#') || said.starts_with("//");
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let (said, ends_open) = line.strip_suffix('\\').map_or((line, false), |said| (said, true));
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        match lines.last_mut().filter(|_| goes_on) {
            Some((_, before)) => *before = format!("{before} {words}"),
            None => lines.push((at + 1, words)),
        }
        goes_on = ends_open && (is_makefile || !is_comment(line));
    }
    lines.retain(|(_, said)| !is_comment(said));
    lines
}

fn has_command(said: &str, command: &str) -> bool {
    command.split(" … ").all(|part| has_word(said, part)) && !(COPIES.contains(&command) && only_fetches(said, command))
}

/// Returns whether each copy of a line is from a bucket to a folder. An option before the operands may have a value, so
/// that such a copy is taken for one to a bucket.
fn only_fetches(said: &str, command: &str) -> bool {
    let copy = command.split(" … ").next().unwrap_or(command);
    said.split(copy).skip(1).all(|rest| {
        let is_bucket = |operand: &str| operand.trim_start_matches(['"', '\'']).starts_with("s3://");
        let mut operands = rest.split_whitespace().filter(|word| !word.starts_with("--"));
        operands.next().is_some_and(is_bucket) && operands.next().is_some_and(|operand| !is_bucket(operand))
    })
}

/// Returns whether a character, or the end of a text, may stand beside a word.
fn is_edge(c: Option<char>) -> bool {
    c.is_none_or(|c| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
}

/// Returns whether a word stands in a text by itself, and not within a longer one.
fn has_word(text: &str, word: &str) -> bool {
    begun(text, word).any(|rest| is_edge(rest.chars().next()))
}

/// Returns whether a text has something that begins as a word and goes on with one of these characters.
fn has_word_before(text: &str, word: &str, marks: &[char]) -> bool {
    begun(text, word).any(|rest| rest.starts_with(marks))
}

/// Returns what stands behind a word, wherever it is no end of a longer one.
fn begun<'t>(text: &'t str, word: &str) -> impl Iterator<Item = &'t str> {
    let places = text.match_indices(word).filter(move |_| !word.is_empty());
    let begun = places.filter(move |(at, _)| is_edge(text[..*at].chars().next_back()));
    begun.map(move |(at, _)| &text[at + word.len()..])
}

#[cfg(test)]
#[path = "deployer_commands_tests.rs"]
mod tests;
