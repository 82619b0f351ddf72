//! AWS CDK: a page with the members that the constructs of the targets need, as `docs/integrate/cdk.md` has it. Code in
//! a programming language is not changed by lines.

use crate::init::application::{Application, Target};
use crate::init::pages::{CDK, block};
use crate::init::repository::Repository;

/// Returns the page, where a repository has an app of AWS CDK.
pub fn cdk_page(application: &Application, repository: &Repository) -> Option<String> {
    let (path, _) = repository.named(&["cdk.json"]).next()?;
    let app = &application.app;
    let environment = application.environments.last().map_or("prod", |environment| environment.name.as_str());
    let function = application.components.iter().find_map(|component| match &component.target {
        Target::Function { function, alias, .. } => Some((function.at(app, environment), alias.clone())),
        _ => None,
    });
    let (function, alias) = function.unwrap_or_else(|| ("shop-api-prod".to_owned(), "live".to_owned()));
    let code = block(CDK, "Tags.of")
        .replace("shop-api-prod", &function)
        .replace("'live'", &format!("'{alias}'"))
        .replace("'shop'", &format!("'{app}'"))
        .replace("'prod'", &format!("'{environment}'"));
    let rest = CDK.rsplit("```").next().unwrap_or_default().trim();
    Some(format!(
        "# What the targets of {app} need in the app of `{path}`\n\nFor each environment, as here for {environment}; take out \
         what the application has not.\n`docs/integrate/cdk.md` of Windlass says why.\n\n```ts\n{code}```\n\n{}\n",
        rest.replace(
            "[cloudformation-and-sam.md](cloudformation-and-sam.md)",
            "docs/integrate/cloudformation-and-sam.md"
        )
    ))
}
