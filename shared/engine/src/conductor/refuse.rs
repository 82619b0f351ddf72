//! Refusing what cannot become a deployment, so that its author learns everything at once.

use super::Ports;
use super::answer::ended;
use super::ending::sentence;
use crate::beside;
use crate::payload::{Answer, Ask};
use crate::ports::Answered;
use crate::store::{self, Stored};
use windlass_domain::deployment::Refusal;
use windlass_domain::ending::Ending;
use windlass_domain::finding::{Finding, limited};
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::AppName;
use windlass_domain::request::{Request, Requester, Route};

/// A request whose form is wrong.
pub async fn unreadable<P: Ports>(
    ports: &P,
    ask: &Ask,
    findings: Vec<Finding>,
) -> Answered<Answer> {
    let app = ask.request.get("app").and_then(|app| app.as_str());
    if let Some(Ok(app)) = app.map(AppName::new) {
        let requester = Requester {
            route: Route::Console,
            principal: Some(ask.execution.arn.clone()),
        };
        let about = "the execution's input".to_owned();
        let refusal = refusal(ports, ask, app, requester, about, &findings);
        record(ports, refusal).await?;
    }
    Ok(answer(&findings))
}

/// A request that was read, but cannot become a deployment.
pub async fn refuse<P: Ports>(
    ports: &P,
    ask: &Ask,
    request: &Request,
    findings: Vec<Finding>,
) -> Answered<Answer> {
    let findings = limited(findings);
    let requester = request.requester.clone().unwrap_or(Requester {
        route: Route::Console,
        principal: None,
    });
    let mut refusal = refusal(
        ports,
        ask,
        request.app.clone(),
        requester,
        about(request),
        &findings,
    );
    refusal.environment.clone_from(&request.environment);
    // First: what is recorded as refused is not served again, and its author would find nothing there.
    if let Some(upload) = request.upload() {
        beside::write(ports, upload, &findings).await?;
    }
    record(ports, refusal).await?;
    Ok(answer(&findings))
}

fn refusal<P: Ports>(
    ports: &P,
    ask: &Ask,
    app: AppName,
    requester: Requester,
    about: String,
    findings: &[Finding],
) -> Refusal {
    Refusal {
        app,
        environment: None,
        about,
        requester,
        execution: ask.execution.arn.clone(),
        findings: findings.to_vec(),
        at: ports.now(),
    }
}

async fn record<P: Ports>(ports: &P, refusal: Refusal) -> Answered<()> {
    let key = store::refusal(&refusal.app, &refusal.execution);
    // A refused write means that it is recorded already, by an invocation whose answer was lost.
    ports
        .transact(vec![Stored::new(key, refusal).put()?])
        .await?;
    Ok(())
}

fn about(request: &Request) -> String {
    if let Some(object) = &request.manifest_object {
        return object.key.clone();
    }
    if let Some(artifact) = &request.artifact_object {
        return artifact.object.key.clone();
    }
    if let Some(push) = &request.image_push {
        return format!("{}:{}", push.repository, push.tag);
    }
    request
        .manifest
        .as_ref()
        .map(|manifest| manifest.version.clone())
        .or(request.version.clone())
        .unwrap_or_else(|| request.action.to_string())
}

fn answer(findings: &[Finding]) -> Answer {
    let name = findings
        .first()
        .map_or("Rejected".to_owned(), |finding| finding.name.to_string());
    ended(
        &DeploymentId("none".into()),
        Ending::Rejected,
        &name,
        &sentence(findings),
    )
}
