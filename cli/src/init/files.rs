//! The files that `init` writes, and the commands that come after it. Pure: an application in, texts out.

use super::application::{InitApplication, InitTarget, Rule};
use super::facts::InitFacts;
use super::infrastructure::SCRIPT;
use super::{
    access_proposal, declaration, deployer_commands, deployer_files, environments, infrastructure, pieces, role,
    workflow,
};
use crate::ground::quoting::in_shell;
use crate::init::account::registry;
use crate::init::pieces::missing::MissingFile;
use crate::init::pieces::{Piece, PieceSort};
use crate::init::proposal::note_of_name;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its path, from the root of the repository.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The paths of everything that `init` may write beside the workflow. `init` does not look at them itself, so the same
/// answers make the same files a second time.
pub const OWN: [&str; 7] = ["app.yaml", declaration::SCHEMA_FILE, "windlass.toml", ROLE, PATCH, PAGE, SCRIPT];

/// Returns all files, and notes on what a person has to see to.
pub fn all(application: &InitApplication, facts: &InitFacts) -> (Vec<WrittenFile>, Vec<String>) {
    let mut notes = facts.pieces.notes.clone();
    let place = |piece: &Piece| (piece.folder.clone(), piece.file.clone());
    let taken: Vec<(String, String)> = application.components.iter().map(|it| place(&it.piece)).collect();
    let left = facts.pieces.pieces.iter().filter(|piece| !taken.contains(&place(piece)));
    notes.extend(left.map(|piece| format!("`{}` is {}, and was not chosen", piece.file, piece.sort)));
    let is_taken = |name: &String| application.environments.iter().any(|environment| environment.name == *name);
    let named = environments::found(&facts.repository).into_iter().filter(|name| !is_taken(name));
    notes.extend(named.filter_map(|name| {
        let by = environments::shown_by(&facts.repository, &name)?;
        Some(format!("{by} the environment `{name}`, which was not chosen"))
    }));
    let mut files = Vec::new();
    let mut file = |path: &str, text: String| {
        files.push(WrittenFile { path: path.to_owned(), text });
    };
    file("app.yaml", declaration::write(application, &notes));
    file(declaration::SCHEMA_FILE, declaration::schema_text());
    file("windlass.toml", settings(application));
    if application.has_workflow() {
        file(&access_proposal::path(application), access_proposal::write(application));
        if application.has_images() {
            file(ROLE, role::write(application));
        }
        let mut released = application.clone();
        let missing = missing(application, facts);
        released.components.retain(|it| missing.iter().all(|missing| missing.component != it.name));
        if !released.components.is_empty() {
            file(WORKFLOW, workflow::write(&released));
        }
    }
    let mut code = infrastructure::write(application, &facts.repository);
    code.keep_tried(&facts.trials);
    code.notes.extend(code.edits.iter().flat_map(|edit| edit.notes.iter().cloned()));
    for (path, text) in [(PATCH, code.patch()), (PAGE, code.page), (SCRIPT, code.commands)] {
        if let Some(text) = text {
            file(path, text);
        }
    }
    code.notes.extend(application.carried.notes.iter().cloned());
    code.notes.extend(note_of_name(&application.app, &facts.repository));
    let has_workflow = files.iter().any(|file| file.path == WORKFLOW);
    code.notes.extend(without_workflow(application, has_workflow));
    code.notes.extend(untried(application));
    (files, code.notes)
}

/// Something that the workflow would need for a component and that is not there, so that no step is written for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingStep {
    /// The component.
    pub component: String,
    /// The thing that is not there.
    #[serde(flatten)]
    pub missing: MissingFile,
}

impl fmt::Display for MissingStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { component, missing } = self;
        write!(f, "the workflow leaves `{component}` out, because {missing}: add it, and start `windlass init` again")
    }
}

/// Returns what the workflow would need and does not find, where one is written.
pub fn missing(application: &InitApplication, facts: &InitFacts) -> Vec<MissingStep> {
    let components = application.components.iter().filter(|_| application.has_workflow());
    let missing = components.filter_map(|component| {
        let is_image = component.repository().is_some();
        let missing = pieces::missing::missing(&component.piece, is_image, &facts.repository)?;
        Some(MissingStep { component: component.name.clone(), missing })
    });
    missing.collect()
}

/// Returns why no request tries the new versions of functions.
fn untried(application: &InitApplication) -> impl Iterator<Item = String> {
    application.components.iter().filter_map(|component| match &component.target {
        InitTarget::Function { request: Err(why), .. } => Some(format!(
            "no request tries a new version of `{}` before callers get it: {why}. `app.yaml` has a comment in its place, for a payload that changes nothing",
            component.name
        )),
        _ => None,
    })
}

/// Returns why there is no workflow, and what takes its place.
fn without_workflow(application: &InitApplication, has_workflow: bool) -> Option<String> {
    if application.has_workflow() {
        let why = "no workflow was written, because something is missing for each component: `next` says what";
        return (!has_workflow).then(|| why.to_owned());
    }
    if application.github.is_none() {
        return Some(
            "no workflow was written, because the repository is not on GitHub: your CI builds, and releases with the command line, by its token (GitLab) or by a role with the policy CiPolicyArn and the tags `windlass:app` and `windlass:environment` (docs/integrate/ci.md of Windlass, \"The command line\")".to_owned(),
        );
    }
    Some("no workflow was written, because no environment is released from Git: a person releases and deploys with the command line".to_owned())
}

/// The workflow.
pub const WORKFLOW: &str = ".github/workflows/release.yaml";

/// The roles of CI, for images.
pub const ROLE: &str = "ci-role.yaml";

/// The difference for infrastructure code.
pub const PATCH: &str = "windlass.patch";

/// The texts for infrastructure code that no difference could be made for.
pub const PAGE: &str = "windlass-targets.md";

fn settings(application: &InitApplication) -> String {
    format!(
        "# Where Windlass is, for everybody who works here.\nstack = {:?}\nregion = {:?}\n",
        application.stack, application.region
    )
}

/// Returns the commands, in their order, after comments on what a person has to see to before them: what is missing,
/// and what else deploys.
pub fn next_commands(application: &InitApplication, facts: &InitFacts, all: &[WrittenFile]) -> Vec<String> {
    let has = |path: &str| all.iter().any(|file| file.path == path);
    let mut next: Vec<String> = missing(application, facts).iter().map(|it| format!("# {it}")).collect();
    next.extend(deployer_files::all(&facts.repository).iter().map(|it| format!("# {it}")));
    next.extend(deployer_commands::all(application, &facts.repository).iter().map(|it| format!("# {it}")));
    if has(PATCH) {
        next.push(format!("git apply {PATCH}   # and deploy your infrastructure code"));
    }
    if has(PAGE) {
        next.push(format!("less {PAGE}   # what your targets need; change and deploy your infrastructure code"));
    }
    if has(SCRIPT) {
        next.push(format!("bash {SCRIPT}   # tags, and what else your targets need"));
    }
    next.push("windlass declare".to_owned());
    next.extend(application.environments.first().map(|first| {
        format!("windlass doctor {} {}   # shows all that is missing, and changes nothing", application.app, first.name)
    }));
    next.extend(first_release(application));
    if has(ROLE) {
        next.push(format!(
            "{}   # so that CI pushes images; with MakeProvider=no where the account has the provider for GitHub already",
            role::command(application)
        ));
    }
    let access = access_proposal::path(application);
    if has(&access) {
        let stack = &application.stack;
        if application.endpoint.is_none() {
            next.push(format!(
                "gh variable set WINDLASS_ENDPOINT --body \"{}\"   # by which the workflow finds Windlass",
                output(stack, "ApiUrl")
            ));
        }
        next.push(format!(
            "windlass validate {access} && aws s3 cp {access} \"s3://{}/{access}\"   # so that CI releases from then on; whoever `AccessWriters` of the stack names may",
            output(stack, "ArtifactsBucket")
        ));
    }
    next
}

/// Returns the command that prints an output of the installation's stack, as a shell puts it into another one.
fn output(stack: &str, name: &str) -> String {
    format!(
        "$(aws cloudformation describe-stacks --stack-name {stack} --output text --query 'Stacks[0].Outputs[?OutputKey==`{name}`].OutputValue')"
    )
}

/// Returns the command for the first release. It goes into the first environment. Where that environment's rule is
/// about tags, the version is that of the tag, whatever is checked out. An environment that only a person starts
/// records it first.
fn first_release(application: &InitApplication) -> Vec<String> {
    let first = application.environments.first();
    let (version, from) = first.map_or(("1.0.0", String::new()), |first| match &first.rule {
        Rule::Branches(_) => ("1.0.0", String::new()),
        Rule::Tag(tag) if tag == "stable" => ("1.0.0", " --git-ref refs/tags/v1.0.0".to_owned()),
        Rule::Tag(tag) if tag == "release-candidate" => ("1.0.0-rc.1", " --git-ref refs/tags/v1.0.0-rc.1".to_owned()),
        Rule::Tag(_) | Rule::None => ("1.0.0", format!(" --environment {}", first.name)),
    });
    let mut commands = pushes(application, version);
    let components = application.components.iter().map(|component| match component.repository() {
        Some(repository) => format!("{}=image:{repository}:{version}", component.name),
        None => in_shell(&[format!("{}={}", component.name, component.piece.place())]),
    });
    let components = components.collect::<Vec<_>>().join(" ");
    let app = &application.app;
    let release = format!("windlass release {app} {version} {components}{from}");
    match first.filter(|first| application.is_manual(first)) {
        Some(first) => commands.extend([
            format!("{release}   # records the first release, once it is built"),
            format!("windlass deploy {app} {} {version} --watch", first.name),
        ]),
        None => commands.push(format!("{release} --watch   # the first release, once it is built")),
    }
    commands
}

/// Returns the commands that push the images of the first release, in the folders that they are built from.
fn pushes(application: &InitApplication, version: &str) -> Vec<String> {
    let region = &application.region;
    let registry = registry(&application.account, region);
    let components = application.components.iter();
    let mut pushes: Vec<String> = components
        .filter_map(|component| {
            let image = format!("{registry}/{}:{version}", component.repository()?);
            let Piece { folder, file, .. } = &component.piece;
            let folder = if folder.is_empty() { "." } else { folder };
            let built = match component.piece.sort {
                PieceSort::Dockerfile => {
                    let words = ["docker", "build", "--tag", &image, "--file", file, folder];
                    in_shell(&words.map(str::to_owned))
                }
                _ => format!("docker tag IMAGE {image}"),
            };
            Some(format!("{built} && docker push {image}   # unless it is there already"))
        })
        .collect();
    // Components that run one image share it.
    let mut seen = BTreeSet::new();
    pushes.retain(|push| seen.insert(push.clone()));
    if !pushes.is_empty() {
        pushes.insert(
            0,
            format!(
                "aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}"
            ),
        );
    }
    pushes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::application::InitEnvironment;

    #[test]
    fn the_first_release_is_one_that_the_first_environment_takes() {
        for (rule, wanted) in [
            ("branch:main", "shop 1.0.0  --watch"),
            ("tag:stable", "shop 1.0.0  --git-ref refs/tags/v1.0.0 --watch"),
            ("tag:release-candidate", "shop 1.0.0-rc.1  --git-ref refs/tags/v1.0.0-rc.1 --watch"),
            ("tag:v*-blue", "shop 1.0.0  --environment dev --watch"),
            (
                "none",
                "shop 1.0.0  --environment dev   # records the first release, once it is built\n\
                 windlass deploy shop dev 1.0.0 --watch",
            ),
        ] {
            let application = InitApplication {
                app: "shop".into(),
                environments: vec![InitEnvironment { name: "dev".into(), rule: Rule::read(rule).unwrap() }],
                ..InitApplication::default()
            };
            let text = first_release(&application).join("\n");
            assert!(text.contains(wanted), "{rule}: {text}");
        }
    }
}
