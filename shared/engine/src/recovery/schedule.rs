use super::second_look::look_again;
use super::{Owner, Ports, start, wake};
use crate::log;
use crate::ports::{Answered, Clock, Executions, Ledger};
use crate::store::{self, Stored};
use tracing::Instrument as _;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{Held, HeldState, Lock, Waiting};
use windlass_domain::name::{AppName, EnvironmentName};

/// Looks for dead owners, for those that wait in vain and for those that died at their arrival, in
/// case an event or a wake-up was lost; then makes the second looks that are due. Its cost grows with
/// what is held, waits, arrives and was recovered now, not with history.
pub async fn handle<P: Ports>(ports: &P) -> Answered<()> {
    let locks: Vec<Stored<Lock>> = store::load_all_indexed(ports, store::HELD).await?;
    for lock in &locks {
        if let (Some(held), Some((app, environment))) =
            (&lock.value.held, store::environment_of(&lock.key.pk))
        {
            look_at_owner(ports, &app, &environment, held, lock.value.token)
                .instrument(log::part_for(&held.deployment))
                .await?;
        }
    }
    let waiting: Vec<Stored<Waiting>> = store::load_all_indexed(ports, store::WAITING).await?;
    for one in &waiting {
        if let Some((app, environment)) = store::environment_of(&one.key.pk) {
            look_at_waiting(ports, &app, &environment, &one.value)
                .instrument(log::part_for(&one.value.deployment))
                .await?;
        }
    }
    let arriving: Vec<Stored<Deployment>> = store::load_all_indexed(ports, store::ARRIVING).await?;
    for record in &arriving {
        look_at_arriving(ports, &record.value).await?;
    }
    look_again(ports).await
}

/// It holds no lock and has no place in the queue yet.
async fn look_at_arriving<P: Executions + Clock>(ports: &P, record: &Deployment) -> Answered<()> {
    if let Some(execution) = record.executions.first()
        && Owner::of(ports, execution, record.accepted).await? != Owner::Running
    {
        let cause = format!("The execution {execution} ended before its first turn.");
        let (app, environment) = (&record.app, &record.environment);
        start(ports, app, environment, &record.id, 0, &cause).await?;
    }
    Ok(())
}

async fn look_at_owner<P: Executions + Clock>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
    held: &Held,
    token: u64,
) -> Answered<()> {
    if held.state == HeldState::NeedsOperator
        || Owner::of(ports, &held.execution, held.since).await? == Owner::Running
    {
        return Ok(());
    }
    let cause = format!("The execution {} ended in the middle.", held.execution);
    start(ports, app, environment, &held.deployment, token, &cause).await?;
    Ok(())
}

async fn look_at_waiting<P: Ledger + Executions + Clock>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
    waiting: &Waiting,
) -> Answered<()> {
    let key = store::deployment(&waiting.deployment);
    let record: Option<Stored<Deployment>> = store::load(ports, &key).await?;
    let Some(record) = record else {
        // A ledger that was restored in part: the others are still looked at.
        tracing::error!("it waits but has no record");
        return Ok(());
    };
    if let Some(execution) = record.value.executions.first()
        && Owner::of(ports, execution, record.value.accepted).await? != Owner::Running
    {
        let cause = format!("The execution {execution} ended while it waited.");
        start(ports, app, environment, &waiting.deployment, 0, &cause).await?;
        return Ok(());
    }
    let key = store::lock(app, environment);
    let lock: Stored<Lock> = store::load_or_default(ports, &key).await?;
    if lock.value.held.is_none() {
        wake(ports, app, environment).await?;
    }
    Ok(())
}
