//! An image was pushed to ECR.

use super::manifest::start;
use super::once::{Came, Known, once};
use super::{Ports, sent};
use crate::log;
use crate::pin::declaration_in_force;
use crate::ports::Answered;
use crate::store::{self, RepositoryOwner, Stored};
use serde_json::Value;
use windlass_domain::declaration::Declaration;
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::name::AppName;
use windlass_domain::request::{ActionName, ImagePush, Request, Requester, Route};

/// Starts a release of the components that live in the repository. The event's own digest is
/// deployed, and not what the tag means later. Pushes without a tag are the platforms' manifests of
/// an index, or untagged; both are ignored (Amazon ECR User Guide, "Amazon ECR events and
/// EventBridge").
pub async fn handle<P: Ports>(ports: &P, event: &Value) -> Answered<()> {
    let detail = |name: &str| {
        event
            .pointer(&format!("/detail/{name}"))
            .and_then(Value::as_str)
    };
    let Some(repository) = detail("repository-name") else {
        return Err(Fault::new(
            FaultName::BadInput,
            "the event names no repository",
        ));
    };
    log::name_arrival(repository);
    if detail("action-type") != Some("PUSH") || detail("result") != Some("SUCCESS") {
        return Ok(());
    }
    let Some(tag) = detail("image-tag").filter(|tag| !tag.is_empty()) else {
        tracing::info!("a push without a tag is ignored");
        return Ok(());
    };
    log::name_arrival(&format!("{repository}:{tag}"));
    let digest = detail("image-digest")
        .and_then(|text| Digest::parse(text).ok())
        .ok_or_else(|| {
            Fault::new(
                FaultName::BadInput,
                format!("the push to {repository} names no digest"),
            )
        })?;
    let push = ImagePush {
        repository: repository.to_owned(),
        digest,
        tag: tag.to_owned(),
    };
    pushed(ports, push, Known::Told(sent(event))).await?;
    Ok(())
}

/// Serves a push, once; answers what came of it, unless that was noted before.
pub async fn pushed<P: Ports>(ports: &P, push: ImagePush, known: Known) -> Answered<Option<Came>> {
    once(ports, &what(&push), known, async |seed| {
        serve(ports, push, known, &seed).await
    })
    .await
}

async fn serve<P: Ports>(ports: &P, push: ImagePush, known: Known, seed: &str) -> Answered<Came> {
    let owner: Option<Stored<RepositoryOwner>> =
        store::load(ports, &store::repository(&push.repository)).await?;
    let Some(owner) = owner else {
        tracing::info!("a push to a repository of no application is dropped");
        return Ok(Came::Nothing);
    };
    let app = owner.value.app;
    log::name_app(&app);
    if !chooses_an_environment(ports, &app, &push.tag).await? {
        tracing::info!("a tag that chooses no environment is dropped");
        return Ok(Came::Nothing);
    }
    let mut request = Request::new(ActionName::Deploy, app);
    request.image_push = Some(push);
    request.arrived = known.arrived();
    // ECR's event tells no more of who pushed than the account.
    request.requester = Some(Requester {
        route: Route::Ecr,
        principal: None,
    });
    start(ports, &request, seed).await
}

/// What tells a push from another one.
fn what(push: &ImagePush) -> String {
    format!("{} {} {}", push.repository, push.digest, push.tag)
}

/// Whether a tag goes somewhere. One that matches two environments does: `Admit` refuses it aloud.
async fn chooses_an_environment<P: Ports>(ports: &P, app: &AppName, tag: &str) -> Answered<bool> {
    let Ok(declared) = declaration_in_force(ports, app).await? else {
        return Ok(false);
    };
    Ok(chooses(&declared.declaration, tag))
}

/// The same of a declaration.
pub fn chooses(declaration: &Declaration, tag: &str) -> bool {
    !matches!(declaration.environment_for_image_tag(tag), Ok(None))
}
