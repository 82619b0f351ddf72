//! `accept`: records what runs as the new state of the environment, and unlocks the environment.

use crate::access;
use crate::conductor::answering::without_deployment::{self, once};
use crate::conductor::environment::{drills, past, resolved};
use crate::conductor::request::{self, Ports};
use crate::conductor::settling;
use crate::conductor::settling::snapshots::{before_windlass, found, numbered, present, put_snapshot, ran, unreleased};
use crate::last_fault;
use crate::ledger::{self, ExecutionRecord, Fence, Stored, put_deployment, put_state};
use crate::payload::{Answer, CallingExecution, EndTransition};
use crate::ports::{Result, Write};
use crate::trouble::{Checked, Trouble};
use crate::vouch;
use serde_json::Value;
use windlass_domain::deployment::accept::{Accepted, accepted};
use windlass_domain::deployment::step::Step;
use windlass_domain::deployment::{Deployment, Resolved};
use windlass_domain::environment::irreversible::kept;
use windlass_domain::environment::kept::Irreversible;
use windlass_domain::environment::{ACCEPTED, EnvironmentState, Lock, ReleaseFate, Running, Snapshot};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::call::{self, operators};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId, Order};
use windlass_domain::release::request::Request;
use windlass_domain::release::{Part, parts};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// One of the two ways out of `NeedsOperator`. The deployment keeps its ending, with a word on how
/// it was resolved. What `Look` has just seen is what is accepted; where it could not see something, nothing
/// is, and the environment stays locked.
pub async fn accept(
    ports: &impl Ports,
    by: &CallingExecution,
    input: &Value,
    error: &str,
) -> Result<Answer<EndTransition>> {
    let request = match request::request_of(&by.execution, input) {
        Ok(request) => request,
        Err(part) => return without_deployment::unreadable(ports, &by.execution, input, part.findings()).await,
    };
    match taken(ports, by, &request, error).await {
        Ok(answer) => Ok(answer),
        Err(Trouble::Findings(findings)) => {
            let vouched = vouch::is_vouched(ports, &by.execution, input).await?;
            without_deployment::refuse(ports, &by.execution, &request, vouched, findings).await
        }
        Err(Trouble::Fault(fault)) => Err(fault),
    }
}

/// Takes what was seen for what runs, and frees the environment.
async fn taken(
    ports: &impl Ports,
    by: &CallingExecution,
    request: &Request,
    error: &str,
) -> Checked<Answer<EndTransition>> {
    let id = &by.deployment;
    once(ports, &by.execution, "accepting what is there", async || {
        let (record, lock) = still_stuck(ports, by, id).await?;
        let steps = ledger::load_all(ports, &ledger::steps(id)).await?;
        let failed = if error.is_empty() { None } else { Some(look_failed(ports, &record.value, error).await?) };
        let seen = seen(&steps, by, failed)?;
        let done = ExecutionRecord::of(id, cause(&record.value, &seen));
        let rules = access::rules(ports, &request.app).await?;
        let resolved = resolved(ports, &rules, request, record.value.environment_id());
        let mut writes = taken_in(ports, &record.value, &steps, &seen).await?;
        writes.extend(drills::accepted(ports, &record.value, &resolved).await?);
        writes.extend(unlocked(ports, record, lock, resolved)?);
        Ok((done, writes))
    })
    .await
}

type Stuck = (Stored<Deployment>, Stored<Lock>);

/// The deployment and its environment's lock, where it needs an operator as it did when it was looked at.
async fn still_stuck(ports: &impl Ports, by: &CallingExecution, id: &DeploymentId) -> Checked<Stuck> {
    let record = ledger::require(ports, &ledger::deployment(id)).await?;
    let lock = ledger::load_or_default(ports, &ledger::lock(record.value.environment_id())).await?;
    let of = record.value.environment_id();
    if lock.value.stuck().is_none_or(|held| held.deployment != *id) {
        return Err(nothing_to_accept(of).into());
    }
    // What was seen is no longer accepted where a recovery has begun since.
    Fence::new(of, id, by.token).passes(&lock.value)?;
    Ok((record, lock))
}

fn unlocked(
    ports: &impl Ports,
    mut record: Stored<Deployment>,
    mut lock: Stored<Lock>,
    resolved: Resolved,
) -> Result<[Write; 2]> {
    if let Some(ended) = &mut record.value.ending {
        ended.resolved = Some(resolved);
    }
    lock.value.free(ports.now());
    Ok([lock.put()?, put_deployment(&record)?])
}

pub fn nothing_to_accept(of: EnvironmentId<'_>) -> Finding {
    let env = of.environment();
    Finding::new(
        FindingName::NothingToAccept,
        format!("environments.{env}"),
        "no deployment of the environment needs an operator.",
        prose!("Nothing has to be done; {} shows what runs.", call::environment(of)),
    )
}

/// Each component that does not run as recorded, or may not, with what was seen of it.
type Seen<'a> = Vec<(&'a Step, Accepted<'a>)>;

fn seen<'a>(
    steps: &'a [Stored<Step>],
    by: &CallingExecution,
    failed: Option<Finding>,
) -> Result<Seen<'a>, Vec<Finding>> {
    let (mut seen, mut findings) = (Vec::new(), Vec::new());
    for step in steps.iter().map(|step| &step.value) {
        match accepted(step, by.token) {
            Ok(Accepted::AsRecorded) => {}
            Ok(accepted) => seen.push((step, accepted)),
            Err(finding) => findings.push(finding),
        }
    }
    findings.extend(failed);
    if findings.is_empty() {
        return Ok(seen);
    }
    Err(findings)
}

/// The function that looks has failed, and has recorded of no component what it met.
async fn look_failed(ports: &impl Ports, record: &Deployment, error: &str) -> Result<Finding> {
    let last = last_fault::of(ports, &record.id).await?;
    let last = last.filter(|last| last.state == "Look" && last.fault.name.to_string() == error);
    let message = last.map(|last| format!(": {}", last.fault.message.trim_end_matches('.')));
    let env = &record.environment;
    Ok(Finding::new(
        FindingName::TargetNotSeen,
        format!("environments.{env}"),
        format!("the function that looks at what runs failed with {error}{}.", message.unwrap_or_default()),
        prose!(
            "Look for the error in the log of `planner`, mend what it shows, then start {}; the environment stays \
             locked until then.",
            operators(ActionName::Accept, record.environment_id())
        ),
    ))
}

fn cause(record: &Deployment, seen: &Seen<'_>) -> String {
    let others = seen.iter().filter(|(_, accepted)| !is_recorded(accepted));
    let parts: Vec<String> = others
        .map(|(step, accepted)| match accepted {
            Accepted::Runs { shown, .. } => format!("{} {shown}", step.component),
            Accepted::Nothing(why) => format!("{} is not there ({why})", step.component),
            Accepted::AsRecorded => format!("{} as recorded", step.component),
        })
        .collect();
    let parts = match parts.as_slice() {
        [] => "everything is as it is recorded".to_owned(),
        parts => parts.join(", "),
    };
    format!(
        "{}/{} is unlocked; what runs after deployment {} is accepted: {parts}.",
        record.app, record.environment, record.id
    )
}

fn is_recorded(accepted: &Accepted<'_>) -> bool {
    match accepted {
        Accepted::AsRecorded => true,
        Accepted::Runs { as_recorded, .. } => *as_recorded,
        Accepted::Nothing(_) => false,
    }
}

/// Takes what was seen into the environment's state and makes a snapshot of it. If everything is as it is recorded, and
/// nothing irreversible may have run, the present snapshot stays and nothing is written. A first deployment also makes
/// the snapshot that a rollback may go back to, as it does when it succeeds.
async fn taken_in(
    ports: &impl Ports,
    record: &Deployment,
    steps: &[Stored<Step>],
    seen: &Seen<'_>,
) -> Result<Vec<Write>> {
    // An irreversible step that has begun, or may have, forbids what came before it, as if the deployment had
    // succeeded.
    let crossed: Vec<&Step> = steps
        .iter()
        .map(|step| &step.value)
        .filter(|step| step.irreversible && step.status.may_have_changed())
        .collect();
    let now = ports.now();
    let mut state = ledger::load_or_default(ports, &ledger::state(record.environment_id())).await?;
    settling::withdrawn(steps, &mut state.value, false);
    if crossed.is_empty() && seen.iter().all(|(_, accepted)| is_recorded(accepted)) {
        let is_noted = record.action == ActionName::Withdraw;
        return is_noted.then(|| put_state(&state, record.environment_id())).into_iter().collect();
    }
    let mut writes = Vec::new();
    find(&mut state.value, seen, now);
    if state.value.last_snapshot == 0 {
        writes.push(before_windlass(record, &mut state.value, now)?);
    }
    take_in(&mut state.value, record, seen, now);
    for step in crossed {
        ran(&mut state.value, record, step, now);
    }
    let present = present(ports, record, &state.value).await?;
    let kept = kept_runs(ports, record, &state.value, present.as_ref()).await?;
    let replaced = replaced(&state.value, record, present.as_ref());
    let proof = present.map(|present| present.proof_of_what_runs(&state.value)).unwrap_or_default();
    let next = numbered(&mut state.value, record, replaced, now);
    let snapshot = Snapshot { version: ACCEPTED.into(), irreversible: kept, proof, ..next };
    writes.push(put_snapshot(record, snapshot)?);
    if is_live(&state.value, record) {
        writes.extend(past(ports, record, ReleaseFate::Live, now).await?);
    }
    writes.push(put_state(&state, record.environment_id())?);
    Ok(writes)
}

/// Notes what was there before the deployment for each component that runs something else now. A component whose target
/// is gone is forgotten: if the target is made again, it is found as it is then.
fn find(state: &mut EnvironmentState, seen: &Seen<'_>, now: Time) {
    for (step, accepted) in seen {
        match accepted {
            Accepted::Nothing(_) => {
                state.found.remove(&step.component);
            }
            accepted if is_recorded(accepted) => {}
            _ => state.find(&step.component, found(step, None, now)),
        }
    }
}

/// Takes what runs of each component into the state. If the release was brought to a component and not taken back, its
/// parts are marked, so that nothing older goes there by itself (rule 6).
fn take_in(state: &mut EnvironmentState, record: &Deployment, seen: &Seen<'_>, now: Time) {
    let others = seen.iter().filter(|(_, accepted)| !is_recorded(accepted));
    for (step, accepted) in others {
        let name = &step.component;
        let Accepted::Runs { state: runs, as_before, .. } = accepted else {
            state.running.remove(name);
            continue;
        };
        let given = unreleased(ACCEPTED, &record.id, now);
        let running = Running::new(None, given, (*runs).clone()).of_kind(step.kind);
        state.running.insert(name.clone(), running);
        let named = record.release.components.get(name);
        let whole = || vec![Part::from(name.clone())];
        for part in named.map_or_else(whole, |named| parts(name, named)) {
            if !as_before && is_brought(record, step, state.mark_of(&part)) {
                state.mark(&part, &record.order, false);
            }
        }
    }
}

/// Returns whether the whole release was brought, now or before. A release of which only a part was brought was never
/// live, and its next arrival may go on.
fn is_live(state: &EnvironmentState, record: &Deployment) -> bool {
    let is_brought = |name: &ComponentName, artifact: &Artifact| {
        let is_marked = |part: &Part| state.mark_of(part).map(|mark| &mark.id) == Some(&record.id);
        let runs = state.running.get(name);
        parts(name, artifact).iter().all(is_marked) || runs.is_some_and(|runs| runs.has(artifact))
    };
    let mut components = record.release.components.iter();
    record.action == ActionName::Deploy && components.all(|(name, artifact)| is_brought(name, artifact))
}

/// Returns whether the release was brought to the component and not taken back, and no newer one was brought before.
fn is_brought(record: &Deployment, step: &Step, mark: Option<&Order>) -> bool {
    let is_left = step.has_switched() && step.status.may_have_changed();
    let is_newer = mark.is_none_or(|mark| record.order.is_newer_than(mark));
    record.action == ActionName::Deploy && is_left && is_newer
}

/// Returns the number of the snapshot that the accepted one replaces. For a rollback it is the snapshot that the
/// rollback went to, unless that is newer than the one that the present snapshot replaced. So the next rollback walks
/// further back and never forward (rule 8).
fn replaced(state: &EnvironmentState, record: &Deployment, present: Option<&Snapshot>) -> u64 {
    let Some(goal) = record.snapshot else { return state.snapshot };
    present.map_or(goal, |present| goal.min(present.replaced))
}

/// The irreversible runs that what is accepted comes after. Of a rollback that has got stuck on its way each component
/// may be as it was before or as it was then, so it comes after what both come after.
async fn kept_runs(
    ports: &impl Ports,
    record: &Deployment,
    state: &EnvironmentState,
    present: Option<&Snapshot>,
) -> Result<Irreversible> {
    let mut kept = kept(present, state, |_, ran| ran.deployment == record.id);
    if let Some(number) = record.snapshot {
        let goal = ledger::load(ports, &ledger::snapshot(record.environment_id(), number)).await?;
        let goal = goal.map(|goal| goal.value.with_found(state));
        kept.retain(|name, ran| {
            let then = goal.as_ref().and_then(|goal| goal.irreversible.get(name));
            then == Some(&*ran)
        });
    }
    Ok(kept)
}
