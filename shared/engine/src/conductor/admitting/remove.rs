//! `remove`: frees the targets of an environment and forgets their records: those of a component that is not declared
//! any more, the ones that a component has left, or all.

use crate::conductor::ports::Ports;
use crate::conductor::telling::completed_action::before;
use crate::ledger::{self, ExecutionRecord, Progress, Stored, commit, put_state, retry};
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::ports::{Result, Write};
use crate::removable::Removable;
use crate::trouble::Checked;
use windlass_domain::count::count;
use windlass_domain::finding::Finding;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::removal::{Removal, RemovedItems};
use windlass_domain::request::Request;
use windlass_domain::tenancy::Claims;

/// The most claims that are freed in one transaction, beside three other items: DynamoDB takes a hundred (AWS DynamoDB
/// Developer Guide, "Transactions").
pub const AT_ONCE: usize = 90;

impl Progress {
    /// Takes in that an environment has let go of as much as a transaction takes.
    pub fn part(&mut self, environment: &EnvironmentName) {
        *self.parts.entry(environment.clone()).or_default() += AT_ONCE;
    }

    /// All of it, in sentences.
    pub fn sentences(&self, app: &AppName) -> Vec<String> {
        let parts = self.parts.iter();
        let parts = parts
            .map(|(environment, targets)| format!("{app}/{environment} has let go of {}.", count(*targets, "target")));
        self.told.iter().cloned().chain(parts).collect()
    }

    /// Says in a refusal that a part was done before it, which stays done.
    pub fn told_in(&self, app: &AppName, mut findings: Vec<Finding>) -> Vec<Finding> {
        let done = self.sentences(app);
        if let Some(first) = findings.first_mut().filter(|_| !done.is_empty()) {
            let done = done.join(" ");
            first.reason = format!("{} A part was done before that, and stays so: {done}", first.reason);
        }
        findings
    }
}

/// Frees what is claimed, and forgets what is recorded as running, while nobody takes the lock. Where there is much, the
/// last part says that it is done; a retry goes on where it stopped.
pub async fn remove(ports: &impl Ports, execution: &ExecutionRef, request: &Request) -> Checked<Answer<EndTransition>> {
    loop {
        let last = retry(ports, "letting go", async || one_part(ports, execution, request).await).await?;
        if let Part::Last(answer) = last {
            return Ok(answer);
        }
    }
}

/// A part that has let go.
pub enum Part {
    /// Others are left.
    One,
    /// Nothing is left; the execution ends with this answer.
    Last(Answer<EndTransition>),
}

async fn one_part(ports: &impl Ports, execution: &ExecutionRef, request: &Request) -> Checked<Option<Part>> {
    if let Some(answer) = before(ports, execution).await? {
        return Ok(Some(Part::Last(answer)));
    }
    let env = request.named_environment()?;
    let removal = Removal { app: &request.app, environment: env, component: request.component.as_ref() };
    let key = ledger::removing(&execution.arn);
    let mut progress: Stored<Progress> = ledger::load_or_default(ports, &key).await?;
    let mut found = Removable::load(ports, removal).await?;
    let goes = found.decide(removal);
    let goes = goes.map_err(|findings| progress.value.told_in(&request.app, findings))?;
    let mut told = progress.value.sentences(&request.app);
    told.push(goes.in_words(removal));
    let done = ExecutionRecord::removed(&request.app, Some(env), told.join(" "));
    let (mut writes, is_last) = part(&mut found, removal, &goes)?;
    if is_last {
        goes.forget(&mut found.state.value);
        let environment = EnvironmentId::new(&request.app, env);
        writes.push(put_state(&found.state, environment)?);
        writes.push(done.put(execution)?);
    } else {
        progress.value.part(env);
        writes.push(progress.put()?);
    }
    let committed = commit(ports, writes).await?;
    Ok(committed.then(|| if is_last { Part::Last(done.answer()) } else { Part::One }))
}

/// Returns the write of claims of which some were freed. If nobody has a claim of the resource any more, the item is
/// deleted.
fn freed(claims: &Stored<Claims>) -> Result<Write> {
    if claims.value.held.is_empty() {
        return Ok(Write::delete(claims.key.clone(), claims.unchanged()));
    }
    claims.put_indexed(Some(ledger::claims_index(&claims.key)))
}

/// Returns the writes of one part, which frees as many claims as a transaction takes while nobody takes the lock, and
/// whether it is the last part.
pub fn part(found: &mut Removable, removal: Removal<'_>, goes: &RemovedItems) -> Result<(Vec<Write>, bool)> {
    let mut writes: Vec<Write> = Vec::new();
    for claims in &mut found.claims {
        if goes.free(removal, &mut claims.value) {
            writes.push(freed(claims)?);
        }
    }
    let is_last = writes.len() <= AT_ONCE;
    writes.truncate(AT_ONCE);
    writes.push(Write::check(found.lock.key.clone(), found.lock.unchanged()));
    Ok((writes, is_last))
}
