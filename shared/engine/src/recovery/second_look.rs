//! The second look, 15 minutes after a recovery (`docs/decisions/recovery/0184-looking-again-after-a-recovery.md`).

use super::hourly_look;
use crate::faults::Faults;
use crate::ledger::{self, Stored};
use crate::log;
use crate::observe::glance;
use crate::ports::{DynamoDbApi, Result, Transacted, Write};
use crate::recovery::start::Ports;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use tracing::Instrument as _;
use windlass_domain::deployment::hourly_look::{ComponentLook, HourlyLook};
use windlass_domain::deployment::second_look::{SecondLook, SecondLookResult};
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::drift::{Compared, Drift};
use windlass_domain::environment::{HeldState, Running};
use windlass_domain::release::identity::{DeploymentId, execution_name};
use windlass_domain::text::fault::Fault;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The number of looks that are read in a run of the schedule. Those that are due first come first.
const AT_MOST: u32 = 25;

/// The milliseconds after the beginning of the run within which another look begins. It has the rest of the function's
/// 60 s. The other looks are made in the next run.
const BEGINS_WITHIN_MS: u64 = 25_000;

/// Makes the looks that are due. One that goes wrong keeps no other from its turn. Answers the environments where one
/// was still to be made when the run began.
pub async fn look_again(ports: &impl Ports, began: Time, faults: &mut Faults) -> BTreeSet<(AppName, EnvironmentName)> {
    let now = ports.now();
    let looks = ledger::load_first_indexed(ports, &ledger::SECOND_LOOKS, AT_MOST, faults).await;
    let awaited = looks.iter().filter(|look| look.value.looked.is_none());
    let awaited = awaited.map(|look| (look.value.app.clone(), look.value.environment.clone()));
    let awaited = awaited.collect();
    for look in looks.into_iter().filter(|look| look.value.due <= now) {
        if ports.now().ms_since(began) > BEGINS_WITHIN_MS {
            break;
        }
        let deployment = look.value.deployment.clone();
        let part = log::part_for(&deployment);
        let came = one(ports, look).instrument(part.clone()).await;
        part.in_scope(|| faults.take(format!("the second look at {deployment}"), came));
    }
    awaited
}

async fn one(ports: &impl Ports, mut look: Stored<SecondLook>) -> Result<()> {
    if look.value.looked.is_some() {
        return hold(ports, look).await;
    }
    let found = ledger::load_or_default(ports, &ledger::lock(look.value.environment_id())).await?;
    let holder = found.value.held.as_ref();
    if holder.is_some_and(|held| held.state != HeldState::NeedsOperator) {
        // A deployment changes now the targets that would be looked at.
        look.value.postpone(ports.now());
        save(ports, &mut look, Vec::new()).await?;
        return Ok(());
    }
    let may_try = look.value.begin(ports.now());
    if !save(ports, &mut look, Vec::new()).await? {
        return Ok(());
    }
    let holder = holder.map(|held| &held.deployment);
    let glances = glances(ports, &look.value, holder, may_try).await?;
    let each = glances.iter();
    let compared: BTreeMap<ComponentName, Compared> =
        each.map(|(name, glance)| (name.clone(), glance.compared.clone())).collect();
    let Some(saw) = look.value.result_of(&compared) else {
        tracing::warn!(?compared, "the second look is tried again");
        return Ok(());
    };
    look.value.conclude(saw, compared, ports.now());
    // Nobody has taken the lock since, so what was seen is not the change of a deployment that began meanwhile.
    let mut also = vec![Write::check(found.key.clone(), found.unchanged())];
    if saw == SecondLookResult::Changed {
        also.push(not_again(ports, &look.value, glances).await?);
    }
    if save(ports, &mut look, also).await? && saw == SecondLookResult::Changed {
        return hold(ports, look).await;
    }
    Ok(())
}

/// The write by which no hourly look reports once more what is reported now.
async fn not_again(
    ports: &impl Ports,
    look: &SecondLook,
    glances: BTreeMap<ComponentName, ComponentLook>,
) -> Result<Write> {
    let key = ledger::hourly_look(look.environment_id());
    let known = ledger::load(ports, &key).await?;
    let new = || HourlyLook::new(look.environment_id(), ports.now());
    let mut hourly = known.unwrap_or_else(|| Stored::new(key, new()));
    let changed = glances.into_iter().filter(|(_, glance)| glance.compared.drift == Drift::Changed);
    let marks = changed.filter_map(|(name, glance)| Some((name, glance.mark?)));
    hourly.value.told.extend(marks);
    hourly_look::put(&hourly)
}

/// Each component that the recovery left, beside its record.
async fn glances(
    ports: &impl Ports,
    look: &SecondLook,
    holder: Option<&DeploymentId>,
    may_try: bool,
) -> Result<BTreeMap<ComponentName, ComponentLook>> {
    let mut left = left(ports, look).await?;
    if let Some(holder) = holder {
        // A component that the holder changed and could not restore is reported already, and a person is called to it.
        for step in steps(ports, holder).await? {
            if step.value.has_switched() {
                left.remove(&step.value.component);
            }
        }
    }
    if may_try {
        return Ok(glance(ports, &left).await);
    }
    let unknown = ComponentLook::unknown("the function that looked at it ended without an answer");
    Ok(left.into_keys().map(|name| (name, unknown.clone())).collect())
}

async fn left(ports: &impl DynamoDbApi, look: &SecondLook) -> Result<BTreeMap<ComponentName, Running>> {
    let key = ledger::state(look.environment_id());
    let state = ledger::load_or_default(ports, &key).await?;
    let steps = steps(ports, &look.deployment).await?;
    Ok(look.left(steps.iter().map(|step| &step.value), &state.value))
}

async fn steps(ports: &impl DynamoDbApi, deployment: &DeploymentId) -> Result<Vec<Stored<Step>>> {
    ledger::load_all(ports, &ledger::steps(deployment)).await
}

/// Holds automatic deployments: the next one would take what nobody released for the state before,
/// and bring that back where it is undone. The look is over when the execution that holds them has
/// succeeded, which the next run of the schedule sees; one that has not is reported, and followed by another, but
/// for the sixth.
async fn hold(ports: &impl Ports, mut look: Stored<SecondLook>) -> Result<()> {
    let Some(arn) = look.value.hold.clone() else {
        return start_to_hold(ports, look).await;
    };
    let found = ports.execution(&arn).await?;
    match found.as_ref().map_or("lost", |found| &found.status) {
        "SUCCEEDED" => {
            look.value.held = true;
            save(ports, &mut look, Vec::new()).await?;
            Ok(())
        }
        "RUNNING" => Ok(()),
        status => {
            look.value.hold = None;
            let next = if look.value.was_not_held() {
                save(ports, &mut look, Vec::new()).await?;
                "no other follows: hold them"
            } else {
                start_to_hold(ports, look).await?;
                "another is started"
            };
            Err(Fault::internal(format!("automatic deployments are not held: the execution {arn} is {status}; {next}")))
        }
    }
}

async fn start_to_hold(ports: &impl Ports, mut look: Stored<SecondLook>) -> Result<()> {
    let (app, environment) = (&look.value.app, &look.value.environment);
    let input = json!({
        "action": "hold",
        "app": app,
        "environment": environment,
        "reason": look.value.reason_to_hold(),
        "requester": { "route": "windlass", "principal": "Windlass" },
    });
    // If the start of one could not be noted, this is the same one again.
    let nth = format!("second-look-{}", look.value.holds + 1);
    let stem = [nth.as_str(), app.as_str(), environment.as_str()];
    let name = execution_name(&stem, look.value.deployment.as_str());
    look.value.hold = Some(ports.start(&name, &input).await?);
    look.value.holds += 1;
    look.value.postpone(ports.now());
    save(ports, &mut look, Vec::new()).await?;
    Ok(())
}

/// Writes the look, where nobody else has. `false`: somebody has, or what must hold does not.
async fn save(ports: &impl DynamoDbApi, look: &mut Stored<SecondLook>, mut also: Vec<Write>) -> Result<bool> {
    let index = ledger::second_look_index(look.value.due, &look.value.deployment);
    also.push(look.put_indexed(Some(index).filter(|_| !look.value.is_over()))?);
    let done = ports.transact(also).await? == Transacted::Done;
    look.rev += u64::from(done);
    Ok(done)
}
