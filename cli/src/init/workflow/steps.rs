//! The steps of the workflow: with Windlass's action, or without one by the API alone, as `docs/integrate/ci.md` shows
//! it. Pure.

use crate::ground::quoting::{in_shell, in_yaml as quoted};
use crate::init::application::{InitApplication, InitComponent, Rule};
use crate::init::pages;
use crate::init::pieces::Piece;
use crate::init::proposal::OWN_ACTION;
use std::collections::BTreeMap;
use std::slice;
use windlass_domain::text::partition::Partition;

/// The name of the step that asks for the environment.
const ASKS: &str = "Ask Windlass which environment the ref chooses";

/// Returns the step that checks the repository out.
pub fn checkout() -> String {
    format!("      - uses: {}\n        with: {{persist-credentials: false}}\n", pages::action("actions/checkout"))
}

/// Returns the step that asks the API which environment the ref chooses.
pub fn asked_by_hand(application: &InitApplication) -> String {
    let asks = format!(
        "{}\n{}\necho \"environment=$ENVIRONMENT\" >> \"$GITHUB_OUTPUT\"",
        pages::call(),
        pages::chosen(&application.app)
    );
    step(ASKS, &[("id", "choose".to_owned())], &asks)
}

/// The condition of steps that are left out for a pull request: a push of an image is a release of its own, where the
/// repository says so.
const PUSHED: &str = "github.event_name == 'push'";

/// Returns the steps that ask by Windlass's action. A pull request into a branch that no environment takes is planned
/// for the first one.
pub fn asked_by_action(application: &InitApplication, action: &str) -> String {
    let first = application.environments.iter().find(|it| it.rule != Rule::None);
    let first = first.filter(|_| application.plans_pull_requests());
    let first = first.map_or_else(String::new, |first| format!("          environment: {}\n", quoted(&first.name)));
    format!(
        "{}      - name: {ASKS}\n        id: choose\n        uses: {}\n        with:\n          app: {}\n          \
         mode: choose\n{first}          endpoint: {}\n",
        checkout(),
        used(action),
        application.app,
        application.address(),
    )
}

/// Returns the action as a step uses it, with the release in a comment where it is this one's.
fn used(action: &str) -> String {
    let release = if OWN_ACTION == Some(action) { concat!(" # v", env!("CARGO_PKG_VERSION")) } else { "" };
    format!("{action}{release}")
}

/// Returns a step that signs in to the role of the environment that was chosen, by AWS's action.
fn signed_in(application: &InitApplication) -> String {
    let (partition, account) = (Partition::of(&application.region).name, &application.account);
    let only = if application.plans_pull_requests() { format!("        if: {PUSHED}\n") } else { String::new() };
    format!(
        "      - uses: {}\n{only}        with:\n          \
         role-to-assume: \"arn:{partition}:iam::{account}:role/${{{{ needs.choose.outputs.role }}}}\"\n          \
         aws-region: {}\n",
        pages::action("aws-actions/configure-aws-credentials"),
        application.region
    )
}

/// Returns the steps that push the images; none where there are none.
fn pushed(application: &InitApplication) -> String {
    if !application.has_images() {
        return String::new();
    }
    let only = application.plans_pull_requests().then(|| ("if", PUSHED.to_owned()));
    signed_in(application) + &step("Push the images", only.as_slice(), &push(application))
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
    text.push_str(&builds(application, |component| Some(packed(component))));
    text.push_str(&pushed(application));
    let files = application.components.iter().filter(|component| component.repository().is_none());
    let files: Vec<&str> = files.map(|component| component.name.as_str()).collect();
    let uploads = if files.is_empty() { String::new() } else { pages::uploads(app, &files) + "\n" };
    let release = format!(
        "{}\n{uploads}{}\n{}",
        pages::call(),
        manifest(&application.components, !files.is_empty()),
        pages::started_and_waited_for(app)
    );
    text.push_str(&step("Release it, and end as the deployment ends", &environment, &release));
    text
}

/// Returns a step for each build, with what `packs` adds for a component of files. Components that one build makes
/// share it.
fn builds(application: &InitApplication, packs: impl Fn(&InitComponent) -> Option<String>) -> String {
    let mut done: Vec<(&str, &[String])> = Vec::new();
    let mut steps = String::new();
    for component in &application.components {
        let piece = &component.piece;
        let (folder, build) = (piece.folder.as_str(), piece.build.as_slice());
        let mut lines = if done.contains(&(folder, build)) { Vec::new() } else { build.to_vec() };
        done.push((folder, build));
        let image = component.repository().map(|repository| image(piece, repository));
        lines.extend(image.or_else(|| packs(component)));
        if !lines.is_empty() {
            let name = format!("Build {}", component.name);
            steps.push_str(&step(&name, &within(folder), &lines.join("\n")));
        }
    }
    steps
}

/// Returns the command that puts the files of a component into an archive.
fn packed(InitComponent { name, piece, .. }: &InitComponent) -> String {
    match &piece.archive {
        Some(archive) => format!("cp {} \"$RUNNER_TEMP/{name}.zip\"", in_shell(slice::from_ref(archive))),
        None => format!("(cd {} && zip -qr \"$RUNNER_TEMP/{name}.zip\" .)", piece.output),
    }
}

/// Returns the command that writes the manifest. Ref and commit are those of the job's token.
fn manifest(components: &[InitComponent], has_files: bool) -> String {
    let images = components.iter().filter_map(|component| {
        let (name, repository) = (&component.name, component.repository()?);
        Some(format!("\"{name}\": {{image: \"{repository}@\\($ENV.{})\"}}", variable(name)))
    });
    let images = format!("{{{}}}", images.collect::<Vec<_>>().join(", "));
    let (files, components) =
        if has_files { ("--argjson files \"$FILES\" ", format!("($files + {images})")) } else { ("", images) };
    format!(
        "jq -n --arg version \"$VERSION\" --argjson run \"$GITHUB_RUN_NUMBER\" {files}\\\n  \
         '{{version: $version, sequence: $run, components: {components}}}' > manifest.json"
    )
}

/// Returns the commands that build the image of a component.
fn image(piece: &Piece, repository: &str) -> String {
    let file = if piece.output.is_empty() { "Dockerfile".to_owned() } else { piece.output.clone() };
    let file = in_shell(&[file]);
    format!("docker build --tag \"{repository}:$IMAGE_TAG\" --file {file} .")
}

/// Returns the commands that push the images of components, and that keep what the registry took each as: a release
/// names its image by that digest, because a tag may be moved before the release has pinned it.
fn push(application: &InitApplication) -> String {
    let mut lines = vec![
        format!(
            "REGISTRY=\"$(aws sts get-caller-identity --query Account --output text).dkr.ecr.$AWS_REGION.{}\"",
            Partition::of(&application.region).suffix
        ),
        "aws ecr get-login-password | docker login --username AWS --password-stdin \"$REGISTRY\"".to_owned(),
    ];
    // Components that run one image share it.
    let mut of_images: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for component in &application.components {
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
        let kept = components.into_iter().map(variable);
        lines.extend(kept.map(|kept| format!("echo \"{kept}=${{PUSHED##*@}}\" >> \"$GITHUB_ENV\"")));
    }
    lines.join("\n")
}

/// Returns the name of the variable that has the digest of a component's image.
fn variable(component: &str) -> String {
    format!("digest_{}", component.replace('-', "_"))
}

/// Returns the folder in which a step runs, where that is not the root.
fn within(folder: &str) -> Vec<(&'static str, String)> {
    (!folder.is_empty()).then(|| ("working-directory", quoted(folder))).into_iter().collect()
}

/// Returns a step that runs a script, with further members.
pub(super) fn step(name: &str, members: &[(&str, String)], run: &str) -> String {
    let members = members.iter().map(|(member, value)| format!("        {member}: {value}\n"));
    let members = members.collect::<String>();
    let run = run.trim_end().replace('\n', "\n          ");
    format!("      - name: {name}\n{members}        run: |\n          {run}\n")
}

/// Returns the steps after the checkout. The action calls Windlass by the job's token, whatever role has pushed images.
pub fn by_action(application: &InitApplication, action: &str) -> String {
    let mut text = if application.has_images() { version() } else { String::new() };
    text.push_str(&builds(application, |_| None));
    text.push_str(&pushed(application));
    let components = application.components.iter().map(|it| component(application, it));
    let components = components.collect::<Vec<_>>().join("\n            ");
    let name = if application.plans_pull_requests() {
        "Plan a pull request; release what was pushed, and end as the deployment ends"
    } else {
        "Release it, and end as the deployment ends"
    };
    text.push_str(&format!(
        "      - name: {name}\n        uses: {}\n        with:\n          app: {}\n          \
         environment: ${{{{ needs.choose.outputs.environment }}}}\n          \
         components: |\n            {components}\n          endpoint: {}\n",
        used(action),
        application.app,
        application.address(),
    ));
    text
}

/// Returns a line of the components that the action is given.
fn component(application: &InitApplication, component: &InitComponent) -> String {
    let name = &component.name;
    match component.repository() {
        Some(repository) if application.plans_pull_requests() => {
            let digest = variable(name);
            format!("${{{{ {PUSHED} && format('{name}=image:{repository}@{{0}}', env.{digest}) || '' }}}}")
        }
        Some(repository) => format!("{name}=image:{repository}@${{{{ env.{} }}}}", variable(name)),
        None => format!("{name}={}", component.piece.place()),
    }
}
