//! `.github/workflows/release.yaml`: builds the release of a ref, releases it with the role of its environment, and
//! ends as the deployment ends. With Windlass's action it plans pull requests as well. Pure.

mod steps;

use super::application::{InitApplication, Rule};
use super::{pages, role};
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
    let mut text = format!(
        "# From `windlass init`. It is yours from now on.\nname: release\non:\n  push:\n{}{also}permissions: {{}}\n\
         concurrency: {{group: \"release-${{{{ github.ref }}}}\", cancel-in-progress: false}}\n\
         defaults: {{run: {{shell: bash}}}}\njobs:\n{}  release:\n{only}{}    runs-on: ubuntu-latest\n    \
         permissions: {{id-token: write, contents: read}}\n    steps:\n      - uses: {}\n        \
         with: {{persist-credentials: false}}\n",
        triggers(application),
        environment_job(application, only),
        if runs_in_environments(application) {
            "    needs: environment\n    environment: ${{ needs.environment.outputs.name }}\n"
        } else {
            ""
        },
        pages::action("actions/checkout"),
    );
    text.push_str(&step(
        "Tell the environment, its role and the version by the ref",
        &[("id", "ref".to_owned())],
        &choose(application),
    ));
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

/// Writes the job that finds in which environment on GitHub the next one runs: that is decided before a job's steps. An
/// empty name is none (GitHub Docs, "Workflow syntax for GitHub Actions").
fn environment_job(application: &InitApplication, only: &str) -> String {
    if !runs_in_environments(application) {
        return String::new();
    }
    let mut lines = vec!["case \"$GITHUB_REF\" in".to_owned()];
    lines.extend(cases(application).into_iter().map(|(_, pattern, name)| {
        let named = application.github_environment(name).unwrap_or_default();
        format!("  {pattern}) name={named:?} ;;")
    }));
    lines.push("  *) name=\"\" ;;".to_owned());
    lines.push("esac".to_owned());
    lines.push("echo \"name=$name\" >> \"$GITHUB_OUTPUT\"".to_owned());
    format!(
        "  environment:\n{only}    runs-on: ubuntu-latest\n    outputs: {{name: \"${{{{ steps.name.outputs.name }}}}\"}}\n    \
         steps:\n{}",
        step("Tell the environment on GitHub by the ref", &[("id", "name".to_owned())], &lines.join("\n"),)
    )
}

/// Returns the shell's patterns of all rules, each with its environment, the narrower ones first.
fn cases(application: &InitApplication) -> Vec<(u8, String, &str)> {
    let mut cases: Vec<(u8, String, &str)> = Vec::new();
    for environment in &application.environments {
        let name = environment.name.as_str();
        match &environment.rule {
            Rule::Branches(names) => {
                cases.extend(names.iter().map(|glob| (0, format!("refs/heads/{}", glob.replace("**", "*")), name)));
            }
            Rule::Tag(tag) if tag == "release-candidate" => {
                cases.push((2, "refs/tags/*-*".to_owned(), name));
            }
            Rule::Tag(tag) if tag == "stable" => cases.push((4, "refs/tags/*".to_owned(), name)),
            Rule::Tag(tag) => {
                cases.push((1, format!("refs/tags/{}", tag.replace("**", "*")), name));
            }
            Rule::None => {}
        }
    }
    if cases.iter().any(|(rank, ..)| *rank == 4) && !cases.iter().any(|(rank, ..)| *rank == 2) {
        cases.push((3, "refs/tags/*-*".to_owned(), ""));
    }
    cases.sort_by_key(|(rank, ..)| *rank);
    cases
}

/// Writes the choice by the ref. A ref that matches no rule fails: somebody meant it to be released.
fn choose(application: &InitApplication) -> String {
    let role = |name: &str| match name {
        "" => String::new(),
        name => role::name(application, name),
    };
    let mut lines = vec!["case \"$GITHUB_REF\" in".to_owned()];
    lines.extend(
        cases(application)
            .into_iter()
            .map(|(_, pattern, name)| format!("  {pattern}) environment={name:?} role={:?} ;;", role(name))),
    );
    lines.extend(pull_request(application));
    lines.push("  *) environment=\"\" role=\"\" ;;".to_owned());
    lines.push("esac".to_owned());
    lines.extend(
        [
            "if [ -z \"$environment\" ]; then echo \"No environment takes $GITHUB_REF.\"; exit 1; fi",
            "case \"$GITHUB_REF\" in",
            "  refs/tags/*)",
            "    version=\"${GITHUB_REF_NAME#v}\"",
            "    # A tag of a monorepo has something before the version, such as `shop-v1.4.0`.",
            "    if [[ $GITHUB_REF_NAME =~ (^|[^0-9.])([0-9]+\\.[0-9]+\\.[0-9]+([-+].*)?)$ ]]; then",
            "      version=\"${BASH_REMATCH[2]}\"",
            "    fi ;;",
            PULL_REQUEST,
            "  # Another run may build other bytes, and a version has one set of them.",
            "  *) version=\"${GITHUB_REF_NAME//\\//-}-$GITHUB_RUN_NUMBER.$GITHUB_RUN_ATTEMPT\" ;;",
            "esac",
            "{ echo \"environment=$environment\"; echo \"role=$role\"; echo \"version=$version\"; } >> \"$GITHUB_OUTPUT\"",
            "{ echo \"VERSION=$version\"; echo \"ENVIRONMENT=$environment\"; } >> \"$GITHUB_ENV\"",
        ]
        .into_iter()
        .filter(|line| *line != PULL_REQUEST || application.plans_pull_requests())
        .map(str::to_owned),
    );
    lines.join("\n")
}

/// The version under which a pull request is planned, which no release has.
const PULL_REQUEST: &str =
    "  refs/pull/*) version=\"pr-${GITHUB_REF_NAME%%/*}-$GITHUB_RUN_NUMBER.$GITHUB_RUN_ATTEMPT\" ;;";

/// Writes the case of a pull request. The environment is that of the branch into which it is to be merged, else the
/// first one.
fn pull_request(application: &InitApplication) -> Vec<String> {
    let first = application.environments.first();
    let Some(first) = first.filter(|_| application.plans_pull_requests()) else {
        return Vec::new();
    };
    let mut lines = vec![
        "  refs/pull/*)".to_owned(),
        format!("    role={:?}", role::of_pull_requests(application)),
        "    case \"$GITHUB_BASE_REF\" in".to_owned(),
    ];
    for environment in &application.environments {
        if let Rule::Branches(names) = &environment.rule {
            let globs = names.iter().map(|glob| glob.replace("**", "*"));
            let globs = globs.collect::<Vec<_>>().join(" | ");
            lines.push(format!("      {globs}) environment={:?} ;;", environment.name));
        }
    }
    lines.push(format!("      *) environment={:?} ;;", first.name));
    lines.push("    esac ;;".to_owned());
    lines
}
