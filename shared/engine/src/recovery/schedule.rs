use super::drills::come_back_all;
use super::second_look::look_again;
use super::unended::{self, UnendedDeployment, UnendedState};
use super::{WorkingExecution, hourly_look, promotions, start, wake};
use crate::faults::Faults;
use crate::ports::Result;
use crate::recovery::start::Ports;
use crate::{access, ledger, log};
use serde::Serialize;
use std::collections::{BTreeSet, VecDeque};
use tracing::Instrument as _;
use windlass_domain::environment::{HeldState, LockHolder, Waiting};
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The milliseconds after the beginning of the run within which held locks are looked at before the others have their
/// turn.
const LOCKS_WITHIN_MS: u64 = 10_000;

/// The milliseconds after the beginning of the run within which another deployment is looked at. The second and the
/// hourly looks have their turn after that. The next run begins with other deployments.
const BEGINS_WITHIN_MS: u64 = 15_000;

/// The period of the schedule.
const PERIOD_MS: u64 = 5 * 60 * 1000;

/// The golden ratio, as a fraction of 2⁶⁴.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The environments that were woken in a run.
type WokenEnvironments = BTreeSet<(AppName, EnvironmentName)>;

/// The result of a run of the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ScheduleResult {
    /// The number of deployments without an ending that were looked at.
    pub looked_at: usize,
    /// The number of deployments for which there was no time: the next runs look at them.
    pub left: usize,
}

/// Looks for dead owners, for deployments that wait in vain and for those that died at their arrival, in case an event
/// or a wake-up was lost; then makes the second and the hourly looks that are due. Its cost grows with what is held,
/// waits, arrives and was recovered now, and with the number of environments, not with history. Held locks come first,
/// because everybody who wants to go into an environment depends on its lock. They leave the others a third of the
/// time.
///
/// # Errors
/// Something could not be read or looked at; all else was, or is left to the next runs.
pub async fn handle(ports: &impl Ports) -> Result<ScheduleResult> {
    let (began, mut faults, mut woken) = (ports.now(), Faults::default(), WokenEnvironments::new());
    let mut holding = from_a_place(unended::holding(ports, &mut faults).await, began);
    let mut others = from_a_place(unended::others(ports, &mut faults).await, began);
    let all = holding.len() + others.len();
    for (some, within) in [(&mut holding, LOCKS_WITHIN_MS), (&mut others, BEGINS_WITHIN_MS)] {
        look_at_some(ports, some, began.plus_ms(within), &mut woken, &mut faults).await;
    }
    // The held locks get the time that the others left.
    let last = began.plus_ms(BEGINS_WITHIN_MS);
    look_at_some(ports, &mut holding, last, &mut woken, &mut faults).await;
    let left = holding.len() + others.len();
    let looked_at = all - left;
    tracing::info!(looked_at, left, "what is left is looked at by the next runs");
    come_back_all(ports, began, &mut faults).await;
    promotions::start_due(ports, began, &mut faults).await;
    let awaited = look_again(ports, began, &mut faults).await;
    hourly_look::look(ports, began, &awaited, &mut faults).await;
    faults.into_answer().map(|()| ScheduleResult { looked_at, left })
}

/// Returns these deployments, beginning with the one at which a run of this time begins.
fn from_a_place(mut all: Vec<UnendedDeployment>, now: Time) -> VecDeque<UnendedDeployment> {
    let first = first(all.len(), now);
    all.rotate_left(first);
    all.into()
}

/// Looks at one after the other; none is begun after this time.
async fn look_at_some(
    ports: &impl Ports,
    some: &mut VecDeque<UnendedDeployment>,
    last: Time,
    woken: &mut WokenEnvironments,
    faults: &mut Faults,
) {
    while ports.now() <= last
        && let Some(one) = some.pop_front()
    {
        let part = log::part_for(&one.deployment);
        let came = look_at(ports, &one, woken).instrument(part.clone());
        let came = came.await;
        part.in_scope(|| faults.take(format!("deployment {}", one.deployment), came));
    }
}

/// Returns the index at which a run begins, among so many. Each run begins further on by the golden ratio than the one
/// before. So the places where the last runs began are spread evenly, however many there were. A run that comes to only
/// a few leaves none to wait for much longer than the others.
fn first(count: usize, now: Time) -> usize {
    let part = (now.0 / PERIOD_MS).wrapping_mul(GOLDEN) >> 32;
    let count = u64::from(u32::try_from(count).unwrap_or(u32::MAX));
    usize::try_from((part * count) >> 32).unwrap_or_default()
}

async fn look_at(ports: &impl Ports, one: &UnendedDeployment, woken: &mut WokenEnvironments) -> Result<()> {
    match &one.stands {
        UnendedState::Holding(held, token) => look_at_owner(ports, one, held, *token).await,
        UnendedState::Waiting(waiting) => look_at_waiting(ports, one, waiting, woken).await,
        UnendedState::Arriving(Some(execution), accepted)
            if WorkingExecution::of(ports, execution, *accepted).await? != WorkingExecution::Running =>
        {
            let cause = format!("The execution {execution} ended before its first turn.");
            recover(ports, one, 0, &cause).await
        }
        UnendedState::Arriving(..) => Ok(()),
    }
}

async fn recover(ports: &impl Ports, one: &UnendedDeployment, token: u64, cause: &str) -> Result<()> {
    start(ports, one.environment_id(), &one.deployment, token, cause, None).await?;
    Ok(())
}

async fn look_at_owner(ports: &impl Ports, one: &UnendedDeployment, held: &LockHolder, token: u64) -> Result<()> {
    if held.state == HeldState::NeedsOperator
        || WorkingExecution::of(ports, &held.execution, held.since).await? == WorkingExecution::Running
    {
        return Ok(());
    }
    let cause = format!("The execution {} ended in the middle.", held.execution);
    recover(ports, one, token, &cause).await
}

async fn look_at_waiting(
    ports: &impl Ports,
    one: &UnendedDeployment,
    waiting: &Waiting,
    woken: &mut WokenEnvironments,
) -> Result<()> {
    let Some(record) = ledger::load(ports, &ledger::deployment(&one.deployment)).await? else {
        // The ledger was restored in part; the others are still looked at.
        tracing::error!("it waits but has no record");
        return Ok(());
    };
    if let Some(execution) = record.value.executions.first()
        && WorkingExecution::of(ports, execution, record.value.accepted).await? != WorkingExecution::Running
    {
        let cause = format!("The execution {execution} ended while it waited.");
        return recover(ports, one, 0, &cause).await;
    }
    let (app, environment) = (&one.app, &one.environment);
    let lock = ledger::load_or_default(ports, &ledger::lock(one.environment_id())).await?;
    // All that wait there are woken by the first of them; also to be refused, where only an operator goes on.
    let is_over = lock.value.held.is_none() || lock.value.stuck().is_some();
    let is_due = waiting.is_due(is_over, record.value.waits_until(), ports.now());
    // Other rules may ask for no approval, or open a window.
    let is_due = is_due || waiting.until.is_some() && access::rules(ports, app).await?.versions() != waiting.ruled_by;
    if is_due && woken.insert((app.clone(), environment.clone())) {
        wake(ports, one.environment_id()).await?;
    }
    Ok(())
}
