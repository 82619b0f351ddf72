//! `remove` frees the targets of a component, an environment or a whole application, and forgets their records.
//! `rename` and `hand_over` give them another owner, in one transaction.
//!
//! A removal has parts. Each part is a transaction of its own, and notes what it has removed. So the same call, or
//! another one, goes on where one was killed. Of a whole application the declaration goes first, then each environment,
//! then its image repositories. Once the declaration is withdrawn no release begins: a deployment that took the lock in
//! between is rejected when it is prepared.

use crate::conductor::answering::without_deployment::{before, once};
use crate::conductor::request::Ports;
use crate::ledger::{self, ExecutionRecord, Progress, Stored, commit, put_state, retry};
use crate::movable::{Movable, WholeMovable};
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::ports::{Result, Write};
use crate::removable::{ApplicationItems, Removable};
use crate::trouble::Checked;
use windlass_domain::declaration::tenancy::Claims;
use windlass_domain::moving::removal::application::{RemovedApplication, leaves, withdrawn, without_repositories};
use windlass_domain::moving::removal::{Removal, RemovedItems};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Request;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};

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
    pub fn noted_in(&self, app: &AppName, mut findings: Vec<Finding>) -> Vec<Finding> {
        let done = self.sentences(app);
        if let Some(first) = findings.first_mut().filter(|_| !done.is_empty()) {
            let done = done.join(" ");
            first.reason.push(format!(" A part was done before that, and stays so: {done}"));
        }
        findings
    }
}

/// Frees what is claimed, and forgets what is recorded as running, while nobody takes the lock. Where there is much,
/// the last part says that it is done; a retry goes on where it stopped.
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
    let goes = goes.map_err(|findings| progress.value.noted_in(&request.app, findings))?;
    let mut sentences = progress.value.sentences(&request.app);
    sentences.push(goes.in_words(removal));
    let done = ExecutionRecord::removed(&request.app, Some(env), sentences.join(" "));
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
    Ok(commit(ports, writes).await?.then(|| if is_last { Part::Last(done.answer()) } else { Part::One }))
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

/// Lets go of one part after the other.
pub async fn remove_application(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
) -> Checked<Answer<EndTransition>> {
    loop {
        let one = async || part_of_application(ports, execution, &request.app).await;
        if let Part::Last(answer) = retry(ports, "letting go", one).await? {
            return Ok(answer);
        }
    }
}

async fn part_of_application(ports: &impl Ports, execution: &ExecutionRef, app: &AppName) -> Checked<Option<Part>> {
    if let Some(answer) = before(ports, execution).await? {
        return Ok(Some(Part::Last(answer)));
    }
    let key = ledger::removing(&execution.arn);
    let mut progress = ledger::load_or_default(ports, &key).await?;
    let mut found = ApplicationItems::load(ports, app).await?;
    let goes = match found.decide(app) {
        Ok(goes) => Some(goes),
        // The last part was removed, and its answer was lost.
        Err(findings) if progress.rev > 0 && is_all_gone(&findings) => None,
        Err(findings) => return Err(progress.value.noted_in(app, findings).into()),
    };
    let Some((mut writes, part)) = goes.as_ref().map(|goes| next(&mut found, app, goes)).transpose()? else {
        let mut sentences = progress.value.sentences(app);
        sentences.push(leaves(app));
        let done = ExecutionRecord::removed(app, None, sentences.join(" "));
        return Ok(commit(ports, vec![done.put(execution)?]).await?.then(|| Part::Last(done.answer())));
    };
    match part {
        RemovedPart::All(sentence) => progress.value.told.push(sentence),
        RemovedPart::Part(environment) => progress.value.part(&environment),
    }
    writes.push(progress.put()?);
    Ok(commit(ports, writes).await?.then_some(Part::One))
}

/// Returns whether the only thing wrong is that nothing is left.
fn is_all_gone(findings: &[Finding]) -> bool {
    let mut findings = findings.iter();
    findings.all(|finding| finding.name == FindingName::UnknownName)
}

/// The text about a part once it is done.
enum RemovedPart {
    /// This sentence.
    All(String),
    /// As many targets of this environment as a transaction takes.
    Part(EnvironmentName),
}

/// Returns the writes of the next part, and the text about it once it is done.
fn next(found: &mut ApplicationItems, app: &AppName, goes: &RemovedApplication) -> Result<(Vec<Write>, RemovedPart)> {
    if let Some(declared) = &found.declared {
        let mut writes = vec![Write::delete(declared.key.clone(), declared.unchanged())];
        // A release that begins now is found by its lock. If there are more locks than fit, the release is rejected
        // when it is prepared.
        let locks = found.environments.values().map(|one| &one.lock);
        writes.extend(locks.map(|lock| Write::check(lock.key.clone(), lock.unchanged())).take(AT_ONCE));
        let mut sentences = vec![withdrawn(app, &declared.value.version)];
        sentences.extend(goes.holds(app));
        return Ok((writes, RemovedPart::All(sentences.join(" "))));
    }
    for (environment, goes) in &goes.environments {
        let Some(found) = found.environments.get_mut(environment) else {
            continue;
        };
        let removal = Removal { app, environment, component: None };
        let (mut writes, is_last) = part(found, removal, goes)?;
        if !is_last {
            return Ok((writes, RemovedPart::Part(environment.clone())));
        }
        goes.forget(&mut found.state.value);
        // An environment of which nothing is left is not listed any more.
        writes.push(found.state.put()?);
        let mut sentences = vec![goes.frees(removal)];
        sentences.extend(goes.keeps(removal));
        return Ok((writes, RemovedPart::All(sentences.join(" "))));
    }
    let repositories = found.repositories.iter().take(AT_ONCE);
    let names: Vec<String> = repositories.clone().map(|one| one.value.repository.clone()).collect();
    let writes = repositories.map(|one| Write::delete(one.key.clone(), one.unchanged()));
    Ok((writes.collect(), RemovedPart::All(without_repositories(app, &names))))
}

/// Moves it, in one transaction. Where somebody has written in between, all of it is looked at anew.
pub async fn move_records(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
) -> Checked<Answer<EndTransition>> {
    once(ports, execution, "moving", async || {
        request.named_environment()?;
        let Some(moving) = request.moving() else {
            return Err(Fault::internal("a move without what is moved").into());
        };
        let found = Movable::load(ports, moving).await?;
        let moves = found.decide(moving)?;
        let done = ExecutionRecord::moved(moving.sides(), moves.in_words(moving));
        let writes = found.moved(moving, &moves, ports.now())?;
        Ok((done, writes))
    })
    .await
}

/// Moves it. Where somebody has written in between, all of it is looked at anew.
pub async fn rename_application(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
) -> Checked<Answer<EndTransition>> {
    let app = &request.app;
    let to = request.to_app.as_ref().unwrap_or(app);
    once(ports, execution, "renaming", async || {
        let found = WholeMovable::load(ports, app, to).await?;
        let whole = found.decide()?;
        let sentence = whole.in_words(&found.asked());
        let sides =
            whole.environments.keys().flat_map(|environment| [app, to].map(|app| EnvironmentId::new(app, environment)));
        let done = ExecutionRecord::moved(sides.collect(), sentence);
        let writes = found.moved(&whole, ports.now())?;
        Ok((done, writes))
    })
    .await
}
