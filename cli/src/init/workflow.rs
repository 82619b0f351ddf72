//! `.github/workflows/release.yaml`: builds what a ref releases, starts the release through the API with the role of
//! its environment, and ends as the deployment ends. Pure.

use super::application::{Application, Component, Rule};
use super::{pages, role};
use crate::yaml::text as quoted;

/// The workflow.
pub fn write(application: &Application) -> String {
    let app = &application.app;
    let account = &application.account;
    let role = role::name(application, "${{ steps.ref.outputs.environment }}");
    let mut text = format!(
        "# From `windlass init`. It is yours from now on.\nname: release\non:\n  push:\n{}permissions: {{}}\n\
         concurrency: {{group: \"release-${{{{ github.ref }}}}\", cancel-in-progress: false}}\n\
         defaults: {{run: {{shell: bash}}}}\njobs:\n  release:\n    runs-on: ubuntu-latest\n    \
         permissions: {{id-token: write, contents: read}}\n    steps:\n      - uses: {}\n        \
         with: {{persist-credentials: false}}\n",
        triggers(application),
        pages::action("actions/checkout"),
    );
    text.push_str(&step(
        "Tell the environment and the version by the ref",
        Some("ref"),
        None,
        &choose(application),
    ));
    for step in builds(application) {
        text.push_str(&step);
    }
    text.push_str(&format!(
        "      - uses: {}\n        with:\n          role-to-assume: \"arn:aws:iam::{account}:role/{role}\"\n          \
         aws-region: {}\n",
        pages::action("aws-actions/configure-aws-credentials"),
        application.region
    ));
    text.push_str(&step(
        "Upload what was built",
        None,
        None,
        &upload(application),
    ));
    text.push_str(&step(
        "Release it, and end as the deployment ends",
        None,
        None,
        &format!(
            "{}\n{}\n{}",
            manifest(app, &application.components),
            pages::call(&application.stack),
            pages::started_and_waited_for(app)
        ),
    ));
    text
}

fn triggers(application: &Application) -> String {
    let rules = application
        .environments
        .iter()
        .map(|environment| &environment.rule);
    let branches: Vec<String> = rules
        .clone()
        .filter_map(|rule| match rule {
            Rule::Branches(names) => Some(
                names
                    .iter()
                    .map(|name| format!("{name:?}"))
                    .collect::<Vec<_>>(),
            ),
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

/// The shell's patterns of all rules, the narrower ones first. What goes nowhere fails: somebody meant it to be
/// released.
fn choose(application: &Application) -> String {
    let mut cases: Vec<(u8, String, &str)> = Vec::new();
    for environment in &application.environments {
        let name = environment.name.as_str();
        match &environment.rule {
            Rule::Branches(names) => {
                cases.extend(
                    names
                        .iter()
                        .map(|glob| (0, format!("refs/heads/{}", glob.replace("**", "*")), name)),
                );
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
    let mut lines = vec!["case \"$GITHUB_REF\" in".to_owned()];
    lines.extend(
        cases
            .into_iter()
            .map(|(_, pattern, name)| format!("  {pattern}) environment={name:?} ;;")),
    );
    lines.push("  *) environment=\"\" ;;".to_owned());
    lines.push("esac".to_owned());
    lines.extend(
        [
            "if [ -z \"$environment\" ]; then echo \"No environment takes $GITHUB_REF.\"; exit 1; fi",
            "case \"$GITHUB_REF\" in",
            "  refs/tags/*) version=\"${GITHUB_REF_NAME#v}\" ;;",
            "  # Another run may build other bytes, and a version has one set of them.",
            "  *) version=\"${GITHUB_REF_NAME//\\//-}-$GITHUB_RUN_NUMBER.$GITHUB_RUN_ATTEMPT\" ;;",
            "esac",
            "echo \"environment=$environment\" >> \"$GITHUB_OUTPUT\"",
            "echo \"VERSION=$version\" >> \"$GITHUB_ENV\"",
        ]
        .map(str::to_owned),
    );
    lines.join("\n")
}

/// A step for each build; components that one build makes share it.
fn builds(application: &Application) -> Vec<String> {
    let mut done: Vec<(&str, &[String])> = Vec::new();
    let mut steps = Vec::new();
    for component in &application.components {
        let piece = &component.piece;
        let (folder, build) = (piece.folder.as_str(), piece.build.as_slice());
        let mut lines = if done.contains(&(folder, build)) {
            Vec::new()
        } else {
            build.to_vec()
        };
        done.push((folder, build));
        lines.push(match component.repository() {
            Some(repository) => {
                let file = if piece.output.is_empty() {
                    "Dockerfile"
                } else {
                    &piece.output
                };
                format!("docker build --tag \"{repository}:$VERSION\" --file {file} .")
            }
            None => format!(
                "(cd {} && zip -qr \"$RUNNER_TEMP/{}.zip\" .)",
                piece.output, component.name
            ),
        });
        let folder = (!folder.is_empty()).then_some(folder);
        steps.push(step(
            &format!("Build {}", component.name),
            None,
            folder,
            &lines.join("\n"),
        ));
    }
    steps
}

fn upload(application: &Application) -> String {
    let app = &application.app;
    let (images, files): (Vec<&Component>, Vec<&Component>) = application
        .components
        .iter()
        .partition(|component| component.repository().is_some());
    let mut lines = Vec::new();
    if !files.is_empty() {
        lines.push(format!(
            "BUCKET=$(aws cloudformation describe-stacks --stack-name {} --output text \\",
            application.stack
        ));
        lines.push(
            "  --query 'Stacks[0].Outputs[?OutputKey==`ArtifactsBucket`].OutputValue')".to_owned(),
        );
    }
    for name in files.iter().map(|component| &component.name) {
        lines.push(format!(
            "aws s3 cp \"$RUNNER_TEMP/{name}.zip\" \"s3://$BUCKET/artifacts/{app}/{name}/$VERSION.zip\" --checksum-algorithm SHA256"
        ));
    }
    if !images.is_empty() {
        lines.push("REGISTRY=\"$(aws sts get-caller-identity --query Account --output text).dkr.ecr.$AWS_REGION.amazonaws.com\"".to_owned());
        lines.push("aws ecr get-login-password | docker login --username AWS --password-stdin \"$REGISTRY\"".to_owned());
    }
    for repository in images.iter().filter_map(|component| component.repository()) {
        lines.push(format!(
            "docker tag \"{repository}:$VERSION\" \"$REGISTRY/{repository}:$VERSION\""
        ));
        lines.push(format!("docker push \"$REGISTRY/{repository}:$VERSION\""));
    }
    lines.join("\n")
}

fn manifest(app: &str, components: &[Component]) -> String {
    let components = components.iter().map(|component| {
        let name = &component.name;
        match component.repository() {
            Some(repository) => format!("    \"{name}\": {{image: \"{repository}:\\($version)\"}}"),
            None => format!("    \"{name}\": {{key: \"artifacts/{app}/{name}/\\($version).zip\"}}"),
        }
    });
    let components = components.collect::<Vec<_>>().join(",\n");
    format!(
        "jq -n --arg version \"$VERSION\" --arg ref \"$GITHUB_REF\" --arg commit \"$GITHUB_SHA\" \\\n  \
         --argjson run \"$GITHUB_RUN_NUMBER\" '{{\n  version: $version, sequence: $run, git: {{ref: $ref, commit: $commit}},\n  \
         components: {{\n{components}\n  }}\n}}' > manifest.json"
    )
}

fn step(name: &str, id: Option<&str>, folder: Option<&str>, run: &str) -> String {
    let id = id
        .map(|id| format!("        id: {id}\n"))
        .unwrap_or_default();
    let folder = folder
        .map(|folder| format!("        working-directory: {}\n", quoted(folder)))
        .unwrap_or_default();
    let run = run.trim_end().replace('\n', "\n          ");
    format!("      - name: {name}\n{id}{folder}        run: |\n          {run}\n")
}
