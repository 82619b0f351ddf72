//! A step of the workflow, and the commands by which images are built and pushed, whoever releases them. Pure.

use crate::init::application::Component;
use crate::init::pieces::Piece;
use crate::yaml::in_shell;
use crate::yaml::in_yaml as quoted;

/// Returns the commands that build the image of a component.
pub(super) fn image(piece: &Piece, repository: &str) -> String {
    let file = if piece.output.is_empty() { "Dockerfile".to_owned() } else { piece.output.clone() };
    let file = in_shell(&[file]);
    format!("docker build --tag \"{repository}:$VERSION\" --file {file} .")
}

/// Returns the commands that push the images of components, and that keep what the registry took each as: a release names
/// its image by that digest, because a tag may be moved before the release has pinned it.
pub(super) fn push(images: &[&Component]) -> String {
    let mut lines = vec![
        "REGISTRY=\"$(aws sts get-caller-identity --query Account --output text).dkr.ecr.$AWS_REGION.amazonaws.com\""
            .to_owned(),
        "aws ecr get-login-password | docker login --username AWS --password-stdin \"$REGISTRY\"".to_owned(),
    ];
    for component in images {
        let Some(repository) = component.repository() else {
            continue;
        };
        let image = format!("\"$REGISTRY/{repository}:$VERSION\"");
        lines.push(format!("docker tag \"{repository}:$VERSION\" {image}"));
        lines.push(format!("docker push {image}"));
        // An image that is in several repositories has a digest in each.
        lines.push(format!(
            "PUSHED=$(docker inspect --format '{{{{range .RepoDigests}}}}{{{{println .}}}}{{{{end}}}}' {image} | grep \"^$REGISTRY/{repository}@\")"
        ));
        let kept = variable("digest", &component.name);
        lines.push(format!("echo \"{kept}=${{PUSHED##*@}}\" >> \"$GITHUB_ENV\""));
    }
    lines.join("\n")
}

/// Returns the name of the variable that has something of a component.
pub(super) fn variable(what: &str, component: &str) -> String {
    format!("{what}_{}", component.replace('-', "_"))
}

/// Returns the folder in which a step runs, where that is not the root.
pub(super) fn within(folder: &str) -> Vec<(&'static str, String)> {
    let folder = (!folder.is_empty()).then(|| ("working-directory", quoted(folder)));
    folder.into_iter().collect()
}

/// Returns a step that runs a script, with further members.
pub(super) fn step(name: &str, members: &[(&str, String)], run: &str) -> String {
    let members = members.iter().map(|(member, value)| format!("        {member}: {value}\n"));
    let members = members.collect::<String>();
    let run = run.trim_end().replace('\n', "\n          ");
    format!("      - name: {name}\n{members}        run: |\n          {run}\n")
}
