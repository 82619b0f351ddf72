//! The ways in. Each turns what arrives into the one request that `Admit` takes.

pub mod api;
pub mod intake;

use crate::conductor::{Identified, asks_too, identify, key_reused, repeated};
use crate::ledger::Stored;
use crate::ports::{Clock, Result, StepFunctionsApi};
use crate::trouble::Checked;
use crate::vouch::{self, Starts};
use crate::{log, pin, recovery};
use serde_json::Value;
use windlass_domain::access::Rules;
use windlass_domain::deployment::Deployment;
use windlass_domain::release::identity::{DeploymentId, execution_name};
use windlass_domain::release::request::{Request, Route};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, limited};

/// The number of looks for an execution that was started or met, because DescribeExecution is eventually consistent
/// (AWS Step Functions API Reference, DescribeExecution).
const LOOKS: usize = 6;

/// The wait between two of these looks, in milliseconds.
const LOOK_AGAIN_MS: u64 = 500;

/// A request to deploy whose execution was started, now or by an equal request before.
#[derive(Debug, Clone, PartialEq)]
pub struct StartedRequest {
    /// The deployment's id.
    pub id: DeploymentId,
    /// The name under which its release is recorded.
    pub version: String,
    /// The execution that works for it.
    pub execution: String,
    /// True if the deployment was recorded before, so that no execution was started.
    pub recorded: bool,
}

/// Starts the execution of a request to deploy, with the request pinned. What arrives by a way in that the rules do not
/// name is a finding, and starts nothing. The execution's name is made from the deployment's
/// id, so that equal requests start it once, whatever their route. One that died before it had
/// recorded the deployment does not stand in the way: it is started again, at most once in a quarter
/// of an hour.
pub async fn begin(
    ports: &(impl pin::Ports + StepFunctionsApi),
    request: &Request,
    rules: &Rules,
) -> Checked<StartedRequest> {
    log::name_app(&request.app);
    let existing = repeated(ports, request).await?;
    if let Some(begun) = recorded(ports, request, rules, existing).await? {
        return Ok(begun);
    }
    let pinned = match pin::pin(ports, request, rules).await {
        Ok(pinned) => pinned,
        Err(trouble) => return Err(limited(trouble.findings()?).into()),
    };
    let is_arrival = matches!(request.asked_by().route, Route::S3 | Route::Ecr);
    if let Some(findings) = pinned.allowed.clone().err().filter(|_| is_arrival) {
        // Nobody asked for it by a right to the environment, so that no deployment of it is recorded there.
        return Err(findings.into());
    }
    let Identified { id, existing, .. } = identify(ports, request, &pinned).await?;
    log::name_deployment(&id);
    let handed_over = pinned.handed_over(request);
    if let Some(begun) = recorded(ports, &handed_over, rules, existing).await? {
        return Ok(begun);
    }
    let environment = pinned.resolved.environment.as_str();
    // The names of one key's executions must not differ by what the body brings: then both would be started, and the
    // second one would end unseen.
    let label = match &request.idempotency_key {
        Some(_) => "keyed",
        None => &pinned.release.version,
    };
    let stem = [request.app.as_str(), environment, label];
    let name = |stem: &[&str]| execution_name(stem, id.as_str());
    let input = input(&handed_over)?;
    let mut execution = vouch::start(ports, &name(&stem), &input).await?;
    if let Some(finding) = reused(ports, request, &execution).await? {
        return Err(finding.into());
    }
    if recovery::has_ended(ports, &execution).await? {
        // It died before it recorded anything, or has just recorded the deployment; then the new execution says so.
        let quarter = recovery::quarter(ports);
        let [app, environment, label] = stem;
        execution = vouch::start(ports, &name(&[&quarter, app, environment, label]), &input).await?;
    }
    Ok(StartedRequest { id, version: pinned.release.version, execution, recorded: false })
}

/// Returns the answer about a deployment, if it is recorded. Where another person asks for it, an execution notes that:
/// the record is the conductor's.
async fn recorded(
    ports: &impl Starts,
    request: &Request,
    rules: &Rules,
    deployment: Option<Stored<Deployment>>,
) -> Result<Option<StartedRequest>> {
    let Some(Stored { value: deployment, .. }) = deployment else { return Ok(None) };
    log::name_deployment(&deployment.id);
    let by = request.asked_by();
    if asks_too(rules, &deployment, &by) {
        let seed = format!("{} {} {by}", recovery::quarter(ports), deployment.id);
        begin_anyway(ports, request, &seed).await?;
    }
    let execution = deployment.executions.first().cloned();
    let (id, version) = (deployment.id, deployment.release.version);
    Ok(execution.map(|execution| StartedRequest { id, version, execution, recorded: true }))
}

/// Starts an execution for a request that is not a deployment, or that `Admit` will refuse, so that
/// the refusal is recorded and reported. `seed` names what arrived: the same arrival starts it once.
pub async fn begin_anyway(ports: &impl Starts, request: &Request, seed: &str) -> Result<String> {
    let environment = request.environment.as_ref().map_or("any", |env| env.as_str());
    let action = request.action.to_string();
    let stem = [request.app.as_str(), environment, &action];
    let name = execution_name(&stem, Digest::of(seed.as_bytes()).as_str());
    vouch::start(ports, &name, &input(request)?).await
}

/// Starts an operator's action. The same key starts it once: Step Functions knows an execution's name for 90 days
/// after its end (AWS Step Functions API Reference, StartExecution). Answers a finding where the key was used with
/// another content.
pub async fn begin_own(ports: &impl Starts, request: &Request, seed: &str) -> Checked<String> {
    let arn = begin_anyway(ports, request, seed).await?;
    match reused(ports, request, &arn).await? {
        Some(finding) => Err(finding.into()),
        None => Ok(arn),
    }
}

/// Returns the finding that the execution of a request's key was started with another content. Every route looks at the
/// execution that it has just started or met, because the ledger knows of neither for some seconds.
async fn reused(ports: &(impl StepFunctionsApi + Clock), request: &Request, arn: &str) -> Result<Option<Finding>> {
    if request.idempotency_key.is_none() {
        return Ok(None);
    }
    for _ in 0..LOOKS {
        if let Some(started) = ports.execution(arn).await? {
            let asked = Request::parse(&started.input).ok();
            let is_same = asked.is_some_and(|asked| asked.content() == request.content());
            return Ok((!is_same).then(|| key_reused(arn)));
        }
        ports.sleep_ms(LOOK_AGAIN_MS).await;
    }
    Err(Fault::new(
        FaultName::Unavailable,
        format!("Step Functions does not show yet what {arn} was started with; ask again with the same key"),
    ))
}

fn input(request: &Request) -> Result<Value> {
    serde_json::to_value(request).map_err(|error| Fault::internal(format!("a request cannot be written: {error}")))
}
