//! The changes of infrastructure code, so that it and Windlass do not fight: tags, an alias, and the attributes that it
//! leaves alone. Resources that can be found by line get a difference; the rest gets a page with the documents' own
//! texts. Pure.

mod cdk;
mod commands;
mod edit;
mod environment;
mod hcl;
mod hcl_lines;
mod template;
mod template_lines;
mod template_tags;
mod terraform;

use super::application::{Application, Component};
use super::repository::{Repository, file_of};
use edit::Edit;

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

/// Returns whether a repository has infrastructure code.
pub fn is_there(repository: &Repository) -> bool {
    let is_code =
        |path: &str| file_of(path).rsplit_once('.').is_some_and(|(_, end)| end == "tf") || path.ends_with("cdk.json");
    repository.files.keys().any(|path| is_code(path)) || template::all(repository).next().is_some()
}

/// Looks at all code of a repository.
pub fn write(application: &Application, repository: &Repository) -> Code {
    let mut code = Code::default();
    let mut covered = Vec::new();
    let mut edits = terraform::edit(application, repository, &mut code.notes, &mut covered);
    edits.extend(template::edit(application, repository, &mut code.notes, &mut covered));
    edits.retain(Edit::is_changed);
    if !edits.is_empty() {
        code.patch = Some(edits.iter().map(Edit::difference).collect());
    }
    code.page = cdk::cdk_page(application, repository);
    let is_open = |component: &&Component| code.page.is_none() && !covered.contains(&component.name);
    let open: Vec<&Component> = application.components.iter().filter(is_open).collect();
    code.commands = commands::write(application, &open);
    code
}
