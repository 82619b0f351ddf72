//! The deployment that a command means: by its id, or the newest of an environment, or of a version there.

use crate::arguments::is_id;
use crate::failure::Failure;
use crate::history;
use crate::windlass::Windlass;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::EnvironmentId;
use windlass_domain::name::{AppName, EnvironmentName};

/// Returns the id of the deployment. `which` is an id or an environment, `version` a version or an id.
///
/// # Errors
/// If there is no such deployment, or no answer.
pub async fn deployment_id(
    windlass: &Windlass,
    app: &AppName,
    which: &str,
    version: Option<&str>,
) -> Result<String, Failure> {
    if is_id(which) && version.is_none() {
        return Ok(which.to_owned());
    }
    if let Some(id) = version.filter(|version| is_id(version)) {
        return Ok(id.to_owned());
    }
    let Ok(environment) = EnvironmentName::new(which) else {
        return Ok(which.to_owned());
    };
    let of = EnvironmentId::new(app, &environment);
    let found = history::newest(windlass, of, version, usize::MAX).await?;
    let found = found.map(|found| found.id);
    found.ok_or_else(|| none(of, version))
}

fn none(of: EnvironmentId<'_>, version: Option<&str>) -> Failure {
    let EnvironmentId { app, environment } = of;
    let (path, reason) = match version {
        Some(version) => ("version", format!("{version} was not deployed into {app} {environment}.")),
        None => ("environment", format!("{app} {environment} has no deployments yet.")),
    };
    let remedy = format!(
        "`windlass history {app} {environment}` lists what was deployed there; `windlass refusals {app}` what was refused before."
    );
    let finding = Finding::new(FindingName::UnknownName, path, reason, remedy);
    Failure::rejected("there is no such deployment:", vec![finding])
}
