//! The files of other deployers that stand in a repository, each with the page that says what Windlass takes over and
//! what stays with that deployer. Pure.

use crate::ground::quoting::in_shell;
use crate::init::repository::{Repository, file_of, is_of_ci};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// A file of another deployer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeployerFile {
    /// The deployer.
    pub deployer: &'static str,
    /// The file: the first one of a deployer, each one that can be imported.
    pub file: String,
    /// The page of Windlass that says what to do, with its section.
    pub page: &'static str,
    /// The command that makes a declaration of it, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
}

impl fmt::Display for DeployerFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { deployer, file, page, import } = self;
        write!(f, "`{file}` belongs to {deployer}: {page} of Windlass says what stays with it, and what to do first")?;
        match import {
            Some(command) => write!(f, "; `{command}` prints the declaration of what it deploys"),
            None => Ok(()),
        }
    }
}

/// A deployer, its files with `*` for any one part of a path, and the page. Terraform and AWS SAM are no rows: `init`
/// reads them.
type Row = (&'static str, &'static [&'static str], &'static str);

/// The page on what `windlass import` reads.
const IMPORT_PAGE: &str = "docs/integrate/other-deployers.md#ecspresso-lambroll-and-sam";

/// All that is looked for, by the names that each deployer's own documentation gives. The files of ecspresso and
/// lambroll are known by what stands in them, because people give them many names.
const DEPLOYERS: [Row; 8] = [
    ("AWS Copilot", &["copilot/.workspace", "copilot/*/manifest.yml"], "docs/integrate/other-deployers.md#aws-copilot"),
    (
        "the Serverless Framework",
        &["serverless.yml", "serverless.yaml", "serverless.ts", "serverless.js", "serverless.json"],
        "docs/integrate/other-deployers.md#serverless-framework",
    ),
    ("SST", &["sst.config.ts", "sst.config.js", "sst.json"], "docs/integrate/other-deployers.md#sst"),
    ("Pulumi", &["Pulumi.yaml", "Pulumi.yml"], "docs/integrate/other-deployers.md#pulumi"),
    ("AWS CDK", &["cdk.json"], "docs/integrate/cdk.md"),
    (
        "AWS Elastic Beanstalk",
        &[".elasticbeanstalk/config.yml", ".ebextensions/*", "Dockerrun.aws.json"],
        "docs/integrate/other-deployers.md#aws-elastic-beanstalk",
    ),
    ("AWS Amplify", &["amplify.yml"], "docs/integrate/other-deployers.md#aws-amplify"),
    ("AWS CodeDeploy", &["appspec.yml", "appspec.yaml", "appspec.json"], "docs/integrate/codedeploy.md"),
];

/// Returns the first file of each deployer that a repository has, and each file that can be imported.
pub fn all(repository: &Repository) -> Vec<DeployerFile> {
    let found = DEPLOYERS.iter().filter_map(|(deployer, names, page)| {
        let file = repository.files.keys().find(|path| names.iter().any(|name| ends_with(path, name)))?;
        Some(DeployerFile { deployer, file: file.clone(), page, import: None })
    });
    let imported = repository.files.iter().filter_map(|(path, text)| {
        let deployer = importable(path, text)?;
        let words = ["windlass", "import", deployer, path];
        let import = Some(in_shell(&words.map(str::to_owned)));
        Some(DeployerFile { deployer, file: path.clone(), page: IMPORT_PAGE, import })
    });
    // Those of one file stand together, and in the order of the files.
    let by_file: BTreeMap<(String, &str), DeployerFile> =
        found.chain(imported).map(|found| ((found.file.clone(), found.deployer), found)).collect();
    by_file.into_values().collect()
}

/// Returns the deployer of a file that `windlass import` reads, by its place and by the members without which that
/// deployer takes none: a workflow may have the deployer's name as well.
fn importable(path: &str, text: &str) -> Option<&'static str> {
    let (name, end) = file_of(path).rsplit_once('.').filter(|_| !is_of_ci(path))?;
    let is_service = |text: &str| text.lines().any(|line| line.starts_with("service:"));
    let is_yaml = ["yaml", "yml"].contains(&end);
    let is_ecspresso = name.starts_with("ecspresso") || is_yaml && is_service(text);
    let is_lambroll = !is_yaml && name.split('.').next() == Some("function");
    if !is_yaml && !["json", "jsonnet"].contains(&end) {
        None
    } else if is_lambroll && text.contains("FunctionName") {
        Some("lambroll")
    } else {
        (is_ecspresso && text.contains("task_definition")).then_some("ecspresso")
    }
}

/// Returns whether the last parts of a path are these.
fn ends_with(path: &str, name: &str) -> bool {
    let mut parts = path.rsplit('/');
    name.rsplit('/').all(|wanted| parts.next().is_some_and(|part| wanted == "*" || part == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::pages;

    #[test]
    fn each_file_is_of_the_deployer_that_reads_it() {
        for (path, text, wanted) in [
            ("copilot/.workspace", "", "AWS Copilot"),
            ("services/copilot/api/manifest.yml", "", "AWS Copilot"),
            ("api/serverless.ts", "", "the Serverless Framework"),
            ("sst.config.ts", "", "SST"),
            ("infra/Pulumi.yaml", "", "Pulumi"),
            ("cdk.json", "{}", "AWS CDK"),
            (".elasticbeanstalk/config.yml", "", "AWS Elastic Beanstalk"),
            (".ebextensions/01.config", "", "AWS Elastic Beanstalk"),
            ("amplify.yml", "", "AWS Amplify"),
            ("deploy/ecspresso.jsonnet", "{\n  region: 'x',\n  task_definition: 't.json',\n}", "ecspresso"),
            ("ecspresso-two.yml", "region: x\nservice: a\ntask_definition: t.json\n", "ecspresso"),
            ("deploy/prod.yaml", "region: x\nservice: a\ntask_definition: t.json\n", "ecspresso"),
            (".github/workflows/ecspresso.yml", "on: push\nenv:\n  task_definition: x\n", ""),
            ("ecspresso.yml", "name: x\n", ""),
            ("function.json", "{\"FunctionName\": \"a\"}", "lambroll"),
            ("api/function.prod.json", "{\n  \"FunctionName\" : \"a\"\n}", "lambroll"),
            ("function.jsonnet", "{\n  FunctionName: 'a',\n}", "lambroll"),
            ("functions.json", "{\"FunctionName\": \"a\"}", ""),
            ("appspec.yml", "", "AWS CodeDeploy"),
            ("function.json", "{\"bindings\": []}", ""),
            ("manifest.yml", "", ""),
            ("api/manifest.yml", "", ""),
            ("my-serverless.yml", "", ""),
            ("config.yml", "", ""),
        ] {
            let files = [(path.to_owned(), text.to_owned())].into();
            let found = all(&Repository { files, ..Repository::default() });
            let found: Vec<(&str, &str)> = found.iter().map(|one| (one.deployer, one.file.as_str())).collect();
            let wanted: Vec<(&str, &str)> = [(wanted, path)].into_iter().filter(|(it, _)| !it.is_empty()).collect();
            assert_eq!(found, wanted, "{path}");
        }
    }

    #[test]
    fn each_file_that_can_be_imported_is_named_with_its_command() {
        let text = "service: a\ntask_definition: t.json\n".to_owned();
        let files =
            ["ecspresso-3.yml", "ecspresso two.yml", "ecspresso.yml"].map(|path| (path.to_owned(), text.clone()));
        let found = all(&Repository { files: files.into(), ..Repository::default() });
        let commands: Vec<_> = found.iter().filter_map(|it| it.import.as_deref()).collect();
        assert_eq!(
            commands,
            [
                "windlass import ecspresso 'ecspresso two.yml'",
                "windlass import ecspresso ecspresso-3.yml",
                "windlass import ecspresso ecspresso.yml"
            ]
        );
        assert_eq!(
            found[2].to_string(),
            format!(
                "`ecspresso.yml` belongs to ecspresso: {IMPORT_PAGE} of Windlass says what stays with it, and what to do \
                 first; `windlass import ecspresso ecspresso.yml` prints the declaration of what it deploys"
            )
        );
    }

    #[test]
    fn each_page_is_there_with_its_section() {
        for page in DEPLOYERS.iter().map(|(_, _, page)| *page).chain([IMPORT_PAGE]) {
            assert!(pages::is_there(page), "{page}");
        }
        for page in ["docs/integrate/none.md", "docs/integrate/other-deployers.md#none"] {
            assert!(!pages::is_there(page), "{page}");
        }
    }
}
