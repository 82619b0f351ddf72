//! Requests that make no deployment. They are refused, so that the author learns everything at once, or what was done
//! is kept.
//!
//! What was done is kept for the retry that comes when the answer was lost, and for an invocation that begins late.
//! Doing it again would find nothing to do, undo somebody's later change, or make a deployment that nobody works for.

use crate::conductor::answering::{cause_of, ended};
use crate::conductor::request::Ports;
use crate::ledger::{self, ExecutionRecord, OtherOwner, Stored, commit, retry, write_once};
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::ports::{Clock, DynamoDbApi, Result, Write};
use crate::trouble::Checked;
use crate::upload_findings;
use serde_json::Value;
use windlass_domain::deployment::{REFUSED_FOR_S, Refusal};
use windlass_domain::moving::scope::MovingScope;
use windlass_domain::release::arrival_sweep::{IgnoredArrival, LISTED_FOR_S};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::{RefusedCall, Request, Requester, Route};
use windlass_domain::text::finding::{Finding, limited};
use windlass_domain::text::name::AppName;
use windlass_domain::text::prose::Prose;

/// What is done where a refusal is written, for messages.
const RECORDING: &str = "recording the refusal";

/// A request whose form is wrong.
pub async fn unreadable(
    ports: &impl Ports,
    execution: &ExecutionRef,
    input: &Value,
    findings: Vec<Finding>,
) -> Result<Answer<EndTransition>> {
    let requester = Requester::new(Route::Console, Some(execution.arn.clone()));
    let about = "the execution's input".to_owned();
    let app = input.get("app").and_then(|app| app.as_str());
    if let Some(Ok(app)) = app.map(AppName::new) {
        let refusal = refusal(ports, &execution.arn, app, requester, about, &findings);
        record_refusal(ports, refusal).await?;
    } else {
        let line = IgnoredArrival {
            app: None,
            about,
            requester,
            execution: Some(execution.arn.clone()),
            findings: findings.clone(),
            at: ports.now(),
        };
        list_nameless(ports, &execution.arn, line).await?;
    }
    Ok(answer("the input", &findings))
}

/// A request that was read, but cannot become a deployment, and whether its requester is vouched for.
pub async fn refuse(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
    vouched: bool,
    findings: Vec<Finding>,
) -> Result<Answer<EndTransition>> {
    let findings = limited(findings);
    let (app, by) = (request.app.clone(), request.asked_by());
    let mut refusal = refusal(ports, &execution.arn, app, by, about(request), &findings);
    refusal.environment.clone_from(&request.environment);
    refusal.vouched = vouched;
    // The upload comes first: a request that is recorded as refused is not served again, and its author would find
    // nothing there.
    if let Some(upload) = request.upload() {
        upload_findings::write(ports, upload, &findings).await?;
    }
    let environment = request.environment.as_ref().map_or_else(String::new, |it| format!(" {it}"));
    let what = format!("{}{environment} {}", request.app, refusal.about);
    record_refusal(ports, refusal).await?;
    Ok(answer(&what, &findings))
}

/// Makes what is recorded of a refusal in an application. It is recorded once for an `execution`, or for what stands in
/// place of one where none was started.
pub fn refusal(
    ports: &impl Clock,
    execution: &str,
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
        vouched: true,
        execution: execution.to_owned(),
        findings: findings.to_vec(),
        at: ports.now(),
    }
}

/// Records a refusal once. It is there already where an invocation has written it whose answer was lost; where
/// it is not, a write that was refused only met another one, which may have come to nothing.
pub async fn record_refusal(ports: &(impl DynamoDbApi + Clock), refusal: Refusal) -> Result<()> {
    let key = ledger::refusal(&refusal.app, &refusal.execution);
    let is_declared = ledger::is_declared(ports, &refusal.app).await?;
    let app = Some(&refusal.app).filter(|_| is_declared);
    let index = ledger::refused_index(app, refusal.at, &refusal.execution);
    let expires = refusal.at.plus_s(REFUSED_FOR_S);
    let write = Stored::new(key, refusal).put_listed(index, expires)?;
    write_once(ports, RECORDING, &write).await
}

/// Lists an input that names no application among what names none that is declared.
async fn list_nameless(ports: &(impl DynamoDbApi + Clock), arn: &str, line: IgnoredArrival) -> Result<()> {
    let key = ledger::not_taken(arn);
    let index = ledger::refused_index(None, line.at, arn);
    let expires = line.at.plus_s(LISTED_FOR_S);
    let write = Stored::new(key, line).put_listed(index, expires)?;
    write_once(ports, RECORDING, &write).await
}

/// Returns what a request is about, for a person: the object, the image or the version that it brings. Of a refused
/// call that makes no request it is what was asked for.
pub fn about(request: &Request) -> String {
    match (request.refused, &request.deployment) {
        (Some(RefusedCall::Upload), _) => return "upload".to_owned(),
        (Some(RefusedCall::Cancel), Some(id)) => return format!("cancel {id}"),
        _ => {}
    }
    if let Some(object) = request.upload() {
        return object.key.clone();
    }
    if let Some(push) = &request.image_push {
        return format!("{}:{}", push.repository, push.tag);
    }
    request.release_version().map_or_else(|| request.action.to_string(), str::to_owned)
}

fn answer(what: &str, findings: &[Finding]) -> Answer<EndTransition> {
    let (name, cause) = cause_of(what, findings);
    let none = DeploymentId("none".into());
    ended(&none, Ending::Rejected, &name, &cause)
}

impl ExecutionRecord {
    /// Returns the record of something that was done.
    pub fn of(deployment: &DeploymentId, cause: impl Into<Prose>) -> Self {
        let cause = cause.into();
        Self { deployment: deployment.clone(), cause, nothing: String::new(), removed: None, moved: Vec::new() }
    }

    /// Returns the record of a removal.
    pub fn removed(scope: MovingScope<'_>, cause: String) -> Self {
        let owner = OtherOwner { app: scope.app.clone(), environment: scope.environment.cloned() };
        Self { removed: Some(owner), ..Self::of(&DeploymentId("none".into()), cause) }
    }

    /// Returns the record of a move, with the environments that it concerns.
    pub fn moved(sides: Vec<EnvironmentId<'_>>, cause: Prose) -> Self {
        let owner = |side: EnvironmentId<'_>| OtherOwner {
            app: side.app().clone(),
            environment: Some(side.environment().clone()),
        };
        Self { moved: sides.into_iter().map(owner).collect(), ..Self::of(&DeploymentId("none".into()), cause) }
    }

    /// Returns the write that keeps the record, for the transaction that does the thing itself. The write is refused if
    /// this execution has done something already.
    pub fn put(&self, execution: &ExecutionRef) -> Result<Write> {
        Stored::new(ledger::done(&execution.arn), self.clone()).put()
    }

    /// Returns the answer about it.
    pub fn answer(&self) -> Answer<EndTransition> {
        let ending = if self.nothing.is_empty() { Ending::Succeeded } else { Ending::NothingToDo };
        ended(&self.deployment, ending, &self.nothing, &self.cause)
    }
}

/// Returns the answer to what this execution has done before, if anything.
pub async fn before(ports: &impl DynamoDbApi, execution: &ExecutionRef) -> Result<Option<Answer<EndTransition>>> {
    let done = ledger::load(ports, &ledger::done(&execution.arn)).await?;
    Ok(done.map(|done| done.value.answer()))
}

/// Does something once for an execution, in one transaction with the record of it. `decide` returns both, and is asked
/// again if others wrote in between. `what` says what is done, such as `setting the hold`.
pub async fn once(
    ports: &impl Ports,
    execution: &ExecutionRef,
    what: &str,
    mut decide: impl AsyncFnMut() -> Checked<(ExecutionRecord, Vec<Write>)>,
) -> Checked<Answer<EndTransition>> {
    retry(ports, what, async || {
        if let Some(answer) = before(ports, execution).await? {
            return Ok(Some(answer));
        }
        let (done, mut writes) = decide().await?;
        writes.push(done.put(execution)?);
        Ok(commit(ports, writes).await?.then(|| done.answer()))
    })
    .await
}
