//! `Settle`: writes the ending of what was judged good, or of what `Prepare` decided, and frees the
//! lock, in one transaction.

use super::commit::{TRIES, commit, contended, pause};
use super::cost::note_cost;
use super::ending::{end, put, reject, told};
use super::past::past;
use super::recover::judged_good;
use super::second_look::make_due;
use super::shut_out::shut_out;
use super::undo::failure;
use super::{Ports, deployment_of};
use crate::payload::{Answer, Ask};
use crate::ports::{Answered, Clock, Condition, Write};
use crate::store::{self, Stored};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::deployment::{Deployment, Why};
use windlass_domain::ending::Ending;
use windlass_domain::environment::{Became, EnvironmentState, Lock, Running, Snapshot, Veto};
use windlass_domain::fault::Fault;
use windlass_domain::name::ComponentName;
use windlass_domain::plan::{Outcome, Plan};
use windlass_domain::request::ActionName;
use windlass_domain::since::{ALREADY_THERE, since};
use windlass_domain::step::Step;
use windlass_domain::time::Time;

/// What the version of a snapshot says that holds what a first deployment found.
pub const BEFORE_WINDLASS: &str = "before-windlass";

/// Serves the state.
pub async fn settle<P: Ports>(ports: &P, ask: &Ask) -> Answered<Answer> {
    let id = deployment_of(ask)?;
    for tried in 0..TRIES {
        let mut record: Stored<Deployment> = store::require(ports, &store::deployment(id)).await?;
        if let Some(answer) = told(ports, &record.value).await? {
            return Ok(answer);
        }
        let Some(mut lock) = shut_out(ports, ask, &record.value).await? else {
            pause(ports, tried).await;
            continue;
        };
        if !judged_good(ports, &record.value).await? {
            return Err(Fault::internal(format!(
                "deployment {id} is to be settled but was not judged as passed"
            )));
        }
        let plan: Stored<Plan> = store::require(ports, &store::plan(id)).await?;
        let steps: Vec<Stored<Step>> =
            store::load_all(ports, &store::deployment_partition(id), "step#").await?;
        let lost = steps.iter().find(|step| !step.value.was_reached());
        if let (Some(lost), Outcome::Change) = (lost, plan.value.outcome) {
            let fault = not_seen(&lost.value);
            take_back(ports, ask, record, &lock, &steps, &fault).await?;
            return Err(fault);
        }
        let writes = writes(ports, &mut record, &mut lock, &plan, &steps).await?;
        if commit(ports, writes).await?
            && let Some(answer) = told(ports, &record.value).await?
        {
            return Ok(answer);
        }
        pause(ports, tried).await;
    }
    Err(contended("settling the deployment"))
}

fn not_seen(step: &Step) -> Fault {
    Fault::internal(format!(
        "deployment {} is to be settled but {} was not seen changed",
        step.deployment, step.component
    ))
}

/// Notes that it is to be undone, and why: what was reached was taken back after it was judged. This
/// execution ends by the fault, and the recovery that follows undoes.
async fn take_back<P: Ports>(
    ports: &P,
    ask: &Ask,
    mut record: Stored<Deployment>,
    lock: &Stored<Lock>,
    steps: &[Stored<Step>],
    fault: &Fault,
) -> Answered<()> {
    let why = failure(ports, ask, steps).await?.unwrap_or_else(|| Why {
        name: fault.name.to_string(),
        text: fault.message.clone(),
    });
    record.value.undoing = Some(why);
    let held = Write::check(lock.key.clone(), lock.unchanged());
    // Where it is refused, the recovery finds the same.
    commit(ports, vec![put(&record)?, held]).await?;
    Ok(())
}

async fn writes<P: Ports>(
    ports: &P,
    record: &mut Stored<Deployment>,
    lock: &mut Stored<Lock>,
    plan: &Stored<Plan>,
    steps: &[Stored<Step>],
) -> Answered<Vec<Write>> {
    let key = store::state(&record.value.app, &record.value.environment);
    let mut state: Stored<EnvironmentState> = store::load_or_default(ports, &key).await?;
    let mut more = Vec::new();
    match plan.value.outcome {
        Outcome::Rejected => {
            reject(record, plan.value.findings.clone(), ports.now());
        }
        Outcome::NothingToDo => {
            mark(&mut state.value, &record.value);
            more.extend(past(ports, &record.value, Became::Live, ports.now()).await?);
            if let Some(goal) = &goal(ports, &record.value).await? {
                let now = ports.now();
                found_back(&mut state.value, goal, &plan.value, now);
                if goal.number != state.value.snapshot {
                    more.push(next_snapshot(
                        &record.value,
                        &mut state.value,
                        Some(goal),
                        now,
                    )?);
                }
            }
            let cause = already_there(&record.value, &state.value, &plan.value);
            end(
                record,
                Ending::NothingToDo,
                ALREADY_THERE,
                cause,
                Vec::new(),
                ports.now(),
            );
        }
        Outcome::Change => {
            let goal = goal(ports, &record.value).await?;
            if let Some(goal) = &goal {
                found_back(&mut state.value, goal, &plan.value, ports.now());
            }
            more = succeed(ports, record, &mut state.value, steps, goal.as_ref())?;
            more.extend(lift_veto(ports, &record.value).await?);
            more.extend(past(ports, &record.value, Became::Live, ports.now()).await?);
            more.extend(make_due(ports, &record.value, steps).await?);
        }
    }
    note_cost(ports, &mut record.value, steps).await;
    lock.value.free(ports.now());
    let mut writes = vec![put(record)?, lock.put()?, state.put()?];
    writes.append(&mut more);
    Ok(writes)
}

/// `again` brought a vetoed release in after all: the veto is lifted.
async fn lift_veto<P: Ports>(ports: &P, record: &Deployment) -> Answered<Option<Write>> {
    let key = store::veto(&record.app, &record.environment, &record.release_digest);
    let veto: Option<Stored<Veto>> = store::load(ports, &key).await?;
    Ok(veto.map(|veto| Write::delete(key, Condition::Rev(veto.rev))))
}

/// What was seen to be there, and since when, where Windlass has brought it.
fn already_there(record: &Deployment, state: &EnvironmentState, plan: &Plan) -> String {
    let reasons: Vec<String> = plan
        .unchanged
        .iter()
        .map(|one| {
            let since = since(&one.component, record, state);
            let since = since.map_or_else(String::new, |since| format!(", {since}"));
            format!("{} {}{since}", one.component, one.reason)
        })
        .collect();
    format!("Nothing to do: {}.", reasons.join("; "))
}

/// Rule 6: nothing older than this goes here any more. A rollback leaves the marks, so that what it
/// went back from is not replaced by something older still.
fn mark(state: &mut EnvironmentState, record: &Deployment) {
    if record.action == ActionName::Deploy {
        for component in record.release.components.keys() {
            state.mark(component, &record.order, record.allow_older);
        }
    }
}

/// What a rollback has found in place, such as where somebody had moved an alias by hand, is what its goal says.
fn found_back(state: &mut EnvironmentState, goal: &Snapshot, plan: &Plan, now: Time) {
    for name in plan.unchanged.iter().map(|unchanged| &unchanged.component) {
        let Some(back) = goal.components.get(name) else {
            continue;
        };
        let known = state.running.get(name);
        if known
            .is_none_or(|known| (&known.artifact, &known.state) != (&back.artifact, &back.state))
        {
            let back = Running {
                since: now,
                ..back.clone()
            };
            state.running.insert(name.clone(), back);
        }
    }
}

/// The snapshot that a rollback goes back to.
async fn goal<P: Ports>(ports: &P, record: &Deployment) -> Answered<Option<Snapshot>> {
    if record.action != ActionName::Rollback {
        return Ok(None);
    }
    let number = record.snapshot.unwrap_or_default();
    let key = store::snapshot(&record.app, &record.environment, number);
    let goal: Stored<Snapshot> = store::require(ports, &key).await?;
    Ok(Some(goal.value))
}

fn succeed<P: Clock>(
    ports: &P,
    record: &mut Stored<Deployment>,
    state: &mut EnvironmentState,
    steps: &[Stored<Step>],
    goal: Option<&Snapshot>,
) -> Answered<Vec<Write>> {
    let now = ports.now();
    let mut writes = Vec::new();
    if state.last_snapshot == 0 {
        writes.push(before_windlass(&record.value, state, steps, now)?);
    }
    mark(state, &record.value);
    let changed = changed(&record.value, state, steps, goal, now);
    state.running.extend(changed);
    let unchanged = unchanged(&record.value, state, &record.value.release.version, now);
    state.running.extend(unchanged);
    writes.push(next_snapshot(&record.value, state, goal, now)?);
    let cause = format!(
        "{} {} {} is live: {} changed.",
        record.value.app,
        record.value.environment,
        record.value.release.version,
        steps
            .iter()
            .map(|s| s.value.component.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    );
    end(record, Ending::Succeeded, "", cause, Vec::new(), now);
    Ok(writes)
}

/// What each changed component runs now, as it was seen.
fn changed(
    record: &Deployment,
    state: &EnvironmentState,
    steps: &[Stored<Step>],
    goal: Option<&Snapshot>,
    now: Time,
) -> BTreeMap<ComponentName, Running> {
    let mut running = BTreeMap::new();
    let steps = steps.iter().map(|step| &step.value);
    for (step, seen) in steps.filter_map(|step| Some((step, step.seen.as_ref()?))) {
        let former = state.running.get(&step.component);
        let back = goal.and_then(|goal| goal.components.get(&step.component));
        let named = record.release.components.get(&step.component);
        let artifact = match (back, named) {
            (Some(back), _) => back.artifact.clone(),
            (None, Some(named)) => Some(named.clone()),
            (None, None) => former.and_then(|former| former.artifact.clone()),
        };
        let version = back.map_or(&record.release.version, |back| &back.version);
        running.insert(
            step.component.clone(),
            Running {
                artifact,
                version: version.clone(),
                deployment: record.id.clone(),
                since: now,
                state: seen.clone(),
            },
        );
    }
    running
}

/// What the release names and ran already, where Windlass did not know of it: a snapshot must hold
/// it, or a rollback to that snapshot would leave the component with what came later.
fn unchanged(
    record: &Deployment,
    state: &EnvironmentState,
    version: &str,
    now: Time,
) -> BTreeMap<ComponentName, Running> {
    let named = record.release.components.iter();
    named
        .filter(|(name, _)| !state.running.contains_key(*name))
        .map(|(name, artifact)| {
            let running = Running {
                artifact: Some(artifact.clone()),
                version: version.to_owned(),
                deployment: record.id.clone(),
                since: now,
                state: Value::Null,
            };
            (name.clone(), running)
        })
        .collect()
}

/// A snapshot replaces the one that ran. A rollback's replaces what its goal had replaced, so that
/// the next rollback walks further back and never forward (rule 8), and is as good as its goal.
fn next_snapshot(
    record: &Deployment,
    state: &mut EnvironmentState,
    goal: Option<&Snapshot>,
    now: Time,
) -> Answered<Write> {
    let replaced = goal.map_or(state.snapshot, |goal| goal.replaced);
    state.last_snapshot += 1;
    state.snapshot = state.last_snapshot;
    let mut snapshot = snapshot_of(record, state, replaced, now);
    if let Some(goal) = goal {
        snapshot.release.clone_from(&goal.release);
    }
    put_snapshot(record, snapshot)
}

fn snapshot_of(
    record: &Deployment,
    state: &EnvironmentState,
    replaced: u64,
    now: Time,
) -> Snapshot {
    Snapshot {
        number: state.last_snapshot,
        version: record.release.version.clone(),
        release: Some(record.release_digest.clone()),
        deployment: record.id.clone(),
        made: now,
        replaced,
        components: state.running.clone(),
    }
}

/// What a first deployment found, so that a person can go back to it by its number.
pub fn before_windlass(
    record: &Deployment,
    state: &mut EnvironmentState,
    steps: &[Stored<Step>],
    now: Time,
) -> Answered<Write> {
    let found = steps.iter().map(|step| {
        let running = Running {
            artifact: None,
            version: BEFORE_WINDLASS.into(),
            deployment: record.id.clone(),
            since: now,
            state: step.value.before.clone(),
        };
        (step.value.component.clone(), running)
    });
    state.running = found.collect();
    let unchanged = unchanged(record, state, BEFORE_WINDLASS, now);
    state.running.extend(unchanged);
    state.last_snapshot = 1;
    state.snapshot = 1;
    let snapshot = Snapshot {
        version: BEFORE_WINDLASS.into(),
        release: None,
        ..snapshot_of(record, state, 0, now)
    };
    put_snapshot(record, snapshot)
}

pub fn put_snapshot(record: &Deployment, snapshot: Snapshot) -> Answered<Write> {
    let key = store::snapshot(&record.app, &record.environment, snapshot.number);
    Stored::new(key, snapshot).put()
}
