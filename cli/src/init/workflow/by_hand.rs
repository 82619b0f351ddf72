//! A workflow that needs no action of Windlass's: it uploads the artifacts, and calls the API as `docs/integrate/ci.md`
//! shows it.

use super::step::{image, push, step, variable, within};
use crate::init::application::{Application, Component};
use crate::init::pages;

/// Returns the steps after the one that tells the environment.
pub fn by_hand(application: &Application) -> String {
    let (app, account) = (&application.app, &application.account);
    let mut text = builds_by_hand(application).concat();
    text.push_str(&format!(
        "      - uses: {}\n        with:\n          \
         role-to-assume: \"arn:aws:iam::{account}:role/${{{{ steps.ref.outputs.role }}}}\"\n          aws-region: {}\n",
        pages::action("aws-actions/configure-aws-credentials"),
        application.region
    ));
    let upload = upload(application);
    text.push_str(&step("Upload what was built", &[], &upload));
    let release = format!(
        "{}\n{}\n{}",
        manifest(app, &application.components),
        pages::call(&application.stack),
        pages::started_and_waited_for(app)
    );
    let name = "Release it, and end as the deployment ends";
    text.push_str(&step(name, &[], &release));
    text
}

/// Returns a step for each build; components that one build makes share it.
fn builds_by_hand(application: &Application) -> Vec<String> {
    let mut done: Vec<(&str, &[String])> = Vec::new();
    let mut steps = Vec::new();
    for component in &application.components {
        let piece = &component.piece;
        let (folder, build) = (piece.folder.as_str(), piece.build.as_slice());
        let mut lines = if done.contains(&(folder, build)) { Vec::new() } else { build.to_vec() };
        done.push((folder, build));
        lines.push(match component.repository() {
            Some(repository) => image(piece, repository),
            None => format!("(cd {} && zip -qr \"$RUNNER_TEMP/{}.zip\" .)", piece.output, component.name),
        });
        let name = format!("Build {}", component.name);
        steps.push(step(&name, &within(folder), &lines.join("\n")));
    }
    steps
}

fn upload(application: &Application) -> String {
    let app = &application.app;
    let (images, files): (Vec<&Component>, Vec<&Component>) =
        application.components.iter().partition(|component| component.repository().is_some());
    let mut lines = Vec::new();
    if !files.is_empty() {
        lines.push(format!(
            "BUCKET=$(aws cloudformation describe-stacks --stack-name {} --output text \\",
            application.stack
        ));
        lines.push("  --query 'Stacks[0].Outputs[?OutputKey==`ArtifactsBucket`].OutputValue')".to_owned());
    }
    for name in files.iter().map(|component| &component.name) {
        lines.push(format!(
            "aws s3 cp \"$RUNNER_TEMP/{name}.zip\" \"s3://$BUCKET/artifacts/{app}/$ENVIRONMENT/{name}/$VERSION.zip\" --checksum-algorithm SHA256"
        ));
    }
    if !images.is_empty() {
        lines.push(push(&images));
    }
    lines.join("\n")
}

fn manifest(app: &str, components: &[Component]) -> String {
    let files = components.iter().filter(|component| component.repository().is_none());
    let digests = files.map(|component| {
        let name = &component.name;
        format!(
            "  --arg {} \"$(sha256sum \"$RUNNER_TEMP/{name}.zip\" | cut -d ' ' -f 1)\" \\\n",
            variable("sha256", name)
        )
    });
    let digests: String = digests.collect();
    let components = components.iter().map(|component| {
        let name = &component.name;
        match component.repository() {
            Some(repository) => {
                format!("    \"{name}\": {{image: \"{repository}@\\($ENV.{})\"}}", variable("digest", name))
            }
            None => format!(
                "    \"{name}\": {{key: \"artifacts/{app}/\\($environment)/{name}/\\($version).zip\", sha256: ${}}}",
                variable("sha256", name)
            ),
        }
    });
    let components = components.collect::<Vec<_>>().join(",\n");
    format!(
        "jq -n --arg version \"$VERSION\" --arg environment \"$ENVIRONMENT\" --arg ref \"$GITHUB_REF\" --arg commit \"$GITHUB_SHA\" \\\n{digests}  \
         --argjson run \"$GITHUB_RUN_NUMBER\" '{{\n  version: $version, sequence: $run, git: {{ref: $ref, commit: $commit}},\n  \
         components: {{\n{components}\n  }}\n}}' > manifest.json"
    )
}
