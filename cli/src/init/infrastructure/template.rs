//! Templates of AWS SAM: the functions of the components get tags, and a version and an alias of their own in place of
//! `AutoPublishAlias`, as `docs/integrate/cloudformation-and-sam.md` has them.

use super::edit::Edit;
use super::template_check::{WrittenOut, is_sound};
use super::{edit, template_tags};
use crate::init::application::{InitApplication, InitComponent, InitTarget};
use crate::init::infrastructure::template_tags::{indent, is_head, within};
use crate::init::pages::{TEMPLATES, block};
use crate::init::pieces::{PieceSort, Runs, stacks};
use crate::init::repository::Repository;

/// The members that publish and shift beside Windlass.
const OTHERS: [&str; 2] = ["AutoPublishAlias:", "DeploymentPreference:"];

/// Returns the templates of a repository, as YAML.
pub fn all(repository: &Repository) -> impl Iterator<Item = (&str, &str)> {
    repository
        .ending(".yaml")
        .chain(repository.ending(".yml"))
        .filter(|(_, text)| text.contains("AWSTemplateFormatVersion") || text.contains("AWS::Serverless-"))
}

/// Edits the templates in which functions were found.
pub fn edit(
    application: &InitApplication,
    repository: &Repository,
    notes: &mut Vec<String>,
    covered: &mut Vec<String>,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (path, text) in all(repository) {
        let own = application
            .components
            .iter()
            .filter(|component| component.piece.sort == PieceSort::Sam && component.piece.file == path);
        let own: Vec<&InitComponent> = own.collect();
        if own.is_empty() {
            continue;
        }
        let known: Vec<&str> = parameters(text).collect();
        let named = edit::environment_expression(application, &known, |name| format!("!Ref {name}"), str::to_owned);
        let Some(environment) = named else {
            notes.push(format!("no parameter of `{path}` keeps the environment's name: docs/integrate/cloudformation-and-sam.md of Windlass has what its functions need"));
            continue;
        };
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        without_others(&mut lines, 0, usize::MAX, "Globals:");
        for emptied in ["Function:", "Globals:"] {
            without_empty(&mut lines, text, emptied);
        }
        notes.extend(others(text, &own, path));
        notes.extend(left(&lines, "Globals", path));
        let mut written = Vec::new();
        for component in own {
            covered.push(component.name.clone());
            written.extend(function(&mut lines, component, &application.app, &environment, path, notes));
        }
        let end = if text.ends_with('\n') { "\n" } else { "" };
        let edit = Edit::new(path, text, vec![(0..text.len(), lines.join("\n") + end)]);
        if is_sound(text, &edit.after, &written) {
            notes.extend(written.iter().filter_map(|it| newest(text, it, path)));
            edits.push(edit);
        } else {
            notes.push(format!("`{path}` is written so that it could not be changed by lines: docs/integrate/cloudformation-and-sam.md of Windlass has what its functions need"));
        }
    }
    edits
}

/// Notes the functions that are no components here, and that SAM publishes only because of `Globals`.
fn others(text: &str, own: &[&InitComponent], path: &str) -> Vec<String> {
    let others = stacks::published_by_globals(text)
        .into_iter()
        .filter(|(id, _)| !own.iter().any(|component| stacks::id(&component.piece) == id));
    let notes = others.map(|(id, alias)| format!("`{id}` of `{path}` is no component, and has its alias by `Globals`: write `AutoPublishAlias: {alias}` into its own properties before you deploy, because CloudFormation deletes the alias else"));
    notes.collect()
}

fn parameters(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().skip_while(|line| line.trim_end() != "Parameters:").skip(1);
    lines
        .take_while(|line| line.is_empty() || line.starts_with(' '))
        .filter(|line| indent(line) == 2)
        .filter_map(|line| line.trim().strip_suffix(':'))
}

/// Takes the members that publish and shift out of the member that begins so, within the lines given.
fn without_others(lines: &mut Vec<String>, from: usize, to: usize, member: &str) {
    let mut all = lines.iter().enumerate().skip(from).take(to.saturating_sub(from));
    let Some((begin, _)) = all.find(|(_, line)| is_head(line, member)) else {
        return;
    };
    let is_other = |line: &String| OTHERS.iter().any(|other| line.trim_start().starts_with(other));
    while let Some(at) = (begin..within(lines, begin)).find(|at| is_other(&lines[*at])) {
        let last = within(lines, at);
        lines.drain(at..last);
    }
}

/// Takes out a key of `Globals` that was left empty, which SAM refuses.
fn without_empty(lines: &mut Vec<String>, text: &str, key: &str) {
    if text.lines().count() == lines.len() {
        return;
    }
    let Some(begin) = lines.iter().position(|line| is_head(line, "Globals:")) else {
        return;
    };
    let mut own = begin..within(lines, begin);
    let is_empty = |at: &usize| is_head(&lines[*at], key) && within(lines, *at) == at + 1;
    if let Some(at) = own.find(is_empty) {
        lines.remove(at);
    }
}

/// Notes the members that publish and shift and were not taken out, because they do not begin their lines.
fn left(lines: &[String], member: &str, path: &str) -> Vec<String> {
    let head = format!("{member}:");
    let Some(begin) = lines.iter().position(|line| line.trim_start().starts_with(&head)) else {
        return Vec::new();
    };
    let own = &lines[begin..within(lines, begin)];
    let is_left = |other: &&&str| own.iter().any(|line| !line.trim_start().starts_with('#') && line.contains(**other));
    let left = OTHERS.iter().filter(is_left).map(|other| {
        format!(
            "`{}` of `{member}` in `{path}` stands within braces, where lines cannot be taken out: take it out before you deploy, because SAM publishes and shifts as long as it is there",
            other.trim_end_matches(':')
        )
    });
    left.collect()
}

/// Changes the lines of a function. Returns what is written out in place of what SAM made of it.
fn function(
    lines: &mut Vec<String>,
    component: &InitComponent,
    app: &str,
    environment: &str,
    path: &str,
    notes: &mut Vec<String>,
) -> Option<WrittenOut> {
    let InitTarget::Function { alias, .. } = &component.target else {
        return None;
    };
    let id = stacks::id(&component.piece);
    let head = format!("{id}:");
    let resources = lines.iter().position(|line| line.trim_end() == "Resources:");
    let own = resources.and_then(|at| template_tags::child(lines, at));
    let is_own = |line: &String| Some(indent(line)) == own && is_head(line, &head);
    let begin = resources.and_then(|at| (at..within(lines, at)).find(|at| is_own(&lines[*at])));
    let Some(begin) = begin else {
        notes.push(format!("`{id}` of `{path}` could not be found by its line: docs/integrate/cloudformation-and-sam.md of Windlass has what it needs"));
        return None;
    };
    without_others(lines, begin, begin + 1, &format!("{id}:"));
    notes.extend(left(&lines[begin..], id, path));
    let end = within(lines, begin);
    if lines[begin..end].iter().any(|line| line.trim() == "Events:") {
        notes.push(format!("the events of `{id}` reach the function past its alias: write them as resources that name the alias (docs/integrate/cloudformation-and-sam.md of Windlass, \"SAM\")"));
    }
    if !template_tags::add(lines, begin, app, environment) {
        notes.push(format!(
            "the tags of `{id}` in `{path}` could not be added by lines: add `windlass:app` and `windlass:environment`"
        ));
    }
    let end = within(lines, begin);
    let former = match &component.piece.runs {
        Runs::Function { alias, .. } => alias.as_deref(),
        _ => None,
    };
    // SAM made the alias under this id, whose name was its own or that of `Globals`: CloudFormation keeps it then.
    let live = former.map_or_else(|| format!("{id}Live"), |alias| format!("{id}Alias{alias}"));
    if is_written(lines, id, &[&live, &format!("{id}FirstVersion"), &format!("{id}Alias{alias}")]) {
        return None;
    }
    let ids = [live.clone(), format!("{id}FirstVersion")];
    let written = former.map(|_| WrittenOut { function: id.to_owned(), ids });
    if let Some(written) = &written {
        notes.push(format!("SAM has made a version of `{id}` under an id of its own: write that id in place of `{id}FirstVersion` (`aws cloudformation list-stack-resources` tells it: `{id}Version` with a hash), because CloudFormation publishes the same code no second time"));
        for line in lines.iter_mut() {
            *line = written.replaced(line);
        }
    }
    let inward = indent(&lines[begin]);
    lines.splice(end..end, published(id, &live, alias, inward));
    written
}

/// Notes that references to the version that SAM made lead to another one, which is the newest no longer.
fn newest(text: &str, written: &WrittenOut, path: &str) -> Option<String> {
    let (version, id) = (format!("{}.Version", written.function), written.ids.last()?);
    let is_named = text.lines().any(|line| line.contains(&version) && written.replaced(line) != line);
    is_named.then(|| {
        format!(
            "`{version}` in `{path}` exists only with `AutoPublishAlias`, and was the newest version: `{id}` stands in its place, which no release changes. Take out what needs the newest one, such as an alarm on `ExecutedVersion`"
        )
    })
}

/// Returns whether an earlier run's patch is applied, or somebody wrote the alias or the version: a second one of the
/// same name cannot be made.
fn is_written(lines: &[String], function: &str, ids: &[&str]) -> bool {
    let is_one = |line: &String| ids.iter().any(|id| is_head(line, &format!("{id}:")));
    lines.iter().any(is_one) || stacks::makes_alias(&lines.join("\n"), function)
}

/// Returns the version and the alias, as the document has them.
fn published(id: &str, live: &str, alias: &str, inward: usize) -> Vec<String> {
    let (_, text) = block(TEMPLATES, "# no AutoPublishAlias").split_once("FirstVersion:").unwrap_or_default();
    let text = format!("FirstVersion:{text}")
        .replace("FirstVersion", &format!("{id}FirstVersion"))
        .replace("!Ref Function", &format!("!Ref {id}"))
        .replace("Live:", &format!("{live}:"))
        .replace("Name: live", &format!("Name: {alias}"));
    let lines = text
        .trim_end()
        .lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("{}{line}", " ".repeat(inward)) });
    std::iter::once(String::new()).chain(lines).collect()
}
