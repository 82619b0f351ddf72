//! Keeps what an execution that made no deployment has done. The record is for the retry that comes when the answer was
//! lost, and for an invocation that begins late. Doing it again would find nothing to do, undo somebody's later change,
//! or make a deployment that nobody works for.

use crate::conductor::ports::Ports;
use crate::conductor::telling::answer::ended;
use crate::ledger::{self, ExecutionRecord, Owner, Removed, Stored, commit, retry};
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::ports::{DynamoDbApi, Result, Write};
use crate::trouble::Checked;
use windlass_domain::ending::Ending;
use windlass_domain::identity::{DeploymentId, EnvironmentId};
use windlass_domain::name::{AppName, EnvironmentName};

impl ExecutionRecord {
    /// Returns the record of something that was done.
    pub fn of(deployment: &DeploymentId, cause: String) -> Self {
        Self { deployment: deployment.clone(), cause, nothing: String::new(), removed: None, moved: Vec::new() }
    }

    /// Returns the record of a removal.
    pub fn removed(app: &AppName, environment: Option<&EnvironmentName>, cause: String) -> Self {
        let removed = Removed { app: app.clone(), environment: environment.cloned() };
        Self { removed: Some(removed), ..Self::of(&DeploymentId("none".into()), cause) }
    }

    /// Returns the record of a move, with the environments that it concerns.
    pub fn moved(sides: Vec<EnvironmentId<'_>>, cause: String) -> Self {
        let owner = |EnvironmentId { app, environment }: EnvironmentId<'_>| Owner {
            app: app.clone(),
            environment: environment.clone(),
        };
        Self { moved: sides.into_iter().map(owner).collect(), ..Self::of(&DeploymentId("none".into()), cause) }
    }

    /// Returns the write that keeps the record, for the transaction that does the thing itself. The write is refused if
    /// this execution has done something already.
    pub fn put(&self, execution: &ExecutionRef) -> Result<Write> {
        Stored::new(ledger::done(&execution.arn), self.clone()).put()
    }

    /// Returns the answer that tells of it.
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
        let is_done = commit(ports, writes).await?;
        Ok(is_done.then(|| done.answer()))
    })
    .await
}
