//! A release arrives: `releases/<app>/<environment>/<version>.json`, or `artifacts/<app>/<environment>/<component>/…`
//! for a single artifact.

use crate::access;
use crate::conductor::about;
use crate::ledger::Started;
use crate::pin::declaration_in_force;
use crate::ports::Result;
use crate::routes::intake::arrival::{self, ArrivalOutcome, Created, Ports};
use crate::routes::{begin, begin_anyway};
use crate::{log, upload_findings};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::request::{ArtifactObject, Request};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// Starts the release's execution. A release that cannot be pinned is started as well: `Admit`
/// records what is wrong with it, and writes it beside the upload.
pub async fn handle(ports: &impl Ports, app: AppName, created: Created) -> Result<ArrivalOutcome> {
    let Created { object, requester, arrived, seed } = created;
    let mut request = Request::new(ActionName::Deploy, app);
    request.manifest_object = Some(object);
    request.arrived = arrived;
    request.requester = Some(requester);
    start(ports, &request, &seed).await
}

/// Starts a request, whether or not it can be pinned. What the environment does not take from this way in starts
/// nothing: it is listed as not taken, and reported beside the upload.
pub async fn start(ports: &impl Ports, request: &Request, seed: &str) -> Result<ArrivalOutcome> {
    let rules = access::rules(ports, &request.app).await?;
    let execution = match Box::pin(begin(ports, request, &rules)).await {
        Ok(begun) => {
            if begun.recorded {
                // No execution starts that could clear it.
                upload_findings::clear(ports, request.upload(), &begun.id).await?;
            }
            tracing::info!(execution = begun.execution, "started");
            begun.execution
        }
        Err(trouble) => {
            let findings = trouble.findings()?;
            if findings.iter().any(is_not_taken) {
                return not_taken(ports, request, findings).await;
            }
            let execution = begin_anyway(ports, request, seed).await?;
            tracing::info!(execution, ?findings, "to be refused");
            execution
        }
    };
    let app = request.app.clone();
    Ok(ArrivalOutcome::Started(Started { app, execution }))
}

fn is_not_taken(finding: &Finding) -> bool {
    matches!(finding.name, FindingName::SourceNotAccepted | FindingName::NotAllowed)
}

/// Lists an arrival that its environment does not take. It is not looked at again: that the declaration takes the next
/// one brings nothing that had arrived before.
async fn not_taken(ports: &impl Ports, request: &Request, findings: Vec<Finding>) -> Result<ArrivalOutcome> {
    if let Some(upload) = request.upload() {
        upload_findings::write(ports, upload, &findings).await?;
    }
    let app = Some(request.app.clone());
    arrival::list(ports, &about(request), app, request.asked_by(), findings).await?;
    Ok(ArrivalOutcome::Served)
}

/// Starts a release of one component, where the declaration says that an upload is one. Most
/// artifacts only wait for their manifest.
pub async fn artifact(
    ports: &impl Ports,
    app: AppName,
    environment: &EnvironmentName,
    component: ComponentName,
    created: Created,
) -> Result<ArrivalOutcome> {
    let Created { object, requester, arrived, seed } = created;
    log::name_app(&app);
    let unknown = match declaration_in_force(ports, &app).await {
        Err(trouble) => trouble.findings()?.pop(),
        Ok(declared) => {
            let declaration = &declared.declaration;
            let components = &declaration.document().components;
            let is_declared = declaration.environments().any(|it| it == environment);
            match components.get(&component).map(|it| it.common.on_artifact) {
                _ if !is_declared => Some(declaration.no_such_prefix(&object.key, environment)),
                Some(true) => None,
                Some(false) => {
                    upload_findings::write_if_new(ports, &object, &[]).await?;
                    return Ok(ArrivalOutcome::Served);
                }
                None => Some(declaration.unknown_component(&component)),
            }
        }
    };
    if let Some(finding) = unknown {
        upload_findings::write_if_new(ports, &object, std::slice::from_ref(&finding)).await?;
        arrival::list(ports, &object.key, Some(app), requester, vec![finding]).await?;
        // Its declaration may be on its way.
        return Ok(ArrivalOutcome::Nothing);
    }
    let mut request = Request::new(ActionName::Deploy, app);
    request.artifact_object = Some(ArtifactObject { component, object });
    request.arrived = arrived;
    request.requester = Some(requester);
    start(ports, &request, &seed).await
}
