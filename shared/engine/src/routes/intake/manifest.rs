//! `releases/<app>/<version>.json`: a release arrives.

use super::{Created, Ports};
use crate::beside;
use crate::ports::{Answered, ObjectId};
use crate::routes::begin;
use crate::routes::start::begin_anyway;
use windlass_domain::name::AppName;
use windlass_domain::request::{ActionName, ObjectRef, Request};

/// Starts the release's execution. A release that cannot be pinned is started as well: `Admit`
/// records what is wrong with it, and writes it beside the upload.
pub async fn handle<P: Ports>(ports: &P, app: AppName, created: Created) -> Answered<()> {
    let Created {
        object,
        requester,
        seed,
    } = created;
    let mut request = Request::new(ActionName::Deploy, app);
    request.manifest_object = Some(pin_version(ports, object).await?);
    request.requester = Some(requester);
    start(ports, &request, &seed).await
}

/// The version of the object that arrived; the present one where the event does not tell.
pub async fn pin_version<P: Ports>(ports: &P, object: ObjectRef) -> Answered<ObjectRef> {
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

/// Starts a request, whether or not it can be pinned.
pub async fn start<P: Ports>(ports: &P, request: &Request, seed: &str) -> Answered<()> {
    match begin(ports, request).await? {
        Ok(begun) => {
            if begun.recorded {
                // No execution starts that could.
                beside::clear(ports, request.upload(), &begun.id).await?;
            }
            tracing::info!(execution = begun.execution, "started");
        }
        Err(findings) => {
            let execution = begin_anyway(ports, request, seed).await?;
            tracing::info!(execution, ?findings, "to be refused");
        }
    }
    Ok(())
}
