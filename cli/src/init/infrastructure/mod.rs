//! The changes of infrastructure code, so that it and Windlass do not fight: tags, an alias, and the attributes that it
//! leaves alone. Resources that can be found by line get a difference; the rest, such as an app of AWS CDK, gets a page
//! with the documents' own texts. Pure.

mod commands;
pub mod edit;
mod hcl;
mod lacking;
mod past_alias;
mod target_resources;
mod template;
mod template_check;
mod terraform;

use super::application::{InitApplication, InitComponent, InitTarget};
use super::repository::{Repository, is_terraform};
use crate::init::pages::{CDK, block};
use crate::init::patch_trial::PatchTrial;
pub use commands::SCRIPT;
use edit::Edit;

/// The texts that are written for infrastructure code.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct InfrastructureCode {
    /// The changes of its files.
    pub edits: Vec<Edit>,
    /// A page for a person.
    pub page: Option<String>,
    /// A script for targets that no code makes.
    pub commands: Option<String>,
    /// Notes for a person, one sentence each. Those of a change stand beside it, and go with it.
    pub notes: Vec<String>,
}

/// Returns whether a repository has infrastructure code.
pub fn is_there(repository: &Repository) -> bool {
    let is_code = |path: &str| is_terraform(path) || path.ends_with("cdk.json");
    repository.files.keys().any(|path| is_code(path)) || template::all(repository).next().is_some()
}

impl InfrastructureCode {
    /// Returns the difference that `git apply` takes; `None` where nothing is changed.
    pub fn patch(&self) -> Option<String> {
        (!self.edits.is_empty()).then(|| self.edits.iter().map(Edit::difference).collect())
    }

    /// Takes out the changes after which a program finds what it does not find before, and notes these, and the changes
    /// that could not be tried.
    pub fn keep_tried(&mut self, trials: &[PatchTrial]) {
        for PatchTrial { paths, by, new } in trials {
            let files = paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
            let page = if paths.iter().any(|path| is_terraform(path)) { "terraform" } else { "cloudformation-and-sam" };
            match new {
                Ok(new) if new.is_empty() => {}
                Ok(new) => {
                    self.edits.retain(|edit| !paths.contains(&edit.path));
                    self.notes.push(format!("{files} is not in the patch, because with the change `{by}` finds what it does not find without it: {}. docs/integrate/{page}.md of Windlass shows what to change by hand", shown(new)));
                }
                Err(why) => self.notes.push(format!("what the patch changes in {files} is not tried, because `{by}` could not look: {why}. Run it after `git apply`, and before you deploy")),
            }
        }
    }
}

/// The number of findings that a note names.
const NAMED: usize = 3;

fn shown(findings: &[String]) -> String {
    let named = findings.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
    match findings.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named}; and {more} more"),
    }
}

/// Looks at all code of a repository.
pub fn write(application: &InitApplication, repository: &Repository) -> InfrastructureCode {
    let mut code = InfrastructureCode::default();
    let mut covered = Vec::new();
    let mut edits = terraform::edit(application, repository, &mut code.notes, &mut covered);
    edits.extend(template::edit(application, repository, &mut code.notes, &mut covered));
    let (changed, same): (Vec<Edit>, Vec<Edit>) = edits.into_iter().partition(Edit::is_changed);
    code.notes.extend(same.into_iter().flat_map(|edit| edit.notes));
    code.edits = changed;
    code.page = cdk_page(application, repository);
    let is_open = |component: &&InitComponent| code.page.is_none() && !covered.contains(&component.name);
    let open: Vec<&InitComponent> = application.components.iter().filter(is_open).collect();
    code.notes.extend(open.iter().filter_map(|component| terraform::unlike(component, repository)));
    code.commands = commands::write(application, &open);
    code
}

/// Returns the page, where a repository has an app of AWS CDK.
pub fn cdk_page(application: &InitApplication, repository: &Repository) -> Option<String> {
    let (path, _) = repository.named(&["cdk.json"]).next()?;
    let app = &application.app;
    let environment = application.environments.last().map_or("prod", |environment| environment.name.as_str());
    let function = application.components.iter().find_map(|component| match &component.target {
        InitTarget::Function { function, alias, .. } => Some((function.at(app, environment), alias.clone())),
        _ => None,
    });
    let (function, alias) = function.unwrap_or_else(|| ("shop-api-prod".to_owned(), "live".to_owned()));
    let code = block(CDK, "Tags.of")
        .replace("shop-api-prod", &function)
        .replace("'live'", &format!("'{alias}'"))
        .replace("'shop'", &format!("'{app}'"))
        .replace("'prod'", &format!("'{environment}'"));
    let rest = CDK.rsplit("```").next().unwrap_or_default().trim();
    Some(format!(
        "# What the targets of {app} need in the app of `{path}`\n\nFor each environment, as here for {environment}; take out \
         what the application has not.\n`docs/integrate/cdk.md` of Windlass says why.\n\n```ts\n{code}```\n\n{}\n",
        rest.replace(
            "[cloudformation-and-sam.md](cloudformation-and-sam.md)",
            "docs/integrate/cloudformation-and-sam.md"
        )
    ))
}
