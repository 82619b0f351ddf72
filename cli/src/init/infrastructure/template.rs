//! Templates of AWS SAM: the functions of the components get tags, and a version and an alias of their own in place of
//! `AutoPublishAlias`, as `docs/integrate/cloudformation-and-sam.md` has them.

use super::{Edit, environment};
use crate::init::application::{Application, Component, Target};
use crate::init::pages::{TEMPLATES, block};
use crate::init::pieces::{Runs, Sort, sam};
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
        notes.extend(others(text, &own, path));
        notes.extend(left(&lines, "Globals", path));
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

/// Notes the functions that are no components here, and that SAM publishes by what stands under `Globals` alone.
fn others(text: &str, own: &[&Component], path: &str) -> Vec<String> {
    let published = sam::published_by_globals(text).into_iter();
    let others =
        published.filter(|(id, _)| !own.iter().any(|component| sam::id(&component.piece) == id));
    let notes = others.map(|(id, alias)| format!("`{id}` of `{path}` is no component, and has its alias by `Globals`: write `AutoPublishAlias: {alias}` into its own properties before you deploy, because CloudFormation deletes the alias else"));
    notes.collect()
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
fn without_others(lines: &mut Vec<String>, from: usize, to: usize, member: &str) {
    let mut all = lines
        .iter()
        .enumerate()
        .skip(from)
        .take(to.saturating_sub(from));
    let Some((begin, _)) = all.find(|(_, line)| line.trim() == member) else {
        return;
    };
    let is_other = |line: &String| {
        OTHERS
            .iter()
            .any(|other| line.trim_start().starts_with(other))
    };
    while let Some(at) = (begin..within(lines, begin)).find(|at| is_other(&lines[*at])) {
        let last = within(lines, at);
        lines.drain(at..last);
    }
}

/// Notes what publishes and shifts and was not taken out, because it does not begin its line.
fn left(lines: &[String], member: &str, path: &str) -> Vec<String> {
    let head = format!("{member}:");
    let Some(begin) = lines
        .iter()
        .position(|line| line.trim_start().starts_with(&head))
    else {
        return Vec::new();
    };
    let own = &lines[begin..within(lines, begin)];
    let is_left = |other: &&&str| {
        own.iter()
            .any(|line| !line.trim_start().starts_with('#') && line.contains(**other))
    };
    let left = OTHERS.iter().filter(is_left).map(|other| {
        format!(
            "`{}` of `{member}` in `{path}` stands within braces, where lines cannot be taken out: take it out before you deploy, because SAM publishes and shifts as long as it is there",
            other.trim_end_matches(':')
        )
    });
    left.collect()
}

fn function(
    lines: &mut Vec<String>,
    component: &Component,
    app: &str,
    environment: &str,
    path: &str,
    notes: &mut Vec<String>,
) {
    let Target::Function { alias, .. } = &component.target else {
        return;
    };
    let id = sam::id(&component.piece);
    let head = format!("  {id}:");
    let Some(begin) = lines.iter().position(|line| line.trim_end() == head) else {
        notes.push(format!("`{id}` of `{path}` could not be found by its line: docs/integrate/cloudformation-and-sam.md of Windlass has what it needs"));
        return;
    };
    without_others(lines, begin, begin + 1, &format!("{id}:"));
    notes.extend(left(&lines[begin..], id, path));
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
    let former = match &component.piece.runs {
        Runs::Function { alias, .. } => alias.as_deref(),
        _ => None,
    };
    // SAM made the alias under this id, whose name was its own or that of `Globals`: CloudFormation keeps it then.
    let live = former.map_or_else(|| format!("{id}Live"), |alias| format!("{id}Alias{alias}"));
    if is_written(
        lines,
        id,
        &[
            &live,
            &format!("{id}FirstVersion"),
            &format!("{id}Alias{alias}"),
        ],
    ) {
        return;
    }
    if former.is_some() {
        notes.push(format!("SAM has made a version of `{id}` under an id of its own: write that id in place of `{id}FirstVersion` (`aws cloudformation list-stack-resources` tells it: `{id}Version` with a hash), because CloudFormation publishes the same code no second time"));
        references(&mut *lines, id, &live, path, notes);
    }
    lines.splice(end..end, published(id, &live, alias));
}

/// `Function.Alias` and `Function.Version` exist only with `AutoPublishAlias`: the one becomes the alias, which is the
/// same, and the other is told, because it was the newest version.
fn references(lines: &mut [String], id: &str, live: &str, path: &str, notes: &mut Vec<String>) {
    let (alias, version) = (format!("{id}.Alias"), format!("{id}.Version"));
    for line in lines.iter_mut() {
        if let Some(at) = whole(line, &alias) {
            line.replace_range(at..at + alias.len(), live);
        }
    }
    if lines.iter().any(|line| whole(line, &version).is_some()) {
        notes.push(format!("`{version}` in `{path}` exists only with `AutoPublishAlias`: name what it is to be in its place"));
    }
}

/// The place of a word that is no part of a longer one.
fn whole(line: &str, word: &str) -> Option<usize> {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '.');
    let mut places = line.match_indices(word).map(|(at, _)| at);
    places.find(|at| {
        is_edge(line[..*at].chars().next_back()) && is_edge(line[at + word.len()..].chars().next())
    })
}

/// True where an earlier run's patch is applied, or somebody wrote the alias or the version: a second one of the same
/// name cannot be made.
fn is_written(lines: &[String], function: &str, ids: &[&str]) -> bool {
    let is_one = |line: &String| {
        let own = line.strip_prefix("  ").map(str::trim_end);
        own.and_then(|own| own.strip_suffix(':'))
            .is_some_and(|own| ids.contains(&own))
    };
    lines.iter().any(is_one) || sam::makes_alias(&lines.join("\n"), function)
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
