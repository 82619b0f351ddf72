//! `releases/<app>/<version>.json`: a release arrives.

use super::arrival::{ArrivalOutcome, Created, Ports};
use crate::ledger::Started;
use crate::ports::Result;
use crate::routes::begin;
use crate::routes::start::begin_anyway;
use crate::upload_findings;
use windlass_domain::name::AppName;
use windlass_domain::request::{ActionName, Request};

/// Starts the release's execution. A release that cannot be pinned is started as well: `Admit`
/// records what is wrong with it, and writes it beside the upload.
pub async fn handle(ports: &impl Ports, app: AppName, created: Created) -> Result<ArrivalOutcome> {
    let Created {
        object,
        requester,
        arrived,
        seed,
    } = created;
    let mut request = Request::new(ActionName::Deploy, app);
    request.manifest_object = Some(object);
    request.arrived = arrived;
    request.requester = Some(requester);
    start(ports, &request, &seed).await
}

/// Starts a request, whether or not it can be pinned.
pub async fn start(ports: &impl Ports, request: &Request, seed: &str) -> Result<ArrivalOutcome> {
    let execution = match begin(ports, request).await {
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
            let execution = begin_anyway(ports, request, seed).await?;
            tracing::info!(execution, ?findings, "to be refused");
            execution
        }
    };
    let app = request.app.clone();
    Ok(ArrivalOutcome::Started(Started { app, execution }))
}
