//! `remove` of a whole application: its declaration first, then all of each environment, then its image repositories.
//!
//! Each part is a transaction of its own, and notes what it has removed. So the same call, or another one, goes on
//! where one was killed. Once the declaration is withdrawn no release begins: a deployment that took the lock in
//! between is rejected when it is prepared.

use crate::conductor::admitting::remove::{AT_ONCE, Part, part};
use crate::conductor::ports::Ports;
use crate::conductor::telling::completed_action::before;
use crate::ledger::{self, ExecutionRecord, commit, retry};
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::ports::{Result, Write};
use crate::removable::application::ApplicationItems;
use crate::trouble::Checked;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::removal::Removal;
use windlass_domain::removal::application::{RemovedApplication, leaves, withdrawn, without_repositories};
use windlass_domain::request::Request;

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
        Err(findings) => return Err(progress.value.told_in(app, findings).into()),
    };
    let next = goes.as_ref().map(|goes| next(&mut found, app, goes));
    let Some((mut writes, told)) = next.transpose()? else {
        let mut told = progress.value.sentences(app);
        told.push(leaves(app));
        let done = ExecutionRecord::removed(app, None, told.join(" "));
        let is_done = commit(ports, vec![done.put(execution)?]).await?;
        return Ok(is_done.then(|| Part::Last(done.answer())));
    };
    match told {
        RemovedPart::All(told) => progress.value.told.push(told),
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

/// The text that tells of a part once it is done.
enum RemovedPart {
    /// This sentence.
    All(String),
    /// As many targets of this environment as a transaction takes.
    Part(EnvironmentName),
}

/// Returns the writes of the next part, and the text that tells of it once it is done.
fn next(found: &mut ApplicationItems, app: &AppName, goes: &RemovedApplication) -> Result<(Vec<Write>, RemovedPart)> {
    if let Some(declared) = &found.declared {
        let mut writes = vec![Write::delete(declared.key.clone(), declared.unchanged())];
        // A release that begins now is found by its lock. If there are more locks than fit, the release is rejected
        // when it is prepared.
        let locks = found.environments.values().map(|one| &one.lock);
        let free = locks.map(|lock| Write::check(lock.key.clone(), lock.unchanged()));
        writes.extend(free.take(AT_ONCE));
        let mut told = vec![withdrawn(app, &declared.value.version)];
        told.extend(goes.holds(app));
        return Ok((writes, RemovedPart::All(told.join(" "))));
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
        let mut told = vec![goes.frees(removal)];
        told.extend(goes.keeps(removal));
        return Ok((writes, RemovedPart::All(told.join(" "))));
    }
    let repositories = found.repositories.iter().take(AT_ONCE);
    let names: Vec<String> = repositories.clone().map(|one| one.value.repository.clone()).collect();
    let writes = repositories.map(|one| Write::delete(one.key.clone(), one.unchanged()));
    Ok((writes.collect(), RemovedPart::All(without_repositories(app, &names))))
}
