//! `remove` frees the targets of a component, an environment or a whole application, and forgets their records.
//! `rename` and `hand_over` give them another owner, in one transaction.
//!
//! A removal has parts. Each part is a transaction of its own, and notes what it has removed. So the same call, or
//! another one, goes on where one was killed. Of a whole application the declaration goes first, then each environment,
//! then its image repositories. Once the declaration is withdrawn no release begins: a deployment that took the lock in
//! between is rejected when it is prepared.

use crate::conductor::answering::without_deployment::{before, once};
use crate::conductor::environment::resolved;
use crate::conductor::request::{Asker, Ports};
use crate::ledger::{self, ExecutionRecord, LetGoProgress, Stored, commit, put_state, retry};
use crate::movable::Movable;
use crate::payload::{Answer, EndTransition};
use crate::ports::{Result, Write};
use crate::removable::{OwnerItems, Removable};
use crate::trouble::Checked;
use std::collections::BTreeSet;
use std::ops::ControlFlow::{self, Break, Continue};
use windlass_domain::moving::removal::{Removed, RemovedItems, leaves, withdrawn, without_repositories};
use windlass_domain::moving::scope::MovingScope;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Request;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The most claims that are freed in one transaction, beside three other items: DynamoDB takes a hundred (AWS DynamoDB
/// Developer Guide, "Transactions").
pub const AT_ONCE: usize = 90;

impl LetGoProgress {
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

/// Lets go of one part after the other: frees what is claimed, and forgets what is recorded as running, while nobody
/// takes the lock. A retry goes on where it stopped.
pub async fn remove(ports: &impl Ports, execution: &Asker<'_>, request: &Request) -> Checked<Answer<EndTransition>> {
    loop {
        let one = async || one_part(ports, execution, request).await;
        if let Break(answer) = retry(ports, "letting go", one).await? {
            return Ok(answer);
        }
    }
}

/// Lets go of a part. Returns the answer with which the execution ends where nothing is left.
async fn one_part(
    ports: &impl Ports,
    execution: &Asker<'_>,
    request: &Request,
) -> Checked<Option<ControlFlow<Answer<EndTransition>>>> {
    if let Some(answer) = before(ports, execution).await? {
        return Ok(Some(Break(answer)));
    }
    let scope = request.scope()?;
    let mut progress: Stored<LetGoProgress> = ledger::load_or_default(ports, &ledger::removing(&execution.arn)).await?;
    let mut found = Removable::load(ports, scope).await?;
    let (mut writes, part) = match found.decide() {
        Ok(removed) => next(&mut found, &removed)?,
        // The last part was removed, and its answer was lost.
        Err(findings) if scope.is_whole() && progress.rev > 0 && findings == [scope.nothing(&BTreeSet::new())] => {
            (Vec::new(), RemovedPart::Last(leaves(scope.app)))
        }
        Err(findings) => return Err(progress.value.noted_in(scope.app, findings).into()),
    };
    match part {
        RemovedPart::All(sentence) => progress.value.told.push(sentence),
        RemovedPart::Part(environment) => *progress.value.parts.entry(environment).or_default() += AT_ONCE,
        RemovedPart::Last(sentence) => {
            let mut sentences = progress.value.sentences(scope.app);
            sentences.push(sentence);
            let words = format!("{}{}", sentences.join(" "), asked_for(ports, execution, request));
            let done = ExecutionRecord::removed(scope, words);
            writes.push(done.put(execution)?);
            return Ok(commit(ports, writes).await?.then(|| Break(done.answer())));
        }
    }
    writes.push(progress.put()?);
    Ok(commit(ports, writes).await?.then_some(Continue(())))
}

/// Returns the writes of one part, which frees as many claims as a transaction takes while nobody takes the lock, and
/// whether it is the last part.
fn part(found: &mut OwnerItems, scope: MovingScope<'_>, goes: &RemovedItems) -> Result<(Vec<Write>, bool)> {
    let mut writes: Vec<Write> = Vec::new();
    for claims in &mut found.claims {
        if goes.free(scope, &mut claims.value) {
            writes.push(ledger::freed(claims)?);
        }
    }
    let is_last = writes.len() <= AT_ONCE;
    writes.truncate(AT_ONCE);
    let lock = &found.side.lock;
    writes.push(lock.check());
    Ok((writes, is_last))
}

/// The text about a part once it is done.
enum RemovedPart {
    /// The sentence about a part that is done whole, while others are left.
    All(String),
    /// The environment of which as many targets are freed as a transaction takes.
    Part(EnvironmentName),
    /// The sentence about the part with which all is done.
    Last(String),
}

/// Returns the writes of the next part, and the text about it once it is done.
fn next(found: &mut Removable<'_>, removed: &Removed) -> Result<(Vec<Write>, RemovedPart)> {
    let scope = found.scope;
    if let Some(declared) = found.whole.as_ref().and_then(|whole| whole.declared.found.as_ref()) {
        let mut writes = vec![declared.delete()];
        // A release that begins now is found by its lock. If there are more locks than fit, the release is rejected
        // when it is prepared.
        let locks = found.environments.values().map(|one| &one.side.lock);
        writes.extend(locks.map(Stored::check).take(AT_ONCE));
        let mut sentences = vec![withdrawn(scope.app, &declared.value.version)];
        sentences.extend(removed.holds(scope));
        return Ok((writes, RemovedPart::All(sentences.join(" "))));
    }
    for (environment, goes) in &removed.environments {
        let Some(items) = found.environments.get_mut(environment) else { continue };
        let here = scope.part_in(environment);
        let (mut writes, is_last) = part(items, here, goes)?;
        if !is_last {
            return Ok((writes, RemovedPart::Part(environment.clone())));
        }
        goes.forget(&mut items.side.state.value);
        if !scope.is_whole() {
            writes.push(put_state(&items.side.state, here.at(environment))?);
            let sentences = format!("{} {}", goes.frees(here), removed.leaves(scope));
            return Ok((writes, RemovedPart::Last(sentences)));
        }
        // An environment of which nothing is left is not listed any more.
        writes.push(items.side.state.put()?);
        let mut sentences = vec![goes.frees(here)];
        sentences.extend(goes.keeps(here));
        return Ok((writes, RemovedPart::All(sentences.join(" "))));
    }
    let repositories = found.whole.iter().flat_map(|whole| &whole.repositories).take(AT_ONCE);
    let names: Vec<String> = repositories.clone().map(|one| one.value.repository.clone()).collect();
    Ok((repositories.map(Stored::delete).collect(), RemovedPart::All(without_repositories(scope.app, &names))))
}

/// Returns the line that says who has asked for it, by which rule, and why, where rules of operators are in force. Of a
/// whole application it has the rule of one environment: the right is needed in each.
fn asked_for(ports: &impl Ports, asker: &Asker<'_>, request: &Request) -> String {
    let environment = request.environment.as_ref().or_else(|| asker.rules.environments().next());
    let by = environment
        .map(|environment| resolved(ports, &asker.rules, request, EnvironmentId::new(&request.app, environment)))
        .filter(|by| by.allowed_by.is_some());
    by.map(|by| format!("\n  asked for by {}", by.by_whom())).unwrap_or_default()
}

/// Moves it, in one transaction. Where somebody has written in between, all of it is looked at anew.
pub async fn move_records(
    ports: &impl Ports,
    execution: &Asker<'_>,
    request: &Request,
) -> Checked<Answer<EndTransition>> {
    let Some(moving) = request.moving() else { return Err(Fault::internal("a move without what is moved").into()) };
    let what = if moving.from.is_whole() { "renaming" } else { "moving" };
    once(ports, execution, what, async || {
        let found = Movable::load(ports, moving).await?;
        let moved = found.decide()?;
        let mut words = moved.in_words(moving);
        words.push(asked_for(ports, execution, request));
        let done = ExecutionRecord::moved(moved.sides(moving), words);
        let writes = found.moved(&moved, ports.now())?;
        Ok((done, writes))
    })
    .await
}
