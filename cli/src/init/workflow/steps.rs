//! The steps of the workflow: with Windlass's action it plans pull requests and releases everything else; without one
//! it uploads the artifacts, and calls the API as `docs/integrate/ci.md` shows it. Pure.

use crate::ground::quoting::{in_shell, in_yaml as quoted};
use crate::init::application::{InitApplication, InitComponent};
use crate::init::pages;
use crate::init::pieces::Piece;
use crate::init::proposal::OWN_ACTION;
use crate::init::role;
use std::collections::BTreeMap;
use std::slice;
use windlass_domain::text::partition::Partition;

/// The name of the step that asks for the environment.
const ASKS: &str = "Ask Windlass which environment the ref chooses";

/// Returns the step that checks the repository out.
pub fn checkout() -> String {
    format!("      - uses: {}\n        with: {{persist-credentials: false}}\n", pages::action("actions/checkout"))
}

/// Returns the steps that ask the API which environment the ref chooses.
pub fn asked_by_hand(application: &InitApplication) -> String {
    let asks = format!(
        "{}\n{}\necho \"environment=$ENVIRONMENT\" >> \"$GITHUB_OUTPUT\"",
        pages::call(&application.stack),
        pages::chosen(&application.app)
    );
    let signed_in = signed_in(application, &arn(application, &role::of_plans(application)), "");
    signed_in + &step(ASKS, &[("id", "choose".to_owned())], &asks)
}

/// Returns the steps that ask by Windlass's action, which finds Windlass as the repository says. A pull request into a
/// branch that no environment takes is planned for the first one.
pub fn asked_by_action(application: &InitApplication, action: &str) -> String {
    let first = application.environments.first().filter(|_| application.plans_pull_requests());
    let first = first.map_or_else(String::new, |first| format!("          environment: {}\n", quoted(&first.name)));
    format!(
        "{}      - name: {ASKS}\n        id: choose\n        uses: {}\n        with:\n          app: {}\n          mode: choose\n\
         {first}          role: {}\n          region: {}\n",
        checkout(),
        used(action),
        application.app,
        arn(application, &role::of_plans(application)),
        application.region,
    )
}

/// Returns the action as a step uses it, with the release in a comment where it is this one's.
fn used(action: &str) -> String {
    let release = if OWN_ACTION == Some(action) { concat!(" # v", env!("CARGO_PKG_VERSION")) } else { "" };
    format!("{action}{release}")
}

/// Returns a step that signs in to a role by AWS's action. `only` is its condition, if it has one.
fn signed_in(application: &InitApplication, role: &str, only: &str) -> String {
    format!(
        "      - uses: {}\n{only}        with:\n          role-to-assume: {role}\n          aws-region: {}\n",
        pages::action("aws-actions/configure-aws-credentials"),
        application.region
    )
}

/// Returns the step that makes the version of the ref, and of that the tag of images: Amazon ECR takes no `+` in one. A
/// job that is run again makes another one, because it may build other bytes.
fn version() -> String {
    let made = format!(
        "{}\nVERSION=$(version_of \"$GITHUB_REF\" \"$GITHUB_RUN_NUMBER.$GITHUB_RUN_ATTEMPT\")\n\
         {{ echo \"VERSION=$VERSION\"; echo \"IMAGE_TAG=${{VERSION//+/_}}\"; }} >> \"$GITHUB_ENV\"",
        pages::version_of()
    );
    step("Make the version", &[], &made)
}

/// Returns the steps after the checkout.
pub fn by_hand(application: &InitApplication) -> String {
    let app = &application.app;
    let environment = [("env", "{ENVIRONMENT: \"${{ needs.choose.outputs.environment }}\"}".to_owned())];
    let mut text = version();
    text.push_str(&builds_by_hand(application).concat());
    text.push_str(&signed_in(application, &role(application), ""));
    text.push_str(&step("Upload what was built", &environment, &upload(application)));
    let release = format!(
        "{}\n{}\n{}",
        manifest(app, &application.components),
        pages::call(&application.stack),
        pages::started_and_waited_for(app)
    );
    text.push_str(&step("Release it, and end as the deployment ends", &environment, &release));
    text
}

/// Returns the ARN of the role of the environment that was chosen.
fn role(application: &InitApplication) -> String {
    arn(application, "${{ needs.choose.outputs.role }}")
}

/// Returns the ARN of a role in the account of Windlass, in quotes.
fn arn(application: &InitApplication, name: &str) -> String {
    let (partition, account) = (Partition::of(&application.region).name, &application.account);
    format!("\"arn:{partition}:iam::{account}:role/{name}\"")
}

/// Returns a step for each build; components that one build makes share it.
fn builds_by_hand(application: &InitApplication) -> Vec<String> {
    let mut done: Vec<(&str, &[String])> = Vec::new();
    let mut steps = Vec::new();
    for component in &application.components {
        let piece = &component.piece;
        let (folder, build) = (piece.folder.as_str(), piece.build.as_slice());
        let mut lines = if done.contains(&(folder, build)) { Vec::new() } else { build.to_vec() };
        done.push((folder, build));
        lines.push(match component.repository() {
            Some(repository) => image(piece, repository),
            None => match &piece.archive {
                Some(archive) => {
                    format!("cp {} \"$RUNNER_TEMP/{}.zip\"", in_shell(slice::from_ref(archive)), component.name)
                }
                None => format!("(cd {} && zip -qr \"$RUNNER_TEMP/{}.zip\" .)", piece.output, component.name),
            },
        });
        let name = format!("Build {}", component.name);
        steps.push(step(&name, &within(folder), &lines.join("\n")));
    }
    steps
}

fn upload(application: &InitApplication) -> String {
    let app = &application.app;
    let (images, files): (Vec<&InitComponent>, Vec<&InitComponent>) =
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
        lines.push(push(application, &images));
    }
    lines.join("\n")
}

fn manifest(app: &str, components: &[InitComponent]) -> String {
    let digests = components.iter().filter(|component| component.repository().is_none()).map(|component| {
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
        "jq -n --arg version \"$VERSION\" --arg environment \"$ENVIRONMENT\" --arg ref \"$GITHUB_REF\" \\\n  \
         --arg commit \"$(git rev-parse HEAD)\" \\\n{digests}  \
         --argjson run \"$GITHUB_RUN_NUMBER\" '{{\n  version: $version, sequence: $run, git: {{ref: $ref, commit: $commit}},\n  \
         components: {{\n{components}\n  }}\n}}' > manifest.json"
    )
}

/// Returns the commands that build the image of a component.
pub(super) fn image(piece: &Piece, repository: &str) -> String {
    let file = if piece.output.is_empty() { "Dockerfile".to_owned() } else { piece.output.clone() };
    let file = in_shell(&[file]);
    format!("docker build --tag \"{repository}:$IMAGE_TAG\" --file {file} .")
}

/// Returns the commands that push the images of components, and that keep what the registry took each as: a release
/// names its image by that digest, because a tag may be moved before the release has pinned it.
pub(super) fn push(application: &InitApplication, images: &[&InitComponent]) -> String {
    let mut lines = vec![
        format!(
            "REGISTRY=\"$(aws sts get-caller-identity --query Account --output text).dkr.ecr.$AWS_REGION.{}\"",
            Partition::of(&application.region).suffix
        ),
        "aws ecr get-login-password | docker login --username AWS --password-stdin \"$REGISTRY\"".to_owned(),
    ];
    // Components that run one image share it.
    let mut of_images: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for component in images {
        if let Some(repository) = component.repository() {
            of_images.entry(repository).or_default().push(&component.name);
        }
    }
    for (repository, components) in of_images {
        let image = format!("\"$REGISTRY/{repository}:$IMAGE_TAG\"");
        lines.push(format!("docker tag \"{repository}:$IMAGE_TAG\" {image}"));
        lines.push(format!("docker push {image}"));
        // An image that is in several repositories has a digest in each.
        lines.push(format!(
            "PUSHED=$(docker inspect --format '{{{{range .RepoDigests}}}}{{{{println .}}}}{{{{end}}}}' {image} | grep \"^$REGISTRY/{repository}@\")"
        ));
        let kept = components.into_iter().map(|name| variable("digest", name));
        lines.extend(kept.map(|kept| format!("echo \"{kept}=${{PUSHED##*@}}\" >> \"$GITHUB_ENV\"")));
    }
    lines.join("\n")
}

/// Returns the name of the variable that has something of a component.
pub(super) fn variable(what: &str, component: &str) -> String {
    format!("{what}_{}", component.replace('-', "_"))
}

/// Returns the folder in which a step runs, where that is not the root.
pub(super) fn within(folder: &str) -> Vec<(&'static str, String)> {
    (!folder.is_empty()).then(|| ("working-directory", quoted(folder))).into_iter().collect()
}

/// Returns a step that runs a script, with further members.
pub(super) fn step(name: &str, members: &[(&str, String)], run: &str) -> String {
    let members = members.iter().map(|(member, value)| format!("        {member}: {value}\n"));
    let members = members.collect::<String>();
    let run = run.trim_end().replace('\n', "\n          ");
    format!("      - name: {name}\n{members}        run: |\n          {run}\n")
}

/// The condition of steps that are left out for a pull request: a push of an image is a release of its own, where the
/// repository says so.
const PUSHED: &str = "github.event_name == 'push'";

/// Returns the steps after the checkout.
pub fn by_action(application: &InitApplication, action: &str) -> String {
    let (region, role) = (&application.region, role(application));
    let plans = application.plans_pull_requests();
    let only = plans.then(|| ("if", PUSHED.to_owned()));
    let only: Vec<_> = only.into_iter().collect();
    let images = application.components.iter();
    let images: Vec<&InitComponent> = images.filter(|it| it.repository().is_some()).collect();
    let mut text = if images.is_empty() { String::new() } else { version() };
    text.push_str(&builds_by_action(application).concat());
    if !images.is_empty() {
        let only_pushed = if plans { format!("        if: {PUSHED}\n") } else { String::new() };
        text.push_str(&signed_in(application, &role, &only_pushed));
        text.push_str(&step("Push the images", &only, &push(application, &images)));
    }
    let components = application.components.iter().map(|it| component(application, it));
    let components = components.collect::<Vec<_>>().join("\n            ");
    let name = if plans {
        "Plan a pull request; release what was pushed, and end as the deployment ends"
    } else {
        "Release it, and end as the deployment ends"
    };
    text.push_str(&format!(
        "      - name: {name}\n        uses: {}\n        with:\n          app: {}\n          \
         environment: ${{{{ needs.choose.outputs.environment }}}}\n          \
         components: |\n            {components}\n          role: {role}\n          region: {region}\n",
        used(action),
        application.app,
    ));
    text
}

/// Returns a line of the components that the action is given.
fn component(application: &InitApplication, component: &InitComponent) -> String {
    let name = &component.name;
    match component.repository() {
        Some(repository) if application.plans_pull_requests() => format!(
            "${{{{ {PUSHED} && format('{name}=image:{repository}@{{0}}', env.{}) || '' }}}}",
            variable("digest", name)
        ),
        Some(repository) => format!("{name}=image:{repository}@${{{{ env.{} }}}}", variable("digest", name)),
        None => format!("{name}={}", component.piece.place()),
    }
}

/// Returns a step for each build; components that one build makes share it.
fn builds_by_action(application: &InitApplication) -> Vec<String> {
    let mut done: Vec<(&str, &[String])> = Vec::new();
    let mut steps = Vec::new();
    for component in &application.components {
        let piece = &component.piece;
        let (folder, build) = (piece.folder.as_str(), piece.build.as_slice());
        let mut lines = if done.contains(&(folder, build)) { Vec::new() } else { build.to_vec() };
        done.push((folder, build));
        lines.extend(component.repository().map(|repository| image(piece, repository)));
        if !lines.is_empty() {
            let name = format!("Build {}", component.name);
            steps.push(step(&name, &within(folder), &lines.join("\n")));
        }
    }
    steps
}
