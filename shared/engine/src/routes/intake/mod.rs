//! Intake: what arrives by itself, as events of S3 and ECR.

mod artifact;
mod declaration;
mod image;
mod manifest;

use crate::log;
use crate::pin;
use crate::ports::{Answered, Clock, Executions};
use serde_json::Value;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::key::{Upload, upload};
use windlass_domain::request::{ObjectRef, Requester, Route};

/// What intake needs.
pub trait Ports: pin::Ports + Executions + Clock {}
impl<P: pin::Ports + Executions + Clock> Ports for P {}

/// An object that was created, as S3 tells it (Amazon S3 User Guide, "EventBridge event message
/// structure"; the key is not URL-encoded there).
struct Created {
    object: ObjectRef,
    requester: Requester,
    /// What tells this arrival from another one of the same key.
    seed: String,
}

/// Serves one event. What belongs to no application is logged and dropped; a fault is retried by
/// the queue and ends in the dead-letter queue.
pub async fn handle<P: Ports>(ports: &P, event: Value) -> Answered<()> {
    match event.get("detail-type").and_then(Value::as_str) {
        Some("Object Created") => object(ports, &event).await,
        Some("ECR Image Action") => image::handle(ports, &event).await,
        other => {
            tracing::info!(detail_type = ?other, "an event of no interest is dropped");
            Ok(())
        }
    }
}

async fn object<P: Ports>(ports: &P, event: &Value) -> Answered<()> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let key = text("/detail/object/key")
        .ok_or_else(|| Fault::new(FaultName::BadInput, "the event names no object"))?;
    log::name_arrival(key);
    if text("/detail/bucket/name") != Some(ports.config().artifacts_bucket.as_str()) {
        tracing::info!("an object of another bucket is dropped");
        return Ok(());
    }
    let version_id = text("/detail/object/version-id").map(str::to_owned);
    let instance = text("/detail/object/sequencer")
        .or(version_id.as_deref())
        .unwrap_or_default();
    let created = Created {
        seed: format!("{key} {instance}"),
        object: ObjectRef {
            key: key.to_owned(),
            version_id,
        },
        requester: Requester {
            route: Route::S3,
            principal: text("/detail/requester").map(str::to_owned),
        },
    };
    match upload(key) {
        Some(Upload::Declaration(app)) => declaration::handle(ports, &app, created).await,
        Some(Upload::Manifest(app)) => manifest::handle(ports, app, created).await,
        Some(Upload::Artifact(app, component)) => {
            artifact::handle(ports, app, component, created).await
        }
        None => {
            tracing::info!("an object of no application is dropped");
            Ok(())
        }
    }
}
