//! `accept`: what was seen last becomes the truth, and the environment is unlocked.

use super::commit::{TRIES, commit, contended, pause};
use super::done::{self, Done};
use super::ending::put;
use super::{Ports, refuse};
use crate::payload::{Answer, Ask};
use crate::pin;
use crate::ports::{Answered, Write};
use crate::store::{self, Stored};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{EnvironmentState, HeldState, Lock, Running, Snapshot};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::request::Request;
use windlass_domain::step::{Step, StepStatus};
use windlass_domain::time::Time;

/// What the version of a snapshot says that an operator accepted.
const ACCEPTED: &str = "accepted";

/// One of the two ways out of `NeedsOperator`. The deployment keeps its ending, with a word on how
/// it was resolved. What the deployers saw last is what is accepted: the conductor's role reaches
/// no target.
pub async fn accept<P: Ports>(ports: &P, ask: &Ask, request: &Request) -> Answered<Answer> {
    for tried in 0..TRIES {
        if let Some(answer) = done::before(ports, ask).await? {
            return Ok(answer);
        }
        let env = match pin::named_environment(ports, request).await? {
            Ok(env) => env,
            Err(findings) => return refuse::refuse(ports, ask, request, findings).await,
        };
        let lock: Stored<Lock> =
            store::load_or_default(ports, &store::lock(&request.app, &env)).await?;
        let held = lock.value.held.clone();
        let Some(held) = held.filter(|held| held.state == HeldState::NeedsOperator) else {
            let finding = nothing_to_accept(&request.app, &env);
            return refuse::refuse(ports, ask, request, vec![finding]).await;
        };
        let record: Stored<Deployment> =
            store::require(ports, &store::deployment(&held.deployment)).await?;
        let done = Done {
            cause: format!(
                "{}/{env} is unlocked; what was seen after deployment {} is accepted.",
                request.app, held.deployment
            ),
            deployment: held.deployment,
        };
        let mut writes = writes(ports, request, &env, lock, record).await?;
        writes.push(done.put(ask)?);
        if commit(ports, writes).await? {
            return Ok(done.answer());
        }
        pause(ports, tried).await;
    }
    Err(contended("accepting what is there"))
}

fn nothing_to_accept(app: &AppName, env: &EnvironmentName) -> Finding {
    Finding::new(
        FindingName::NothingToAccept,
        format!("environments.{env}"),
        "no deployment of the environment needs an operator.",
        format!("Nothing has to be done; `windlass status {app} {env}` tells what runs."),
    )
}

async fn writes<P: Ports>(
    ports: &P,
    request: &Request,
    env: &EnvironmentName,
    mut lock: Stored<Lock>,
    mut record: Stored<Deployment>,
) -> Answered<Vec<Write>> {
    let now = ports.now();
    let by = request
        .requester
        .as_ref()
        .and_then(|r| r.principal.clone())
        .unwrap_or_default();
    let reason = request.reason.clone().unwrap_or_default();
    if let Some(ended) = &mut record.value.ending {
        ended.resolved = Some(format!("accepted at {now} by {by}: {reason}"));
    }
    let key = store::state(&request.app, env);
    let mut state: Stored<EnvironmentState> = store::load_or_default(ports, &key).await?;
    let steps: Vec<Stored<Step>> = store::load_all(
        ports,
        &store::deployment_partition(&record.value.id),
        "step#",
    )
    .await?;
    let snapshot = take_in(&mut state.value, &record.value, &steps, now);
    lock.value.free(now);
    let key = store::snapshot(&request.app, env, snapshot.number);
    let snapshot = Stored::new(key, snapshot).put()?;
    Ok(vec![lock.put()?, put(&record)?, state.put()?, snapshot])
}

/// The components that could not be brought back are what was seen of them; a snapshot without a
/// release, because nobody judged it.
fn take_in(
    state: &mut EnvironmentState,
    record: &Deployment,
    steps: &[Stored<Step>],
    now: Time,
) -> Snapshot {
    for step in steps.iter().map(|step| &step.value) {
        if matches!(step.status, StepStatus::Planned | StepStatus::Undone) {
            continue;
        }
        let running = Running {
            artifact: None,
            version: ACCEPTED.into(),
            deployment: record.id.clone(),
            since: now,
            state: step.seen.clone().unwrap_or_else(|| step.before.clone()),
        };
        state.running.insert(step.component.clone(), running);
    }
    let replaced = state.snapshot;
    state.last_snapshot += 1;
    state.snapshot = state.last_snapshot;
    Snapshot {
        number: state.last_snapshot,
        version: ACCEPTED.into(),
        release: None,
        deployment: record.id.clone(),
        made: now,
        replaced,
        components: state.running.clone(),
    }
}
