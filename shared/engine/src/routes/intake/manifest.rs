//! `releases/<app>/<environment>/<version>.json`: a release arrives.

use super::arrival::{ArrivalOutcome, Created, Ports};
use super::ignored_arrivals;
use crate::ledger::Started;
use crate::ports::Result;
use crate::routes::begin;
use crate::routes::start::begin_anyway;
use crate::upload_findings;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::AppName;
use windlass_domain::request::{ActionName, Request};

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
/// nothing: it is listed as not taken, and told beside the upload.
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
    finding.name == FindingName::SourceNotAccepted
}

/// Lists an arrival that its environment does not take. It is not looked at again: that the declaration takes the next
/// one brings nothing that had arrived before.
async fn not_taken(ports: &impl Ports, request: &Request, findings: Vec<Finding>) -> Result<ArrivalOutcome> {
    if let Some(upload) = request.upload() {
        upload_findings::write(ports, upload, &findings).await?;
    }
    let push = request.image_push.as_ref();
    let pushed = push.map(|push| format!("{}:{}", push.repository, push.tag));
    let uploaded = request.upload().map(|upload| upload.key.clone());
    let what = pushed.or(uploaded).unwrap_or_default();
    let app = Some(request.app.clone());
    ignored_arrivals::list(ports, &what, app, request.asked_by(), findings).await?;
    Ok(ArrivalOutcome::Served)
}
