//! A workflow with Windlass's action: it plans pull requests, and releases everything else.

use super::step::{image, push, step, variable, within};
use crate::init::application::{Application, Component};
use crate::init::pages;
use crate::init::proposal::OWN_ACTION;

/// The condition of steps that are left out for a pull request: a push of an image is a release of its own, where the
/// repository says so.
const PUSHED: &str = "github.event_name == 'push'";

/// Returns the steps after the one that tells the environment.
pub fn by_action(application: &Application, action: &str) -> String {
    let (region, account) = (&application.region, &application.account);
    let role = format!("\"arn:aws:iam::{account}:role/${{{{ steps.ref.outputs.role }}}}\"");
    let mut text = builds_by_action(application).concat();
    let plans = application.plans_pull_requests();
    let only = plans.then(|| ("if", PUSHED.to_owned()));
    let only: Vec<_> = only.into_iter().collect();
    let images = application.components.iter();
    let images: Vec<&Component> = images.filter(|it| it.repository().is_some()).collect();
    if !images.is_empty() {
        text.push_str(&format!(
            "      - uses: {}\n{}        with:\n          role-to-assume: {role}\n          aws-region: {region}\n",
            pages::action("aws-actions/configure-aws-credentials"),
            if plans { format!("        if: {PUSHED}\n") } else { String::new() },
        ));
        text.push_str(&step("Push the images", &only, &push(&images)));
    }
    let release = if OWN_ACTION == Some(action) { concat!(" # v", env!("CARGO_PKG_VERSION")) } else { "" };
    let components = application.components.iter().map(|it| component(application, it));
    let components = components.collect::<Vec<_>>().join("\n            ");
    let name = if plans {
        "Plan a pull request; release what was pushed, and end as the deployment ends"
    } else {
        "Release it, and end as the deployment ends"
    };
    text.push_str(&format!(
        "      - name: {name}\n        uses: {action}{release}\n        with:\n          app: {}\n          \
         environment: ${{{{ steps.ref.outputs.environment }}}}\n          version: ${{{{ steps.ref.outputs.version }}}}\n          \
         components: |\n            {components}\n          role: {role}\n          region: {region}\n",
        application.app,
    ));
    text
}

/// Returns a line of the components that the action is given.
fn component(application: &Application, component: &Component) -> String {
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
fn builds_by_action(application: &Application) -> Vec<String> {
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
