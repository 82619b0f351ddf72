//! The files of other deployers that stand in a repository, each with the page that says what Windlass takes over and
//! what stays with that deployer. Pure.

use crate::init::repository::Repository;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// A file of another deployer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeployerFile {
    /// The deployer.
    pub deployer: &'static str,
    /// The first of its files.
    pub file: String,
    /// The page of Windlass that says what to do, with its section.
    pub page: &'static str,
}

impl fmt::Display for DeployerFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { deployer, file, page } = self;
        write!(f, "`{file}` belongs to {deployer}: {page} of Windlass says what stays with it, and what to do first")
    }
}

/// A deployer, its files with `*` for any one part of a path, a text that must stand in them, and the page. Terraform
/// and AWS SAM are no rows: `init` reads them.
type Row = (&'static str, &'static [&'static str], &'static str, &'static str);

/// All that is looked for, by the names that each deployer's own documentation gives.
const DEPLOYERS: [Row; 10] = [
    (
        "AWS Copilot",
        &["copilot/.workspace", "copilot/*/manifest.yml"],
        "",
        "docs/integrate/other-deployers.md#aws-copilot",
    ),
    (
        "the Serverless Framework",
        &["serverless.yml", "serverless.yaml", "serverless.ts", "serverless.js", "serverless.json"],
        "",
        "docs/integrate/other-deployers.md#serverless-framework",
    ),
    ("SST", &["sst.config.ts", "sst.config.js", "sst.json"], "", "docs/integrate/other-deployers.md#sst"),
    ("Pulumi", &["Pulumi.yaml", "Pulumi.yml"], "", "docs/integrate/other-deployers.md#pulumi"),
    ("AWS CDK", &["cdk.json"], "", "docs/integrate/cdk.md"),
    (
        "AWS Elastic Beanstalk",
        &[".elasticbeanstalk/config.yml", ".ebextensions/*", "Dockerrun.aws.json"],
        "",
        "docs/integrate/other-deployers.md#aws-elastic-beanstalk",
    ),
    ("AWS Amplify", &["amplify.yml"], "", "docs/integrate/other-deployers.md#aws-amplify"),
    (
        "ecspresso",
        &["ecspresso.yml", "ecspresso.yaml", "ecspresso.json", "ecspresso.jsonnet"],
        "",
        "docs/first-hour/bring-in-what-is-live.md#2-write-the-declaration",
    ),
    (
        "lambroll",
        &["function.json"],
        "\"FunctionName\"",
        "docs/first-hour/bring-in-what-is-live.md#2-write-the-declaration",
    ),
    ("AWS CodeDeploy", &["appspec.yml", "appspec.yaml", "appspec.json"], "", "docs/integrate/codedeploy.md"),
];

/// Returns the first file of each deployer that a repository has.
pub fn all(repository: &Repository) -> Vec<DeployerFile> {
    let found = DEPLOYERS.iter().filter_map(|(deployer, names, with, page)| {
        let is_one = |path: &str, text: &str| names.iter().any(|name| ends_with(path, name)) && text.contains(*with);
        let (file, _) = repository.files.iter().find(|(path, text)| is_one(path, text))?;
        Some(DeployerFile { deployer, file: file.clone(), page })
    });
    // Those of one file stand together, and in the order of the files.
    let by_file: BTreeMap<(String, &str), DeployerFile> =
        found.map(|found| ((found.file.clone(), found.deployer), found)).collect();
    by_file.into_values().collect()
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
            ("deploy/ecspresso.jsonnet", "", "ecspresso"),
            ("function.json", "{\"FunctionName\": \"a\"}", "lambroll"),
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
    fn each_page_is_there_with_its_section() {
        for (deployer, _, _, page) in DEPLOYERS {
            assert!(pages::is_there(page), "{deployer}: {page}");
        }
        for page in ["docs/integrate/none.md", "docs/integrate/other-deployers.md#none"] {
            assert!(!pages::is_there(page), "{page}");
        }
    }
}
