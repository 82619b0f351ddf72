//! The commands that come after `init`. Pure.

use super::application::{Application, Rule};
use super::files::{File, PAGE, PATCH, ROLE, SCRIPT};
use super::pieces::{Piece, Sort};
use super::role;
use crate::yaml::in_shell;

/// Returns the commands, in their order.
pub fn next_commands(application: &Application, all: &[File]) -> Vec<String> {
    let has = |path: &str| all.iter().any(|file| file.path == path);
    let mut next = Vec::new();
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
        format!("windlass doctor {} {}   # tells all that is missing, and changes nothing", application.app, first.name)
    }));
    next.extend(first_release(application));
    if has(ROLE) {
        next.push(format!(
            "{}   # so that CI releases from then on; with MakeProvider=no where the account has the provider for GitHub already",
            role::command(application)
        ));
    }
    next
}

/// Returns the command for the first release. It goes into the first environment. Where that environment's rule is
/// about tags, the version is that of the tag, whatever is checked out. An environment that only a person starts
/// records it first.
fn first_release(application: &Application) -> Vec<String> {
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
fn pushes(application: &Application, version: &str) -> Vec<String> {
    let (account, region) = (&application.account, &application.region);
    let registry = format!("{account}.dkr.ecr.{region}.amazonaws.com");
    let components = application.components.iter();
    let mut pushes: Vec<String> = components
        .filter_map(|component| {
            let image = format!("{registry}/{}:{version}", component.repository()?);
            let Piece { folder, file, .. } = &component.piece;
            let folder = if folder.is_empty() { "." } else { folder };
            let built = match component.piece.sort {
                Sort::Dockerfile => {
                    let words = ["docker", "build", "--tag", &image, "--file", file, folder];
                    in_shell(&words.map(str::to_owned))
                }
                _ => format!("docker tag IMAGE {image}"),
            };
            Some(format!("{built} && docker push {image}   # unless it is there already"))
        })
        .collect();
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
    use crate::init::application::Environment;

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
            let application = Application {
                app: "shop".into(),
                environments: vec![Environment { name: "dev".into(), rule: Rule::read(rule).unwrap() }],
                ..Application::default()
            };
            let told = first_release(&application).join("\n");
            assert!(told.contains(wanted), "{rule}: {told}");
        }
    }
}
