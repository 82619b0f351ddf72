//! The environments in which an account has targets, or that a repository speaks of, and names of which an environment
//! is a part. Pure.

use super::account::Account;
use super::repository::{Repository, file_of, folder_of};
use windlass_domain::text::name::EnvironmentName;

/// Names that environments have, in the order in which a release goes through them. [`usual`] has the rule of each.
const KNOWN: [&str; 9] = ["dev", "development", "test", "qa", "staging", "stage", "preprod", "prod", "production"];

/// The variables in which others keep an environment's name.
const VARIABLES: [&str; 8] =
    ["environment", "env", "stage", "environmentname", "stagename", "envname", "deployenv", "var.environment"];

/// Returns the environments that are proposed, in the order in which a release goes through them: those in which the
/// account has targets of the application or of its components; where none is seen, those that files and folders are
/// named after; `prod` where there are none of these either. Beside targets, what a file alone names is left out: there
/// is nothing to release into.
pub fn proposed(repository: &Repository, account: &Account, app: &str, components: &[&str]) -> Vec<String> {
    let known = KNOWN.map(str::to_owned);
    let seen = account.environments(app, components, &known).into_iter();
    let mut names: Vec<String> = seen.filter(|name| EnvironmentName::new(name.as_str()).is_ok()).collect();
    if names.is_empty() {
        names = found(repository);
    }
    if names.is_empty() {
        names.push("prod".to_owned());
    }
    names.sort_by_key(|name| place(name));
    names
}

/// Returns the environments that files and folders are named after, or that have a part of a file.
pub fn found(repository: &Repository) -> Vec<String> {
    KNOWN.map(str::to_owned).into_iter().filter(|known| shown_by(repository, known).is_some()).collect()
}

/// Returns what shows an environment in a repository: the first file that is named after it, or has a part for it.
pub fn shown_by(repository: &Repository, name: &str) -> Option<String> {
    repository.files.iter().find_map(|(path, text)| {
        let is_named = is_named_after(path, name).then(|| format!("`{path}` is named after"));
        is_named.or_else(|| has_part(path, text, name).then(|| format!("`{path}` has a part for")))
    })
}

/// Returns the place of an environment among others, by the last of the known names that is a part of its own. One
/// without any comes first: it is hardly production.
fn place(name: &str) -> usize {
    let parts: Vec<&str> = name.split('-').collect();
    KNOWN.iter().rposition(|known| parts.contains(known)).map_or(0, |at| at + 1)
}

/// Returns whether a file is an environment's own: its variables of Terraform, or one of its folder.
fn is_named_after(path: &str, name: &str) -> bool {
    let file = file_of(path);
    let folder = folder_of(path);
    let is_variables = file == format!("{name}.tfvars") || file == format!("{name}.auto.tfvars");
    let is_folder = ["environments", "envs", "env", "stages"].iter().any(|holder| {
        let own = format!("{holder}/{name}");
        folder == own || folder.ends_with(&format!("/{own}"))
    });
    is_variables || is_folder
}

/// Returns whether a file has a part for an environment: one of `samconfig.toml`, or a value of a context of CDK.
fn has_part(path: &str, text: &str, name: &str) -> bool {
    match file_of(path) {
        "samconfig.toml" => text.contains(&format!("[{name}.")),
        "cdk.json" => text.contains(&format!("\"{name}\": {{")),
        _ => false,
    }
}

/// Returns the rule that is usual for an environment: `branch:main` or `tag:stable`.
pub fn usual(name: &str, branch: &str) -> String {
    match name {
        "dev" | "development" | "test" => format!("branch:{branch}"),
        "qa" | "staging" | "stage" | "preprod" => "tag:release-candidate".to_owned(),
        _ => "tag:stable".to_owned(),
    }
}

/// Replaces the variable in a name that keeps the environment by `{environment}`; `None` where the name has another
/// expression.
pub fn pattern(text: &str) -> Option<String> {
    let (mut pattern, mut rest) = (String::new(), text);
    while let Some((before, from)) = rest.split_once("${") {
        let (variable, after) = from.split_once('}')?;
        let variable = variable.rsplit("props.").next()?.rsplit("this.").next()?;
        let plain: String = variable.to_ascii_lowercase().chars().filter(|c| *c != '_').collect();
        if !VARIABLES.contains(&plain.as_str()) {
            return None;
        }
        pattern.push_str(before);
        pattern.push_str("{environment}");
        rest = after;
    }
    pattern.push_str(rest);
    (!pattern.is_empty()).then_some(pattern)
}

/// Replaces an environment's name in a name by `{environment}`, where that is a whole word of it.
pub fn templated(name: &str, environment: &str) -> String {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
    for (at, _) in name.match_indices(environment) {
        let (before, after) = (&name[..at], &name[at + environment.len()..]);
        if is_edge(before.chars().next_back()) && is_edge(after.chars().next()) {
            return format!("{before}{{environment}}{after}");
        }
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::account::{LiveResource, TagOwner};
    use std::collections::BTreeMap;

    #[test]
    fn environments_are_found_by_what_is_named_after_them() {
        for (path, text, wanted, by) in [
            ("infra/dev.tfvars", "", "dev", "`infra/dev.tfvars` is named after"),
            ("envs/staging/main.tf", "", "staging", "`envs/staging/main.tf` is named after"),
            (
                "samconfig.toml",
                "version = 0.1\n[production.deploy.parameters]\n",
                "production",
                "`samconfig.toml` has a part for",
            ),
            ("cdk.json", "{\"context\": {\"dev\": {\"a\": 1}}}", "dev", "`cdk.json` has a part for"),
            ("src/dev/main.py", "", "", ""),
        ] {
            let files = BTreeMap::from([(path.to_owned(), text.to_owned())]);
            let repository = Repository { files, ..Repository::default() };
            assert_eq!(found(&repository).join(","), wanted, "{path}");
            assert_eq!(shown_by(&repository, wanted).unwrap_or_default(), by, "{path}");
        }
    }

    #[test]
    fn environments_with_targets_go_before_those_of_files_and_each_stands_in_its_place() {
        let files = ["prod.tfvars", "dev.tfvars", "staging.tfvars"].map(|path| (path.to_owned(), String::new()));
        let named = Repository { files: files.into(), ..Repository::default() };
        let none = Repository::default();
        let table: [(&Repository, &[&str], &str); 5] = [
            (&named, &[], "dev,staging,prod"),
            (&named, &["shop-prod", "shop-dev"], "dev,prod"),
            (&named, &["billing-prod"], "dev,staging,prod"),
            (&none, &["shop-production", "shop-staging", "shop-development"], "development,staging,production"),
            (&none, &[], "prod"),
        ];
        for (repository, functions, wanted) in table {
            let functions = functions.iter().map(|name| LiveResource { name: (*name).to_owned(), belongs: None });
            let account = Account { functions: functions.collect(), ..Account::default() };
            assert_eq!(proposed(repository, &account, "shop", &["api"]).join(","), wanted);
        }
        let tagged = ["prod-us", "lab", "dev", "NO"].map(|environment| LiveResource {
            name: format!("x-{environment}"),
            belongs: Some(TagOwner { app: "shop".to_owned(), environment: Some(environment.to_owned()) }),
        });
        let account = Account { functions: tagged.into(), ..Account::default() };
        assert_eq!(proposed(&named, &account, "shop", &["api"]), ["lab", "dev", "prod-us"]);
    }

    #[test]
    fn a_name_is_a_pattern_where_its_only_expression_is_the_environment() {
        for (text, wanted) in [
            ("shop-api", Some("shop-api")),
            ("shop-${Environment}-api", Some("shop-{environment}-api")),
            ("shop-${props.stage}", Some("shop-{environment}")),
            ("shop-${this.env}", Some("shop-{environment}")),
            ("${AWS::StackName}-api", None),
            ("shop-${", None),
            ("", None),
        ] {
            assert_eq!(pattern(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn the_name_of_an_environment_is_a_whole_word_of_a_name() {
        for (name, wanted) in [
            ("shop-api-prod", "shop-api-{environment}"),
            ("prod-shop", "{environment}-shop"),
            ("products-prod", "products-{environment}"),
            ("products", "products"),
        ] {
            assert_eq!(templated(name, "prod"), wanted);
        }
    }
}
