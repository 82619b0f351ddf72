//! The changes of infrastructure code, so that it and Windlass do not fight: tags, an alias, and the attributes that it
//! leaves alone. Resources that can be found by line get a difference; the rest gets a page with the documents' own
//! texts. Pure.

mod cdk;
mod commands;
mod hcl;
mod hcl_lines;
mod template;
mod template_tags;
mod terraform;

use super::application::{Application, Component};
use super::repository::{Repository, file_of};
use similar::TextDiff;

/// The texts that are written for infrastructure code.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Code {
    /// A difference that `git apply` takes.
    pub patch: Option<String>,
    /// A page for a person.
    pub page: Option<String>,
    /// A script for targets that no code makes.
    pub commands: Option<String>,
    /// Notes for a person, one sentence each.
    pub notes: Vec<String>,
}

/// A file, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    path: String,
    before: String,
    after: String,
}

impl Edit {
    /// Makes a file with other lines, which end as its own do.
    fn new(path: &str, before: &str, lines: &[String]) -> Self {
        let end = if before.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let mut after = lines.join(end);
        if before.ends_with('\n') {
            after.push_str(end);
        }
        Self {
            path: path.to_owned(),
            before: before.to_owned(),
            after,
        }
    }
}

/// Returns whether a repository has infrastructure code.
pub fn is_there(repository: &Repository) -> bool {
    let is_code = |path: &str| {
        file_of(path)
            .rsplit_once('.')
            .is_some_and(|(_, end)| end == "tf")
            || path.ends_with("cdk.json")
    };
    repository.files.keys().any(|path| is_code(path)) || template::all(repository).next().is_some()
}

/// Looks at all code of a repository.
pub fn write(application: &Application, repository: &Repository) -> Code {
    let mut code = Code::default();
    let mut covered = Vec::new();
    let mut edits = terraform::edit(application, repository, &mut code.notes, &mut covered);
    edits.extend(template::edit(
        application,
        repository,
        &mut code.notes,
        &mut covered,
    ));
    edits.retain(|edit| edit.before != edit.after);
    if !edits.is_empty() {
        code.patch = Some(edits.iter().map(difference).collect());
    }
    code.page = cdk::page(application, repository);
    let is_open =
        |component: &&Component| code.page.is_none() && !covered.contains(&component.name);
    let open: Vec<&Component> = application.components.iter().filter(is_open).collect();
    code.commands = commands::write(application, &open);
    code
}

/// Returns the difference of one file, with its path as Git writes it.
fn difference(edit: &Edit) -> String {
    let (old, new) = (format!("a/{}", edit.path), format!("b/{}", edit.path));
    TextDiff::from_lines(&edit.before, &edit.after)
        .unified_diff()
        .context_radius(3)
        .header(&old, &new)
        .to_string()
}

/// Returns an expression of the environment's name: of a variable that keeps it, else the name of the only one.
fn environment(
    application: &Application,
    variables: &[&str],
    written: impl Fn(&str) -> String,
    literal: impl Fn(&str) -> String,
) -> Option<String> {
    let usual = [
        "environment",
        "env",
        "stage",
        "environmentname",
        "stagename",
        "envname",
    ];
    let is_usual =
        |name: &&&str| usual.contains(&name.to_ascii_lowercase().replace('_', "").as_str());
    if let Some(variable) = variables.iter().find(is_usual) {
        return Some(written(variable));
    }
    match application.environments.as_slice() {
        [only] => Some(literal(&only.name)),
        _ => None,
    }
}
