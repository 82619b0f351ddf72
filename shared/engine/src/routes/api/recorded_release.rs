//! `GET /apps/{app}/releases/{version}`: the release that is recorded under a version, and what was wrong with its
//! upload.

use super::call::{Ports, Reply};
use super::problem::problem;
use crate::pin;
use crate::ports::{ObjectId, Result};
use crate::trouble::collected;
use crate::upload_findings;
use serde_json::{Value, json};
use windlass_domain::key::manifest_key;
use windlass_domain::name::AppName;

/// The recorded release, and its manifest in the artifacts bucket with what was found wrong with that.
pub async fn get(ports: &impl Ports, app: &AppName, version: &str) -> Result<Reply> {
    let mut unknown = Vec::new();
    let recorded = pin::recorded_release(ports, app, version).await;
    let recorded = collected(recorded, &mut unknown)?;
    let upload = upload(ports, app, version).await?;
    if recorded.is_none() && upload.is_null() {
        if let Err(trouble) = pin::declaration_in_force(ports, app).await {
            unknown = trouble.findings()?;
        }
        return Ok(problem(404, &unknown));
    }
    let (recorded, by) = recorded.map(|it| (it.release, it.by)).unzip();
    Ok(Reply::json(
        200,
        json!({ "app": app, "version": version, "recorded": recorded, "recorded_by": by, "upload": upload }),
    ))
}

/// The manifest that lies in the bucket, and what lies beside it about its present version.
async fn upload(ports: &impl Ports, app: &AppName, version: &str) -> Result<Value> {
    let key = manifest_key(app, version);
    let place = ObjectId {
        bucket: ports.config().artifacts_bucket.clone(),
        key: key.clone(),
        version_id: None,
    };
    let Some(head) = ports.head(&place).await? else {
        return Ok(Value::Null);
    };
    let lies = upload_findings::read(ports, &key).await?;
    let lies = lies.filter(|lies| lies.is_about(head.version_id.as_deref()));
    Ok(json!({
        "key": key,
        "version_id": head.version_id,
        "findings": lies.map(|lies| lies.findings),
    }))
}
