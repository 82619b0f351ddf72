//! `.github/workflows/release.yaml`: asks Windlass which environment the ref chooses, builds its release, releases it
//! by the job's own token, and ends as the deployment ends. With Windlass's action it plans pull requests as well. A
//! role is for images alone. Pure.

// Windlass is asked which environment a ref goes to: patterns of the shell said the rules a second time, and
// differed.
//
// A plan of a pull request runs code that nobody has looked at yet: so the event is `pull_request`, because
// `pull_request_target` gives the rights of the main branch to anybody's code. An image is not planned, because its
// push may be a release.

mod steps;

use super::application::{InitApplication, Rule};
use super::role;
use crate::init::workflow::steps::step;

/// Writes the workflow.
pub fn write(application: &InitApplication) -> String {
    let plans = application.plans_pull_requests();
    let environment = match (runs_in_environments(application), plans) {
        (false, _) => "",
        (true, false) => "    environment: ${{ needs.choose.outputs.github }}\n",
        // Nobody reviews a plan, which changes nothing.
        (true, true) => "    environment: ${{ github.event_name == 'push' && needs.choose.outputs.github || '' }}\n",
    };
    let also = if plans { "  # Planned is what a merge would bring.\n  pull_request: {}\n" } else { "" };
    let address = match application.action {
        Some(_) => String::new(),
        None => format!("env: {{WINDLASS_ENDPOINT: \"{}\"}}\n", application.address()),
    };
    let mut text = format!(
        "# From `windlass init`. It is yours from now on.\nname: release\non:\n  push:\n{}{also}permissions: {{}}\n\
         concurrency: {{group: \"release-${{{{ github.ref }}}}\", cancel-in-progress: false}}\n\
         defaults: {{run: {{shell: bash}}}}\n{address}jobs:\n{}  release:\n    needs: choose\n{environment}    \
         runs-on: ubuntu-latest\n    permissions: {{id-token: write, contents: read}}\n    steps:\n{}",
        triggers(application),
        choosing(application),
        steps::checkout(),
    );
    text.push_str(&match &application.action {
        Some(action) => steps::by_action(application, action),
        None => steps::by_hand(application),
    });
    text
}

fn triggers(application: &InitApplication) -> String {
    let branches = application.environments.iter().flat_map(|it| match &it.rule {
        Rule::Branches(names) => names.as_slice(),
        Rule::Tag(_) | Rule::None => &[],
    });
    let branches: Vec<String> = branches.map(|name| format!("{name:?}")).collect();
    let has_tags = application.environments.iter().any(|it| matches!(it.rule, Rule::Tag(_)));
    let mut text = String::new();
    if !branches.is_empty() {
        text.push_str(&format!("    branches: [{}]\n", branches.join(", ")));
    }
    if has_tags {
        text.push_str("    tags: [\"v[0-9]*\", \"[0-9]*\"]\n");
    }
    text
}

/// Returns whether the job runs in an environment on GitHub, at least for some ref.
fn runs_in_environments(application: &InitApplication) -> bool {
    let mut names = application.environments.iter().map(|it| &it.name);
    names.any(|name| application.github_environment(name).is_some())
}

/// Writes the job that asks which environment the ref chooses, by the rules in force, and names what belongs to that.
/// It is a job of its own because GitHub wants to know the next one's environment before any of its steps, where an
/// empty name is none (GitHub Docs, "Workflow syntax for GitHub Actions").
fn choosing(application: &InitApplication) -> String {
    let asks = match &application.action {
        Some(action) => steps::asked_by_action(application, action),
        None => steps::asked_by_hand(application),
    };
    let mut outputs = vec!["environment: ${{ steps.choose.outputs.environment }}".to_owned()];
    let own = [("role", application.has_images()), ("github", runs_in_environments(application))];
    let own: Vec<&str> = own.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect();
    outputs.extend(own.iter().map(|name| format!("{name}: ${{{{ steps.names.outputs.{name} }}}}")));
    let members =
        [("id", "names".to_owned()), ("env", "{CHOSEN: \"${{ steps.choose.outputs.environment }}\"}".to_owned())];
    let names = if own.is_empty() {
        String::new()
    } else {
        step("Name what belongs to the environment", &members, &names(application, &own))
    };
    // Where it is left out, the job after it is as well.
    let only = if application.plans_pull_requests() {
        "    # A pull request from a fork gets no token to show.\n    \
         if: github.event_name == 'push' || github.event.pull_request.head.repo.full_name == github.repository\n"
    } else {
        ""
    };
    format!(
        "  choose:\n{only}    runs-on: ubuntu-latest\n    permissions: {{id-token: write, contents: read}}\n    \
         outputs:\n      {}\n    steps:\n{asks}{names}",
        outputs.join("\n      "),
    )
}

/// Writes the names by the environment: of its role, and of its environment on GitHub.
fn names(application: &InitApplication, own: &[&str]) -> String {
    let mut lines = vec!["case \"$CHOSEN\" in".to_owned()];
    for environment in application.environments.iter().filter(|it| it.rule != Rule::None) {
        let name = &environment.name;
        let values = own.iter().map(|output| match *output {
            "role" => format!("role={:?}", role::name(application, name)),
            _ => format!("github={:?}", application.github_environment(name).unwrap_or_default()),
        });
        lines.push(format!("  {name}) {} ;;", values.collect::<Vec<_>>().join(" ")));
    }
    lines.push("  *) echo \"The environment $CHOSEN is new here: start windlass init again.\"; exit 1 ;;".to_owned());
    lines.push("esac".to_owned());
    let echoes = own.iter().map(|output| format!("echo \"{output}=${output}\";"));
    lines.push(format!("{{ {} }} >> \"$GITHUB_OUTPUT\"", echoes.collect::<Vec<_>>().join(" ")));
    lines.join("\n")
}
