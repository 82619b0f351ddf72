//! Serves an object that was created in the artifacts bucket: a declaration, an access file, a manifest, an artifact,
//! or what is misplaced.

use super::arrival::{ArrivalOutcome, Created, Discovery, Ports, sent};
use super::{access, declaration};
use crate::ports::Result;
use crate::routes::intake::arrival::{self, once};
use crate::routes::intake::manifest;
use crate::{log, upload_findings};
use serde_json::Value;
use windlass_domain::release::key::{Upload, is_secret, upload};
use windlass_domain::release::misplaced_upload::{MisplacedUpload, misplaced_upload};
use windlass_domain::release::request::{ObjectRef, Requester, Route};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};

/// Serves the event of an object that was created.
pub async fn handle(ports: &impl Ports, event: &Value) -> Result<()> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let key = text("/detail/object/key").ok_or_else(|| Fault::new(FaultName::BadInput, "the event names no object"))?;
    log::name_arrival(key);
    if text("/detail/bucket/name") != Some(ports.config().artifacts_bucket.as_str()) {
        tracing::info!("an object of another bucket is dropped");
        return Ok(());
    }
    let object = ObjectRef { key: key.to_owned(), version_id: text("/detail/object/version-id").map(str::to_owned) };
    created(ports, object, requester(event), Discovery::Announced(sent(event))).await?;
    Ok(())
}

/// Returns who uploaded, as far as the event says: `requester` is the number of an account or the name of a service
/// (Amazon S3 User Guide, "EventBridge event message structure"). `None` if it is our own account, which `account`
/// names, because nobody learns anything from that.
fn requester(event: &Value) -> Option<String> {
    let requester = event.pointer("/detail/requester")?.as_str()?;
    let own = event.get("account").and_then(Value::as_str);
    (own.is_some() && own != Some(requester)).then(|| requester.to_owned())
}

/// Serves an object that was created, once; answers what came of it, unless that was noted before.
pub async fn created(
    ports: &impl Ports,
    object: ObjectRef,
    principal: Option<String>,
    known: Discovery,
) -> Result<Option<ArrivalOutcome>> {
    let requester = Requester::new(Route::S3, principal);
    let Some(upload) = upload(&object.key) else {
        let Some(misplaced) = misplaced_upload(&object.key) else {
            tracing::info!("an object of our own, of a plan, or a folder, is dropped");
            return Ok(None);
        };
        // If it lies elsewhere, only its key is looked at: the function may read no more there.
        let object = if misplaced.beside { pin_version(ports, object).await? } else { object };
        return once(ports, &what(&object), known, async |_| report(ports, &object, misplaced, requester).await).await;
    };
    let object = pin_version(ports, object).await?;
    once(ports, &what(&object), known, async |seed| {
        let created = Created { object, requester, arrived: known.arrived(), seed };
        match upload {
            Upload::Declaration(app) => declaration::handle(ports, &app, created).await,
            Upload::Access(place) => access::handle(ports, &place, created).await,
            Upload::Manifest(app, _) => manifest::handle(ports, app, created).await,
            Upload::Artifact(app, environment, component) => {
                manifest::artifact(ports, app, &environment, component, created).await
            }
        }
    })
    .await
}

/// Reports that an upload's key means nothing: in the list, and beside it where it lies among uploads.
async fn report(
    ports: &impl Ports,
    object: &ObjectRef,
    misplaced: MisplacedUpload,
    requester: Requester,
) -> Result<ArrivalOutcome> {
    let MisplacedUpload { app, finding, beside } = misplaced;
    if beside {
        upload_findings::write(ports, object, std::slice::from_ref(&finding)).await?;
    }
    let about = if is_secret(&object.key) { finding.path.clone() } else { object.key.clone() };
    arrival::list(ports, &about, app, requester, vec![finding]).await?;
    Ok(ArrivalOutcome::Served)
}

/// The version of the object that arrived; the present one where the event does not say.
async fn pin_version(ports: &impl Ports, object: ObjectRef) -> Result<ObjectRef> {
    if object.version_id.is_some() {
        return Ok(object);
    }
    let head = ports.head(&ports.artifact(&object.key, None)).await?;
    Ok(ObjectRef { version_id: head.and_then(|head| head.version_id), ..object })
}

/// Returns the text that identifies an object that was created. It stands in an item, where no secret may.
fn what(object: &ObjectRef) -> String {
    let version = object.version_id.as_deref().unwrap_or_default();
    let key = &object.key;
    if is_secret(key) {
        return format!("{} {version}", Digest::of(key.as_bytes()));
    }
    format!("{key} {version}")
}
