//! Serves the push of an image to ECR.

use super::arrival::{ArrivalOutcome, Discovery, Ports, sent};
use super::manifest::start;
use crate::pin::declaration_in_force;
use crate::ports::Result;
use crate::routes::intake::arrival::{self, once};
use crate::{ledger, log};
use serde_json::Value;
use windlass_domain::declaration::Declaration;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::request::{ImagePush, Request};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::AppName;

/// Starts a release of the components that live in the repository. The event's own digest is
/// deployed, and not what the tag means later. Pushes without a tag are the platforms' manifests of
/// an index, or untagged; both are ignored (Amazon ECR User Guide, "Amazon ECR events and
/// EventBridge").
pub async fn handle(ports: &impl Ports, event: &Value) -> Result<()> {
    let detail = |name: &str| event.pointer(&format!("/detail/{name}")).and_then(Value::as_str);
    let Some(repository) = detail("repository-name") else {
        return Err(Fault::new(FaultName::BadInput, "the event names no repository"));
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
        .ok_or_else(|| Fault::new(FaultName::BadInput, format!("the push to {repository} names no digest")))?;
    let push = ImagePush { repository: repository.to_owned(), digest, tag: tag.to_owned() };
    pushed(ports, push, Discovery::Announced(sent(event))).await?;
    Ok(())
}

/// Serves a push, once; answers what came of it, unless that was noted before.
pub async fn pushed(ports: &impl Ports, push: ImagePush, known: Discovery) -> Result<Option<ArrivalOutcome>> {
    once(ports, &what(&push), known, async |seed| serve(ports, push, known, &seed).await).await
}

async fn serve(ports: &impl Ports, push: ImagePush, known: Discovery, seed: &str) -> Result<ArrivalOutcome> {
    let Some(owner) = ledger::load(ports, &ledger::repository(&push.repository)).await? else {
        // The repository is listed, and not each of its images: most are not meant for Windlass.
        let app = push.repository.split('/').next().and_then(|name| AppName::new(name).ok());
        arrival::list(ports, &push.repository, app, arrival::pusher(), vec![nobodys(&push)]).await?;
        return Ok(ArrivalOutcome::Nothing);
    };
    let app = owner.value.app;
    log::name_app(&app);
    if let Some(finding) = goes_nowhere(ports, &app, &push).await? {
        let what = format!("{}:{}", push.repository, push.tag);
        arrival::list(ports, &what, Some(app), arrival::pusher(), vec![finding]).await?;
        return Ok(ArrivalOutcome::Nothing);
    }
    let mut request = Request::new(ActionName::Deploy, app);
    request.image_push = Some(push);
    request.arrived = known.arrived();
    // ECR's event names only the account of the one who pushed.
    request.requester = Some(arrival::pusher());
    start(ports, &request, seed).await
}

/// Returns the text that identifies a push.
fn what(push: &ImagePush) -> String {
    format!("{} {} {}", push.repository, push.digest, push.tag)
}

fn nobodys(push: &ImagePush) -> Finding {
    Finding::new(
        FindingName::UnknownName,
        format!("{}:{}", push.repository, push.tag),
        format!("no application declares the repository `{}`, so nothing came of this push.", push.repository),
        format!("If it is meant for one, write `repository: {}` into its component in `app.yaml`.", push.repository),
    )
}

/// Returns the finding that a tag goes nowhere. A tag that matches two environments gets none here: `Admit` refuses it
/// aloud.
async fn goes_nowhere(ports: &impl Ports, app: &AppName, push: &ImagePush) -> Result<Option<Finding>> {
    Ok(match declaration_in_force(ports, app).await {
        Err(trouble) => trouble.findings()?.pop(),
        Ok(declared) if chooses(&declared.declaration, &push.tag) => None,
        Ok(declared) => {
            let at = format!("{}:{}", push.repository, push.tag);
            Some(declared.declaration.no_rule(&at, &push.tag))
        }
    })
}

/// Returns whether a tag goes somewhere.
pub fn chooses(declaration: &Declaration, tag: &str) -> bool {
    !matches!(declaration.environment_for_image_tag(tag), Ok(None))
}
