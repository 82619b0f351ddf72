//! The commands and actions by which a repository deploys already: in workflows, Makefiles, scripts and the scripts of
//! packages. Two deployers that change one target undo each other, so that each is named with its file and line. Pure.

// Lines are looked through, and no YAML is parsed: a step calls a script or a Makefile. Nothing is taken out,
// because what else a step does is not known.

use crate::init::application::{InitApplication, InitComponent, InitTarget};
use crate::init::repository::{Repository, file_of};
use crate::init::run_lines::lines;
use crate::init::text::DeclaredText;
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
const COMMANDS: [Row; 45] = [
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
    ("lambroll deploy", FUNCTION, "docs/integrate/other-deployers.md#ecspresso-lambroll-and-sam"),
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
    ("ecspresso deploy", SERVICE, "docs/integrate/other-deployers.md#ecspresso-lambroll-and-sam"),
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
    ("tofu apply", ALL, TERRAFORM_PAGE),
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

/// The options with which a command changes nothing.
const DRY: [&str; 3] = ["--dry-run", "--dryrun", "--no-execute-changeset"];

/// The files that are run, by their names.
const NAMES: [&str; 10] = [
    "Makefile",
    "makefile",
    "GNUmakefile",
    "Jenkinsfile",
    "justfile",
    "Justfile",
    "package.json",
    "tasks.py",
    "fabfile.py",
    "noxfile.py",
];

/// The programs whose words are the names of targets and scripts.
const RUNNERS: [&str; 6] = ["make", "just", "npm", "pnpm", "yarn", "bun"];

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

/// Returns whether a file is one that a person, CI or a build tool runs.
fn is_run(path: &str) -> bool {
    let file = file_of(path);
    let end = file.rsplit_once('.').map_or("", |(_, end)| end);
    let is_pipeline = || PIPELINES.iter().any(|name| path.starts_with(name) || file.starts_with(name));
    NAMES.contains(&file) || SCRIPTS.contains(&end) || ["yaml", "yml"].contains(&end) && is_pipeline()
}

/// Returns each command of a repository that deploys, or may deploy, a target of the application: each line that names
/// a target, and of the others one for each file and its targets.
pub fn all(application: &InitApplication, repository: &Repository) -> Vec<DeployerCommand> {
    let mut found: Vec<DeployerCommand> = Vec::new();
    for (file, text) in repository.files.iter().filter(|(path, _)| is_run(path)) {
        // Looked for once a file, and only where it has a command: the names are many, and the text may be long.
        let in_file = LazyCell::new(|| named(application, text));
        for line in lines(text, file) {
            for (command, kinds, page) in &COMMANDS {
                let Some(at) = place_of(&line.said, command) else { continue };
                let here = of_kinds(kinds, &named(application, &line.said));
                let is_here = !here.is_empty();
                if !is_here && is_for_another(kinds, &line.said) {
                    continue;
                }
                let (components, is_sure) = if is_here { (here, true) } else { deployed(application, kinds, &in_file) };
                let number = line.line_at(at);
                let is_known = |it: &DeployerCommand| {
                    (&it.file, it.command, &it.components) == (file, *command, &components)
                        && (!is_here || it.line == number)
                };
                if !components.is_empty() && !found.iter().any(is_known) {
                    let (file, line) = (file.clone(), number);
                    found.push(DeployerCommand { file, line, command, components, is_sure, page });
                }
            }
        }
    }
    found
}

fn of_kinds(kinds: &[KindName], all: &[&InitComponent]) -> Vec<String> {
    all.iter().filter(|it| kinds.contains(&it.target.kind())).map(|it| it.name.clone()).collect()
}

/// Returns the components that a command changes whose line names none, and whether that is sure: those whose targets
/// its file names, else all of its kinds.
fn deployed<'a>(
    application: &'a InitApplication,
    kinds: &[KindName],
    in_file: &LazyCell<Vec<&'a InitComponent>, impl FnOnce() -> Vec<&'a InitComponent>>,
) -> (Vec<String>, bool) {
    let there = of_kinds(kinds, in_file);
    if !there.is_empty() {
        return (there, true);
    }
    (of_kinds(kinds, &application.components.iter().collect::<Vec<_>>()), false)
}

/// Returns whether a line names each target that it deploys, none of which is a component's, and leaves none to a
/// variable.
fn is_for_another(kinds: &[KindName], said: &str) -> bool {
    let options = [(SITE, "s3://"), (FUNCTION, "--function-name"), (SERVICE, "--service")];
    let Some((_, before)) = options.into_iter().find(|(of, _)| *of == kinds) else { return false };
    let is_end = |c: char| c == ' ' || before == "s3://" && "/\"'".contains(c);
    let given =
        begun(said, before).map(|(_, rest)| rest).filter(|rest| before == "s3://" || rest.starts_with([' ', '=']));
    let given = given.filter_map(|rest| rest.trim_start_matches([' ', '=', '"', '\'']).split(is_end).next());
    let is_literal = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/\"'".contains(c));
    let given: Vec<&str> = given.collect();
    !given.is_empty() && given.into_iter().all(|name| !name.is_empty() && is_literal(name))
}

/// Returns the components whose targets a text names.
fn named<'a>(application: &'a InitApplication, text: &str) -> Vec<&'a InitComponent> {
    application.components.iter().filter(|it| is_named(application, it, text)).collect()
}

/// Returns whether a target's own name stands in a text, in any environment: also with a variable of the text's own in
/// place of the environment.
fn is_named(application: &InitApplication, component: &InitComponent, text: &str) -> bool {
    let names: Vec<&DeclaredText> = match &component.target {
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
            DeclaredText::One(name) => name.split_once("{environment}").map(|(before, _)| before),
            DeclaredText::Each(_) => None,
        };
        let before = before.map(|before| before.replace("{app}", &application.app)).filter(|before| !before.is_empty());
        is_whole || before.is_some_and(|before| begun(text, &before).any(|(_, rest)| rest.starts_with(['$', '{'])))
    })
}

/// Returns the place at which a command stands in a line as one that changes something.
fn place_of(said: &str, command: &str) -> Option<usize> {
    let mut parts = command.split(" … ");
    let first = parts.next().unwrap_or_default();
    let at = stands(said, first)?;
    let is_whole = parts.all(|part| has_word(said, part));
    let is_shown = is_only_shown(said, first);
    (is_whole && !is_shown && !(COPIES.contains(&command) && only_fetches(said, first))).then_some(at)
}

/// Returns whether each command of a line is only printed.
fn is_only_shown(said: &str, command: &str) -> bool {
    begun(said, command.split(' ').next().unwrap_or(command)).all(|(at, _)| {
        let own = said[..at].rsplit(['&', '|', ';', '(', '`', ',']).next().unwrap_or_default();
        has_word(own, "echo") || has_word(own, "printf")
    })
}

/// Returns the place at which a command stands, and not the same words in a path, as a name, or with an option by which
/// they change nothing. Options may stand before its last word.
fn stands(said: &str, command: &str) -> Option<usize> {
    let (first, verb) = command.rsplit_once(' ').unwrap_or(("", command));
    let begin = if first.is_empty() { verb } else { first };
    let mut places = begun(said, begin);
    let place = places.find(|(at, rest)| {
        let behind = if first.is_empty() { Some(*rest) } else { behind_verb(rest, verb) };
        let is_run = behind.is_some_and(|behind| is_edge(behind.chars().next()) && !is_a_name(behind, command));
        let is_dry =
            || own_words(behind.unwrap_or_default()).any(|word| DRY.contains(&word.trim_matches(['"', '\'', ')'])));
        is_run && !(first.is_empty() && is_argument(&said[..*at])) && !is_dry()
    });
    place.map(|(at, _)| at)
}

/// Returns what stands behind the last word of a command, before which there may be options with their values.
fn behind_verb<'t>(rest: &'t str, verb: &str) -> Option<&'t str> {
    let mut at = rest.strip_prefix(' ')?;
    let has_options = at.starts_with('-');
    loop {
        let is_here = at.strip_prefix(verb).filter(|behind| is_edge(behind.chars().next()));
        if is_here.is_some() || !has_options {
            return is_here;
        }
        let (word, behind) = at.split_once(' ')?;
        if ends_command(word) {
            return None;
        }
        at = behind;
    }
}

/// Returns whether a word ends a command of the shell, or a script among others.
fn ends_command(word: &str) -> bool {
    ["&&", "||", "|", "&"].contains(&word) || word.ends_with([';', ','])
}

/// Returns the words up to the end of a command.
fn own_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').take_while(|word| !ends_command(word))
}

/// Returns whether what stands behind a command makes it a part of a path, or the name of a member, a job or a target.
/// An orb of `CircleCI`, which has a slash, is a member as well.
fn is_a_name(behind: &str, command: &str) -> bool {
    let member = behind.trim_start_matches(['"', '\'']).strip_prefix(':');
    let is_member = member.is_some_and(|value| value.is_empty() || value.starts_with(' '));
    behind.starts_with('/') || is_member && !command.contains('/')
}

/// Returns whether a word behind this text is the name of a target, of a script or of anything else, or ends a path
/// that is given to a program.
fn is_argument(before: &str) -> bool {
    let (earlier, path) = before.rsplit_once(' ').unwrap_or(("", before));
    let mut words = earlier.rsplit(' ').take_while(|word| !ends_command(word)).peekable();
    let is_path = path.trim_start_matches(['"', '\'']).starts_with('/') && !path.contains("bin/");
    let is_value = words.peek().is_some_and(|word| word.starts_with("--") && (is_path || word.ends_with("name")));
    is_value || words.any(|word| RUNNERS.contains(&word.trim_start_matches(['@', '-', '(', '"', '\''])))
}

/// Returns whether each copy of a line is from a bucket to a folder. An option before the operands may have a value, so
/// that such a copy is taken for one to a bucket.
fn only_fetches(said: &str, copy: &str) -> bool {
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
    begun(text, word).any(|(_, rest)| is_edge(rest.chars().next()))
}

/// Returns the places of a word and what stands behind it, wherever it is no end of a longer one.
fn begun<'t>(text: &'t str, word: &str) -> impl Iterator<Item = (usize, &'t str)> {
    let places = text.match_indices(word).filter(move |_| !word.is_empty());
    let begun = places.filter(move |(at, _)| is_edge(text[..*at].chars().next_back()));
    begun.map(move |(at, _)| (at, &text[at + word.len()..]))
}

#[cfg(test)]
#[path = "deployer_commands_tests.rs"]
mod tests;
