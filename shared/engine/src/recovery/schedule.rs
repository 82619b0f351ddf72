use super::second_look::look_again;
use super::unended::{self, Stands, Unended};
use super::{Owner, Ports, start, wake};
use crate::faults::Faults;
use crate::log;
use crate::ports::{Answered, Clock, Executions, Ledger};
use crate::store::{self, Stored};
use std::collections::BTreeSet;
use tracing::Instrument as _;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{Held, HeldState, Lock};
use windlass_domain::name::{AppName, EnvironmentName};

/// The environments that were woken in a run.
type Woken = BTreeSet<(AppName, EnvironmentName)>;

/// Looks for dead owners, for those that wait in vain and for those that died at their arrival, in
/// case an event or a wake-up was lost; then makes the second looks that are due. Its cost grows with
/// what is held, waits, arrives and was recovered now, not with history.
///
/// # Errors
/// Something could not be read or looked at; all else was.
pub async fn handle<P: Ports>(ports: &P) -> Answered<()> {
    let (mut faults, mut woken) = (Faults::default(), Woken::new());
    for one in &unended::all(ports, &mut faults).await {
        let part = log::part_for(&one.deployment);
        let came = look_at(ports, one, &mut woken).instrument(part.clone());
        let came = came.await;
        part.in_scope(|| faults.take(format!("deployment {}", one.deployment), came));
    }
    look_again(ports, &mut faults).await;
    faults.into_answer()
}

async fn look_at<P: Ports>(ports: &P, one: &Unended, woken: &mut Woken) -> Answered<()> {
    match &one.stands {
        Stands::Holding(held, token) => look_at_owner(ports, one, held, *token).await,
        Stands::Waiting => look_at_waiting(ports, one, woken).await,
        Stands::Arriving(Some(execution), accepted)
            if Owner::of(ports, execution, *accepted).await? != Owner::Running =>
        {
            let cause = format!("The execution {execution} ended before its first turn.");
            recover(ports, one, 0, &cause).await
        }
        Stands::Arriving(..) => Ok(()),
    }
}

async fn recover<P: Executions + Clock>(
    ports: &P,
    one: &Unended,
    token: u64,
    cause: &str,
) -> Answered<()> {
    let (app, environment) = (&one.app, &one.environment);
    start(ports, app, environment, &one.deployment, token, cause).await?;
    Ok(())
}

async fn look_at_owner<P: Executions + Clock>(
    ports: &P,
    one: &Unended,
    held: &Held,
    token: u64,
) -> Answered<()> {
    if held.state == HeldState::NeedsOperator
        || Owner::of(ports, &held.execution, held.since).await? == Owner::Running
    {
        return Ok(());
    }
    let cause = format!("The execution {} ended in the middle.", held.execution);
    recover(ports, one, token, &cause).await
}

async fn look_at_waiting<P: Ledger + Executions + Clock>(
    ports: &P,
    one: &Unended,
    woken: &mut Woken,
) -> Answered<()> {
    let key = store::deployment(&one.deployment);
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
        return recover(ports, one, 0, &cause).await;
    }
    let (app, environment) = (&one.app, &one.environment);
    let lock: Stored<Lock> = store::load_or_default(ports, &store::lock(app, environment)).await?;
    // All that wait there are woken by the first of them.
    if lock.value.held.is_none() && woken.insert((app.clone(), environment.clone())) {
        wake(ports, app, environment).await?;
    }
    Ok(())
}
