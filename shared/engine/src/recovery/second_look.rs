//! The second look, 15 minutes after a recovery (`docs/decisions/recovery/0184-looking-again-after-a-recovery.md`).

use super::hourly_look::glances;
use crate::faults::Faults;
use crate::ledger::{self, Stored, save_look};
use crate::ports::{DynamoDbApi, Result, Write};
use crate::recovery::start::{Ports, by_itself, name};
use crate::{log, vouch};
use std::collections::{BTreeMap, BTreeSet};
use tracing::Instrument as _;
use windlass_domain::deployment::hourly_look::{ComponentLook, HourlyLook};
use windlass_domain::deployment::second_look::{SecondLook, SecondLookResult};
use windlass_domain::environment::drift::Drift;
use windlass_domain::environment::{HeldState, Running};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::DeploymentId;
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
        save_look(ports, &mut look, Vec::new()).await?;
        return Ok(());
    }
    let may_try = look.value.begin(ports.now());
    if !save_look(ports, &mut look, Vec::new()).await? {
        return Ok(());
    }
    let left = left(ports, &look.value, holder.map(|held| &held.deployment)).await?;
    let glances = glances(ports, &left, may_try).await;
    let compared = glances.iter().map(|(name, glance)| (name.clone(), glance.compared.clone())).collect();
    let Some(saw) = look.value.result_of(&compared) else {
        tracing::warn!(?compared, "the second look is tried again");
        return Ok(());
    };
    look.value.conclude(saw, compared, ports.now());
    // Nobody has taken the lock since, so what was seen is not the change of a deployment that began meanwhile.
    let mut also = vec![found.check()];
    if saw == SecondLookResult::Changed {
        also.push(not_again(ports, &look.value, glances).await?);
    }
    if save_look(ports, &mut look, also).await? && saw == SecondLookResult::Changed {
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
    ledger::put_look(&hourly)
}

/// Returns the components that the recovery left and that no other deployment answers for.
async fn left(
    ports: &impl DynamoDbApi,
    look: &SecondLook,
    holder: Option<&DeploymentId>,
) -> Result<BTreeMap<ComponentName, Running>> {
    let state = ledger::load_or_default(ports, &ledger::state(look.environment_id())).await?;
    let steps = ledger::load_all(ports, &ledger::steps(&look.deployment)).await?;
    let mut left = look.left(steps.iter().map(|step| &step.value), &state.value);
    if let Some(holder) = holder {
        // A component that the holder changed and could not restore is reported already, and a person is called to it.
        let steps = ledger::load_all(ports, &ledger::steps(holder)).await?;
        for step in steps.iter().filter(|step| step.value.has_switched()) {
            left.remove(&step.value.component);
        }
    }
    Ok(left)
}

/// Holds automatic deployments: the next one would take what nobody released for the state before,
/// and bring that back where it is undone. The look is over when the execution that holds them has
/// succeeded, which the next run of the schedule sees; one that has not is reported, and followed by another, but
/// for the sixth.
async fn hold(ports: &impl Ports, mut look: Stored<SecondLook>) -> Result<()> {
    let mut failed = None;
    if let Some(arn) = &look.value.hold {
        let found = ports.execution(arn).await?;
        match found.as_ref() {
            Some(found) if !found.has_ended() => return Ok(()),
            Some(found) if found.status == "SUCCEEDED" => look.value.held = true,
            found => {
                let status = found.map_or("lost", |found| &found.status);
                failed = Some(format!("automatic deployments are not held: the execution {arn} is {status}"));
                look.value.hold = None;
            }
        }
    }
    let next = if look.value.is_over() { "no other follows: hold them" } else { "another is started" };
    if !look.value.is_over() {
        let (of, id) = (look.value.environment_id(), look.value.deployment.as_str());
        // If the start of one could not be noted, this is the same one again.
        let nth = format!("second-look-{}", look.value.holds + 1);
        let input = by_itself(ActionName::Hold, of, &look.value.reason_to_hold());
        look.value.hold = Some(vouch::start(ports, &name(&nth, of, id), &input).await?);
        look.value.holds += 1;
        look.value.postpone(ports.now());
    }
    save_look(ports, &mut look, Vec::new()).await?;
    failed.map_or(Ok(()), |why| Err(Fault::internal(format!("{why}; {next}"))))
}
