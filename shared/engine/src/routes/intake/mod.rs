//! Intake: what arrives by itself, as events of S3 and ECR.

mod artifact;
mod declaration;
mod image;
mod manifest;
mod missed;

use crate::log;
use crate::pin;
use crate::ports::{Answered, Clock, Condition, Executions, Item, Ledger, ObjectId, Write};
use crate::store;
use serde_json::Value;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::key::{Upload, upload};
use windlass_domain::request::{ObjectRef, Requester, Route};
use windlass_domain::time::Time;

/// For how long it is noted that an arrival was served: longer than any round of looking for missed
/// ones takes.
const NOTED_FOR_S: u64 = 30 * 24 * 60 * 60;

/// What intake needs.
pub trait Ports: pin::Ports + Executions + Clock {}
impl<P: pin::Ports + Executions + Clock> Ports for P {}

/// An object that was created, as S3 tells it (Amazon S3 User Guide, "EventBridge event message
/// structure"; the key is not URL-encoded there).
struct Created {
    object: ObjectRef,
    requester: Requester,
    /// When it was created, where no event told and it was found later.
    found: Option<Time>,
    /// What tells this arrival from another one of the same key.
    seed: String,
}

/// Serves one event. What belongs to no application is logged and dropped; a fault is retried by
/// the queue and ends in the dead-letter queue.
pub async fn handle<P: Ports>(ports: &P, event: Value) -> Answered<()> {
    match event.get("detail-type").and_then(Value::as_str) {
        Some("Object Created") => object(ports, &event).await,
        Some("ECR Image Action") => image::handle(ports, &event).await,
        Some("Scheduled Event") => missed::handle(ports).await,
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
    let object = ObjectRef {
        key: key.to_owned(),
        version_id: text("/detail/object/version-id").map(str::to_owned),
    };
    let principal = text("/detail/requester").map(str::to_owned);
    created(ports, object, principal, None).await
}

/// Serves an object that was created, and notes that it was served.
async fn created<P: Ports>(
    ports: &P,
    object: ObjectRef,
    principal: Option<String>,
    found: Option<Time>,
) -> Answered<()> {
    let Some(upload) = upload(&object.key) else {
        tracing::info!("an object of no application is dropped");
        return Ok(());
    };
    let object = pin_version(ports, object).await?;
    let seed = seed(&object);
    let created = Created {
        object,
        requester: Requester {
            route: Route::S3,
            principal,
        },
        found,
        seed: seed.clone(),
    };
    match upload {
        Upload::Declaration(app) => declaration::handle(ports, &app, created).await?,
        Upload::Manifest(app) => manifest::handle(ports, app, created).await?,
        Upload::Artifact(app, component) => {
            artifact::handle(ports, app, component, created).await?;
        }
    }
    served(ports, &seed).await
}

/// The version of the object that arrived; the present one where the event does not tell.
async fn pin_version<P: Ports>(ports: &P, object: ObjectRef) -> Answered<ObjectRef> {
    if object.version_id.is_some() {
        return Ok(object);
    }
    let id = ObjectId {
        bucket: ports.config().artifacts_bucket.clone(),
        key: object.key.clone(),
        version_id: None,
    };
    let head = ports.head(&id).await?;
    Ok(ObjectRef {
        version_id: head.and_then(|head| head.version_id),
        ..object
    })
}

fn seed(object: &ObjectRef) -> String {
    let version = object.version_id.as_deref().unwrap_or_default();
    format!("{} {version}", object.key)
}

/// Notes that an arrival was served, for as long as it might be taken for one that was missed.
async fn served<P: Ports>(ports: &P, what: &str) -> Answered<()> {
    let item = Item {
        key: store::arrival(what),
        rev: 1,
        body: serde_json::Map::new(),
        index: None,
        expires: Some(ports.now().plus_s(NOTED_FOR_S)),
    };
    // Refused where it was noted before: it came twice.
    ports
        .transact(vec![Write::Put(item, Condition::Absent)])
        .await?;
    Ok(())
}

/// Whether an arrival was served before.
async fn was_served<P: Ports>(ports: &P, what: &str) -> Answered<bool> {
    Ok(Ledger::get(ports, &store::arrival(what)).await?.is_some())
}
