//! Templates of AWS SAM: the functions of the components get tags, and a version and an alias of their own in place of
//! `AutoPublishAlias`, as `docs/integrate/cloudformation-and-sam.md` has them.

use super::{Edit, environment};
use crate::init::application::{Application, Component, Target};
use crate::init::pages::{TEMPLATES, block};
use crate::init::pieces::Sort;
use crate::init::repository::Repository;

/// Members that publish and shift beside Windlass.
const OTHERS: [&str; 2] = ["AutoPublishAlias:", "DeploymentPreference:"];

/// The templates of a repository, as YAML.
pub fn all(repository: &Repository) -> impl Iterator<Item = (&str, &str)> {
    let files = repository.ending(".yaml").chain(repository.ending(".yml"));
    files.filter(|(_, text)| {
        text.contains("AWSTemplateFormatVersion") || text.contains("AWS::Serverless-")
    })
}

/// Edits the templates that functions were found in.
pub fn edit(
    application: &Application,
    repository: &Repository,
    notes: &mut Vec<String>,
    covered: &mut Vec<String>,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (path, text) in all(repository) {
        let components = application.components.iter();
        let own = components
            .filter(|component| component.piece.sort == Sort::Sam && component.piece.file == path);
        let own: Vec<&Component> = own.collect();
        if own.is_empty() {
            continue;
        }
        let known: Vec<&str> = parameters(text).collect();
        let named = environment(
            application,
            &known,
            |name| format!("!Ref {name}"),
            str::to_owned,
        );
        let Some(environment) = named else {
            notes.push(format!("no parameter of `{path}` keeps the environment's name: docs/integrate/cloudformation-and-sam.md of Windlass has what its functions need"));
            continue;
        };
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        without_others(&mut lines, 0, usize::MAX, "Globals:");
        for component in own {
            covered.push(component.name.clone());
            function(
                &mut lines,
                component,
                &application.app,
                &environment,
                path,
                notes,
            );
        }
        edits.push(Edit {
            path: path.to_owned(),
            before: text.to_owned(),
            after: lines.join("\n") + "\n",
        });
    }
    edits
}

fn parameters(text: &str) -> impl Iterator<Item = &str> {
    let lines = text
        .lines()
        .skip_while(|line| line.trim_end() != "Parameters:")
        .skip(1);
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    lines
        .filter(|line| indent(line) == 2)
        .filter_map(|line| line.trim().strip_suffix(':'))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The lines that belong to one: those that follow it and stand further in.
fn within(lines: &[String], at: usize) -> usize {
    let own = indent(&lines[at]);
    let rest = lines[at + 1..].iter();
    let belongs = rest
        .take_while(|line| line.trim().is_empty() || indent(line) > own)
        .count();
    let mut end = at + 1 + belongs;
    while lines[end - 1].trim().is_empty() {
        end -= 1;
    }
    end
}

/// Takes out what publishes and shifts, of the member that begins so, or of the lines given.
fn without_others(lines: &mut Vec<String>, from: usize, to: usize, member: &str) -> Option<String> {
    let begin = lines
        .iter()
        .enumerate()
        .skip(from)
        .take(to.saturating_sub(from))
        .find(|(_, line)| line.trim() == member)?
        .0;
    let mut alias = None;
    loop {
        let end = within(lines, begin);
        let is_other = |line: &String| {
            OTHERS
                .iter()
                .any(|other| line.trim_start().starts_with(other))
        };
        let Some(at) = (begin..end).find(|at| is_other(&lines[*at])) else {
            return alias;
        };
        if let Some(value) = lines[at].trim_start().strip_prefix(OTHERS[0]) {
            alias = Some(value.trim().to_owned());
        }
        let last = within(lines, at);
        lines.drain(at..last);
    }
}

fn function(
    lines: &mut Vec<String>,
    component: &Component,
    app: &str,
    environment: &str,
    path: &str,
    notes: &mut Vec<String>,
) {
    let (Target::Function { alias, .. }, Some(id)) =
        (&component.target, component.piece.output.rsplit('/').next())
    else {
        return;
    };
    let head = format!("  {id}:");
    let Some(begin) = lines.iter().position(|line| line.trim_end() == head) else {
        notes.push(format!("`{id}` of `{path}` could not be found by its line: docs/integrate/cloudformation-and-sam.md of Windlass has what it needs"));
        return;
    };
    let former = without_others(lines, begin, begin + 1, &format!("{id}:"));
    let end = within(lines, begin);
    if lines[begin..end]
        .iter()
        .any(|line| line.trim() == "Events:")
    {
        notes.push(format!("the events of `{id}` reach the function past its alias: write them as resources that name the alias (docs/integrate/cloudformation-and-sam.md of Windlass, \"SAM\")"));
    }
    let is_at = |line: &String, indented: usize, member: &str| {
        indent(line) == indented && line.trim_start().starts_with(member)
    };
    let tags = [
        format!("\"windlass:app\": {app}"),
        format!("\"windlass:environment\": {environment}"),
    ];
    if !lines[begin..end]
        .iter()
        .any(|line| line.contains("windlass:app"))
    {
        let of = |member: &str, indented: usize| {
            (begin..end).find(|at| is_at(&lines[*at], indented, member))
        };
        match (of("Tags:", 6), of("Properties:", 4)) {
            (Some(at), _) if lines[at].trim() == "Tags:" => {
                lines.splice(at + 1..=at, tags.map(|tag| format!("        {tag}")));
            }
            (None, Some(at)) => {
                let tags = tags.map(|tag| format!("        {tag}"));
                lines.splice(at + 1..=at, std::iter::once("      Tags:".to_owned()).chain(tags));
            }
            _ => notes.push(format!("the tags of `{id}` in `{path}` could not be added by lines: add `windlass:app` and `windlass:environment`")),
        }
    }
    let end = within(lines, begin);
    // SAM made the alias under this id: CloudFormation keeps it then.
    let live = former.map_or_else(|| format!("{id}Live"), |alias| format!("{id}Alias{alias}"));
    if lines
        .iter()
        .any(|line| line.trim_end() == format!("  {live}:"))
    {
        return;
    }
    lines.splice(end..end, published(id, &live, alias));
}

/// The version and the alias, as the document has them.
fn published(id: &str, live: &str, alias: &str) -> Vec<String> {
    let page = block(TEMPLATES, "# no AutoPublishAlias");
    let (_, text) = page.split_once("FirstVersion:").unwrap_or_default();
    let text = format!("FirstVersion:{text}")
        .replace("FirstVersion", &format!("{id}FirstVersion"))
        .replace("!Ref Function", &format!("!Ref {id}"))
        .replace("Live:", &format!("{live}:"))
        .replace("Name: live", &format!("Name: {alias}"));
    let lines = text.trim_end().lines().map(|line| {
        if line.is_empty() {
            String::new()
        } else {
            format!("  {line}")
        }
    });
    std::iter::once(String::new()).chain(lines).collect()
}
