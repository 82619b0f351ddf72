//! A step of the workflow, and the commands by which images are built and pushed, whoever releases them. Pure.

use crate::init::application::Component;
use crate::init::pieces::Piece;
use crate::ui::typed::in_shell;
use crate::yaml::text as quoted;

/// Returns the commands that build the image of a component.
pub(super) fn image(piece: &Piece, repository: &str) -> String {
    let file = if piece.output.is_empty() {
        "Dockerfile".to_owned()
    } else {
        piece.output.clone()
    };
    let file = in_shell(&[file]);
    format!("docker build --tag \"{repository}:$VERSION\" --file {file} .")
}

/// Returns the commands that push the images of components.
pub(super) fn push(images: &[&Component]) -> String {
    let mut lines = vec![
        "REGISTRY=\"$(aws sts get-caller-identity --query Account --output text).dkr.ecr.$AWS_REGION.amazonaws.com\"".to_owned(),
        "aws ecr get-login-password | docker login --username AWS --password-stdin \"$REGISTRY\"".to_owned(),
    ];
    for repository in images.iter().filter_map(|component| component.repository()) {
        lines.push(format!(
            "docker tag \"{repository}:$VERSION\" \"$REGISTRY/{repository}:$VERSION\""
        ));
        lines.push(format!("docker push \"$REGISTRY/{repository}:$VERSION\""));
    }
    lines.join("\n")
}

/// Returns the folder in which a step runs, where that is not the root.
pub(super) fn within(folder: &str) -> Vec<(&'static str, String)> {
    let folder = (!folder.is_empty()).then(|| ("working-directory", quoted(folder)));
    folder.into_iter().collect()
}

/// Returns a step that runs a script, with further members.
pub(super) fn step(name: &str, members: &[(&str, String)], run: &str) -> String {
    let members = members
        .iter()
        .map(|(member, value)| format!("        {member}: {value}\n"));
    let members = members.collect::<String>();
    let run = run.trim_end().replace('\n', "\n          ");
    format!("      - name: {name}\n{members}        run: |\n          {run}\n")
}
