//! `.github/workflows/release.yaml`: asks Windlass which environment the ref chooses, builds its release, releases it
//! with the role of that environment, and ends as the deployment ends. With Windlass's action it plans pull requests as
//! well. Pure.

mod steps;

use super::application::{InitApplication, Rule};
use super::role;
use crate::init::workflow::steps::step;

/// Writes the workflow.
pub fn write(application: &InitApplication) -> String {
    let plans = application.plans_pull_requests();
    let (also, only) = if plans {
        (
            "  # A merge into a branch is planned as what that branch releases.\n  pull_request: {}\n",
            // A pull request from a fork gets no token to sign in with.
            "    if: github.event_name == 'push' || github.event.pull_request.head.repo.full_name == github.repository\n",
        )
    } else {
        ("", "")
    };
    let environment =
        if runs_in_environments(application) { "    environment: ${{ needs.choose.outputs.github }}\n" } else { "" };
    let mut text = format!(
        "# From `windlass init`. It is yours from now on.\nname: release\non:\n  push:\n{}{also}permissions: {{}}\n\
         concurrency: {{group: \"release-${{{{ github.ref }}}}\", cancel-in-progress: false}}\n\
         defaults: {{run: {{shell: bash}}}}\njobs:\n{}  release:\n    needs: choose\n{only}{environment}    \
         runs-on: ubuntu-latest\n    permissions: {{id-token: write, contents: read}}\n    steps:\n{}",
        triggers(application),
        choosing(application, only),
        steps::checkout(),
    );
    text.push_str(&match &application.action {
        Some(action) => steps::by_action(application, action),
        None => steps::by_hand(application),
    });
    text
}

fn triggers(application: &InitApplication) -> String {
    let rules = application.environments.iter().map(|environment| &environment.rule);
    let branches: Vec<String> = rules
        .clone()
        .filter_map(|rule| match rule {
            Rule::Branches(names) => Some(names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>()),
            Rule::Tag(_) | Rule::None => None,
        })
        .flatten()
        .collect();
    let has_tags = rules.clone().any(|rule| matches!(rule, Rule::Tag(_)));
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
/// empty name is none (GitHub Docs, "Workflow syntax for GitHub Actions"), and because its role may release nothing.
fn choosing(application: &InitApplication, only: &str) -> String {
    let has_environments = runs_in_environments(application);
    let asks = match &application.action {
        Some(action) => steps::asked_by_action(application, action),
        None => steps::asked_by_hand(application),
    };
    let members =
        [("id", "names".to_owned()), ("env", "{CHOSEN: \"${{ steps.choose.outputs.environment }}\"}".to_owned())];
    format!(
        "  choose:\n{only}    runs-on: ubuntu-latest\n    permissions: {{id-token: write, contents: read}}\n    outputs:\n      \
         environment: ${{{{ steps.choose.outputs.environment }}}}\n      role: ${{{{ steps.names.outputs.role }}}}\n{}    \
         steps:\n{asks}{}",
        if has_environments { "      github: ${{ steps.names.outputs.github }}\n" } else { "" },
        step("Name what belongs to the environment", &members, &names(application, has_environments)),
    )
}

/// Writes the names by the environment: of its role and, where jobs run in some, of its environment on GitHub.
fn names(application: &InitApplication, has_environments: bool) -> String {
    let both = |role: &str, github: &str| {
        let github = if has_environments { format!(" github={github:?}") } else { String::new() };
        format!("role={role:?}{github}")
    };
    let mut lines = vec!["case \"$CHOSEN\" in".to_owned()];
    for environment in application.environments.iter().filter(|it| it.rule != Rule::None) {
        let name = &environment.name;
        let github = application.github_environment(name).unwrap_or_default();
        lines.push(format!("  {name}) {} ;;", both(&role::name(application, name), &github)));
    }
    lines.push("  *) echo \"There is no role for the environment $CHOSEN in ci-role.yaml.\"; exit 1 ;;".to_owned());
    lines.push("esac".to_owned());
    if application.plans_pull_requests() {
        lines = lines.into_iter().map(|line| format!("  {line}")).collect();
        let planned = both(&role::of_plans(application), "");
        lines.insert(0, format!("if [ \"$GITHUB_EVENT_NAME\" = pull_request ]; then\n  {planned}\nelse"));
        lines.push("fi".to_owned());
    }
    let github = if has_environments { "; echo \"github=$github\"" } else { "" };
    lines.push(format!("{{ echo \"role=$role\"{github}; }} >> \"$GITHUB_OUTPUT\""));
    lines.join("\n")
}
