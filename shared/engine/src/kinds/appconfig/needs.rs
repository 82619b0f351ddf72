//! The permissions that a release of a configuration needs for the role that deploys it (Service Authorization
//! Reference, AWS AppConfig).

use super::find::{ConfigurationTarget, find};
use crate::kinds::PrepareInput;
use crate::kinds::needs::{DeployerRole, Needed};
use crate::ports::{AppConfigApi, Result};
use crate::trouble::found;
use std::collections::BTreeMap;
use windlass_domain::kinds::appconfig::Appconfig as Spec;

/// The calls of a release; see [`crate::kinds::needs`]. What is not there `prepare` tells.
pub async fn needs(
    there: &impl AppConfigApi,
    input: &PrepareInput<'_>,
    by: &DeployerRole<'_>,
    spec: &Spec,
) -> Result<Vec<Needed>> {
    let Some(found) = found(find(there, input, spec).await)? else {
        return Ok(vec![]);
    };
    let (application, environment) = (&found.application.id, &found.environment.id);
    let tags = there.environment_tags(application, environment).await?;
    Ok(of(by, &found, &tags))
}

/// Pure: the calls. A deployment also needs permission for the application, the profile and the strategy, whose ARNs
/// are patterns in the roles that Windlass brings.
fn of(by: &DeployerRole<'_>, found: &ConfigurationTarget, tags: &BTreeMap<String, String>) -> Vec<Needed> {
    let application = format!("application/{}", found.application.id);
    let environment = format!("{application}/environment/{}", found.environment.id);
    let profile = format!("{application}/configurationprofile/{}", found.profile.named.id);
    let deploys = ["appconfig:StartDeployment", "appconfig:StopDeployment"];
    let on = |resource: &str| by.arn("appconfig", resource);
    vec![
        Needed::on("environment", on(&environment), &deploys).tagged(tags),
        Needed::on("profile", on(&profile), &["appconfig:CreateHostedConfigurationVersion"]),
    ]
}
