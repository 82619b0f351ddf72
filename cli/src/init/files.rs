//! The files that `init` writes. Pure: an application in, texts out.

use super::application::Application;
use super::proposal::InitFacts;
use super::{declaration, infrastructure, role, workflow};
use crate::schema;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path, from the root of the repository.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The paths of everything that `init` may write beside the workflow. `init` does not look at them itself, so the same
/// answers make the same files a second time.
pub const OWN: [&str; 7] = ["app.yaml", schema::SCHEMA_FILE, "windlass.toml", ROLE, PATCH, PAGE, SCRIPT];

/// Returns all files, and notes on what a person has to see to.
pub fn all(application: &Application, facts: &InitFacts) -> (Vec<File>, Vec<String>) {
    let mut notes = facts.pieces.notes.clone();
    let taken: Vec<(&str, &str)> = application
        .components
        .iter()
        .map(|component| (component.piece.folder.as_str(), component.piece.file.as_str()))
        .collect();
    let left =
        facts.pieces.pieces.iter().filter(|piece| !taken.contains(&(piece.folder.as_str(), piece.file.as_str())));
    notes.extend(left.map(|piece| format!("`{}` is {}, and was not chosen", piece.file, piece.sort)));
    let mut files = Vec::new();
    let mut file = |path: &str, text: String| {
        files.push(File { path: path.to_owned(), text });
    };
    file("app.yaml", declaration::write(application, &notes));
    file(schema::SCHEMA_FILE, schema::schema_text());
    file("windlass.toml", settings(application));
    if application.has_workflow() {
        file(ROLE, role::write(application));
        file(".github/workflows/release.yaml", workflow::write(application));
    }
    let mut code = infrastructure::write(application, &facts.repository);
    if let Some(patch) = code.patch {
        file(PATCH, patch);
    }
    if let Some(page) = code.page {
        file(PAGE, page);
    }
    if let Some(commands) = code.commands {
        file(SCRIPT, commands);
    }
    code.notes.extend(application.carried.notes.iter().cloned());
    code.notes.extend(without_workflow(application));
    (files, code.notes)
}

/// Returns why there is no workflow, and what takes its place.
fn without_workflow(application: &Application) -> Option<String> {
    if application.github.is_none() {
        return Some(
            "no workflow and no role of CI were written, because the repository is not on GitHub: your CI signs in to a role with the policy CiPolicyArn and the tags `windlass:app` and `windlass:environment`, builds, and releases with the command line (docs/integrate/ci.md of Windlass, \"The command line\")".to_owned(),
        );
    }
    (!application.has_workflow()).then(|| {
        "no workflow and no role of CI were written, because no environment is released from Git: a person releases and deploys with the command line".to_owned()
    })
}

/// The roles of CI.
pub const ROLE: &str = "ci-role.yaml";

/// The difference for infrastructure code.
pub const PATCH: &str = "windlass.patch";

/// The texts for infrastructure code that no difference could be made for.
pub const PAGE: &str = "windlass-targets.md";

/// The commands for targets that no code makes.
pub const SCRIPT: &str = "windlass-targets.sh";

fn settings(application: &Application) -> String {
    format!(
        "# Where Windlass is, for everybody who works here.\nstack = {:?}\nregion = {:?}\n",
        application.stack, application.region
    )
}
