//! `GET /apps/{app}/releases/{version}`: the release that is recorded under a version, and what was wrong with its
//! upload.

use super::call::{Ports, Reply};
use super::problem::problem;
use crate::pin;
use crate::ports::{ObjectId, Result};
use crate::trouble::collected;
use crate::upload_findings;
use serde_json::{Map, Value, json};
use windlass_domain::key::manifest_key;
use windlass_domain::name::{AppName, EnvironmentName};

/// The recorded release, and its manifests in the artifacts bucket, by environment, with what was found wrong with each.
pub async fn release(ports: &impl Ports, app: &AppName, version: &str) -> Result<Reply> {
    let mut unknown = Vec::new();
    let recorded = pin::recorded_release(ports, app, version).await;
    let recorded = collected(recorded, &mut unknown)?;
    let declared = pin::declaration_in_force(ports, app).await;
    let mut undeclared = Vec::new();
    let declared = collected(declared, &mut undeclared)?;
    let declared = declared.iter();
    let environments = declared.flat_map(|declared| declared.declaration.environments());
    let mut uploads = Map::new();
    for environment in environments {
        if let Some(lies) = upload(ports, app, environment, version).await? {
            uploads.insert(environment.to_string(), lies);
        }
    }
    if recorded.is_none() && uploads.is_empty() {
        if !undeclared.is_empty() {
            unknown = undeclared;
        }
        return Ok(problem(404, &unknown));
    }
    let by = recorded.as_ref().map(|it| &it.by);
    let into = recorded.as_ref().and_then(|it| it.environment.as_ref());
    let release = recorded.as_ref().map(|it| &it.release);
    Ok(Reply::json(
        200,
        json!({
            "app": app, "version": version, "recorded": release, "recorded_by": by, "recorded_into": into,
            "uploads": uploads,
        }),
    ))
}

/// The manifest that lies in the bucket for an environment, and what lies beside it about its present version.
async fn upload(
    ports: &impl Ports,
    app: &AppName,
    environment: &EnvironmentName,
    version: &str,
) -> Result<Option<Value>> {
    let key = manifest_key(app, environment, version);
    let place = ObjectId { bucket: ports.config().artifacts_bucket.clone(), key: key.clone(), version_id: None };
    let Some(head) = ports.head(&place).await? else {
        return Ok(None);
    };
    let lies = upload_findings::read(ports, &key).await?;
    let lies = lies.filter(|lies| lies.is_about(head.version_id.as_deref()));
    Ok(Some(json!({
        "key": key,
        "version_id": head.version_id,
        "findings": lies.map(|lies| lies.findings),
    })))
}
