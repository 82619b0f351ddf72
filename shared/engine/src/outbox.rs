//! The outbox: passes on what changed in the ledger to EventBridge, to the topics that a declaration names, and to the
//! deployments that wait for a lock. It does not write to the ledger what it has passed on, so nothing is written
//! twice. Once a day it also sends summaries.

// A change that cannot be sent is named to people and passed over: the stream is one line for all applications, and
// would wait for it. `ReportBatchItemFailures` repeats all that comes after the first failure.

pub mod summary;

use crate::kinds::APP_TAG;
use crate::ledger::{self, ExecutionRecord, OtherOwner};
use crate::log;
use crate::ports::{DynamoDbApi, EventBridgeApi, Item, Result, SnsApi, StepFunctionsApi};
use crate::recovery::wake;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::Instrument as _;
use windlass_domain::declaration::difference::differences;
use windlass_domain::declaration::topic::MessageKind;
use windlass_domain::deployment::event_name::EventName;
use windlass_domain::deployment::hourly_look::HourlyLook;
use windlass_domain::deployment::second_look::SecondLook;
use windlass_domain::deployment::step::Step;
use windlass_domain::deployment::{Deployment, Refusal};
use windlass_domain::environment::{EnvironmentState, Lock};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::shown::event::{
    AskedPlan, Event, Notification, asks_anew, not_sent, of_approval, of_deployment, of_drill, of_environment,
    of_hourly_look, of_owner, of_refusal, of_running, of_second_look, of_wait,
};
use windlass_domain::shown::notify;
use windlass_domain::shown::outcome::{CountedDeployment, CountedRestore};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::AppName;

/// One change of the ledger, as the table's stream brings it.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerChange {
    /// The item before; absent if it is new.
    pub before: Option<Item>,
    /// The item after; absent if it was deleted.
    pub after: Option<Item>,
}

/// The ports that the outbox needs.
pub trait Ports: DynamoDbApi + StepFunctionsApi + EventBridgeApi + SnsApi {}
impl<P: DynamoDbApi + StepFunctionsApi + EventBridgeApi + SnsApi> Ports for P {}

/// Serves a batch of the stream, in order. The stream repeats a batch that fails; so an event may
/// come twice, and none is lost. What fails for itself would fail at every repetition and keep what
/// comes after it waiting, so people are notified of it instead.
pub async fn handle(ports: &impl Ports, changes: &[LedgerChange]) -> Result<()> {
    for change in changes {
        let work = one(ports, change);
        let served = match change.after.as_ref().and_then(deployment_of) {
            Some(id) => work.instrument(log::part_for(&id)).await,
            None => work.await,
        };
        match served {
            Err(fault) if is_for_itself(&fault) => report(ports, change, &fault).await?,
            served => served?,
        }
    }
    Ok(())
}

/// Returns whether a fault concerns one change alone: its item cannot be read, or AWS refuses what is made of it.
fn is_for_itself(fault: &Fault) -> bool {
    matches!(fault.name, FaultName::Internal | FaultName::BadInput | FaultName::Refused)
}

async fn report(ports: &impl Ports, change: &LedgerChange, fault: &Fault) -> Result<()> {
    let item = change.after.as_ref().or(change.before.as_ref());
    let key = item.map(|item| &item.key);
    let item = key.map_or_else(String::new, |key| format!("{} {}", key.pk, key.sk));
    tracing::error!(item, %fault, "an event could not be sent");
    let notification = not_sent(&item, &fault.to_string());
    ports.notify(&notification.subject, &notification.message).await
}

/// Returns the deployment that an item is about.
fn deployment_of(item: &Item) -> Option<DeploymentId> {
    Some(DeploymentId(item.key.pk.strip_prefix("deployment#")?.to_owned()))
}

/// Returns the deployments that ended with these changes, for counts of them. A change that cannot be read is left out
/// here; [`handle`] reports it.
///
/// All of it is read before any is returned, so that a batch which fails counts nothing. The stream brings a batch at
/// least once: one that was counted and whose answer was lost is counted again. An ending is not remembered as counted,
/// because that would be a write to the ledger for each, to spare a chart such a rare second one; the figures of an
/// environment are read from its history and know each deployment once.
pub async fn endings(ports: &impl DynamoDbApi, changes: &[LedgerChange]) -> Result<Vec<CountedDeployment>> {
    let mut endings = Vec::new();
    for mut ended in changes.iter().filter_map(|change| ending_of(change).ok()?) {
        let watched_s = watched_s(ports, &ended.id).await?;
        let worked = |seconds: u64| seconds.saturating_sub(watched_s);
        ended.seconds = ended.seconds.map(worked);
        endings.push(ended);
    }
    Ok(endings)
}

/// Returns the environments that are well again with these changes, for counts of how long their failures lasted. A
/// change that cannot be read is left out here; [`handle`] reports it.
pub fn restored(changes: &[LedgerChange]) -> Vec<CountedRestore> {
    let read = |change: &LedgerChange| {
        let (before, after) = records(change).ok()??;
        CountedRestore::of(before.as_ref(), &after)
    };
    changes.iter().filter_map(read).collect()
}

/// Returns for how many seconds the waves of a deployment were watched, from the beginning of each bake to the last
/// look.
async fn watched_s(ports: &impl DynamoDbApi, id: &DeploymentId) -> Result<u64> {
    let all = ledger::load_all(ports, &ledger::judgements(id)).await?;
    let watched_ms: u64 = all.iter().map(|judgement| judgement.value.looked.ms_since(judgement.value.started)).sum();
    Ok(watched_ms / 1000)
}

fn ending_of(change: &LedgerChange) -> Result<Option<CountedDeployment>> {
    Ok(records(change)?.and_then(|(before, after)| CountedDeployment::of(before.as_ref(), &after)))
}

/// Reads the record of a deployment, as it was and as it is; `None` if the change is of another item.
fn records(change: &LedgerChange) -> Result<Option<(Option<Deployment>, Deployment)>> {
    let Some(after) = change.after.as_ref().filter(|item| is_record(item)) else { return Ok(None) };
    let before: Option<Deployment> = change.before.as_ref().map(read).transpose()?;
    Ok(Some((before, read(after)?)))
}

fn is_record(item: &Item) -> bool {
    item.key.sk == "record" && item.key.pk.starts_with("deployment#")
}

/// Returns what asks people for a decision that a step waits for, if anything does.
fn asks(step: &Item) -> Option<&Value> {
    step.body.get("asks_people")
}

async fn one(ports: &impl Ports, change: &LedgerChange) -> Result<()> {
    let before = change.before.as_ref();
    let Some(after) = &change.after else {
        return match before.filter(|before| before.key.sk.starts_with("waiting#")) {
            Some(before) => left_the_queue(ports, before).await,
            None => Ok(()),
        };
    };
    let at = ledger::environment_of(&after.key.pk);
    let at = at.as_ref().map(|(app, environment)| EnvironmentId::new(app, environment));
    match (at, after.key.sk.as_str()) {
        (Some(of), "lock") => freed(ports, of, before, after).await,
        _ if is_record(after) => {
            let former: Option<Deployment> = before.map(read).transpose()?;
            let (former, record): (_, Deployment) = (former.as_ref(), read(after)?);
            send_all(ports, of_deployment(former, &record)).await?;
            let plan =
                if asks_anew(former, &record) { asked_plan(ports, &record).await? } else { AskedPlan::default() };
            send_all(ports, of_approval(former, &record, &plan)).await
        }
        (_, sk) if sk.starts_with("step#") && asks(after).is_some() && before.and_then(asks) != asks(after) => {
            let step: Step = read(after)?;
            let record = ledger::require(ports, &ledger::deployment(&step.deployment)).await?;
            send_all(ports, [of_wait(&record.value, &step)]).await
        }
        (_, "second_look") => {
            let former: Option<SecondLook> = before.map(read).transpose()?;
            send_all(ports, of_second_look(former.as_ref(), &read(after)?)).await
        }
        (_, "hourly_look") => {
            let former: Option<HourlyLook> = before.map(read).transpose()?;
            send_all(ports, of_hourly_look(former.as_ref(), &read(after)?)).await
        }
        (Some(of), "state") => {
            let former: Option<EnvironmentState> = before.map(read).transpose()?;
            let state = read(after)?;
            let hold = of_environment(of, former.as_ref(), &state);
            send_all(ports, hold.into_iter().chain(of_running(of, former.as_ref(), &state))).await
        }
        (Some(of), sk) if sk.starts_with(ledger::DRILL) && before.is_none() => {
            send_all(ports, of_drill(of, &read(after)?)).await?;
            wake(ports, of).await
        }
        (_, "done") if before.is_none() => {
            let done: ExecutionRecord = read(after)?;
            let removed = done.removed.iter().map(|owner| (EventName::Removed, owner));
            let owners = done.moved.iter().map(|owner| (EventName::Moved, owner)).chain(removed);
            let of =
                |(name, owner): (_, &OtherOwner)| of_owner(name, &owner.app, owner.environment.as_ref(), &done.cause);
            send_all(ports, owners.map(of)).await
        }
        (_, sk) if sk.starts_with("refusal#") && before.is_none() => {
            let refusal: Refusal = read(after)?;
            send_all(ports, [of_refusal(&refusal)]).await
        }
        _ => Ok(()),
    }
}

/// Reads what people are shown of a plan that asks them, beside the deployment's record.
async fn asked_plan(ports: &impl DynamoDbApi, record: &Deployment) -> Result<AskedPlan> {
    let of = record.environment_id();
    let planned = ledger::load(ports, &ledger::planned(&record.id)).await?;
    let present = ledger::load_or_default(ports, &ledger::state(of)).await?.value.snapshot;
    let mut plan = AskedPlan { planned: planned.map(|planned| planned.value), ..AskedPlan::default() };
    let Some(present) = ledger::load(ports, &ledger::snapshot(of, present)).await? else { return Ok(plan) };
    let made = ledger::load(ports, &ledger::deployment(&present.value.deployment)).await?;
    plan.declared = made.map(|made| made.value.declaration);
    if let Some(from) = &plan.declared
        && let Some(former) = ledger::load(ports, &ledger::declaration(of.app(), from)).await?
        && let Some(now) = ledger::load(ports, &ledger::declaration(of.app(), &record.declaration)).await?
    {
        plan.differences = differences(&former.value.text, &now.value.text);
    }
    Ok(plan)
}

/// A lock that was freed wakes those that wait; so does one that only an operator frees, because admission refuses them
/// then, and nothing else would wake them.
async fn freed(ports: &impl Ports, of: EnvironmentId<'_>, before: Option<&Item>, after: &Item) -> Result<()> {
    let former: Option<Lock> = before.map(read).transpose()?;
    let lock: Lock = read(after)?;
    let was_stuck = former.as_ref().is_some_and(|it| it.stuck().is_some());
    let was_held = former.is_some_and(|former| former.held.is_some());
    if (!was_stuck && lock.stuck().is_some()) || (was_held && lock.held.is_none()) {
        wake(ports, of).await?;
    }
    Ok(())
}

/// Wakes those that wait when a deployment left the queue without a turn while the lock is free, because they let it go
/// before them.
async fn left_the_queue(ports: &impl Ports, before: &Item) -> Result<()> {
    let Some((app, environment)) = ledger::environment_of(&before.key.pk) else { return Ok(()) };
    let of = EnvironmentId::new(&app, &environment);
    let lock = ledger::load_or_default(ports, &ledger::lock(of)).await?;
    match lock.value.held {
        Some(_) => Ok(()),
        None => wake(ports, of).await,
    }
}

async fn send_all(ports: &impl Ports, events: impl IntoIterator<Item = Event>) -> Result<()> {
    for event in events {
        let detail = serde_json::to_value(&event.detail)
            .map_err(|error| Fault::internal(format!("an event cannot be written: {error}")))?;
        ports.put_event(&event.name.to_string(), &detail).await?;
        if let Some(notification) = event.notification() {
            ports.notify(&notification.subject, &notification.message).await?;
        }
        notify_topics(ports, &event).await?;
    }
    Ok(())
}

fn read<T: DeserializeOwned>(item: &Item) -> Result<T> {
    let mut body = item.body.clone();
    ledger::unpack(&mut body)?;
    serde_json::from_value(Value::Object(body)).map_err(|error| {
        Fault::internal(format!("the stream's item {} {} cannot be read: {error}", item.key.pk, item.key.sk))
    })
}

/// Notifies the topics of the declaration that is in force now, whichever a deployment was planned by: who is notified
/// is about people, and not about a release. A topic that cannot be reached holds up no other and no event, because
/// the stream also wakes deployments: the installation's own is notified of it.
pub(crate) async fn notify_topics(ports: &impl Ports, event: &Event) -> Result<()> {
    if MessageKind::of(event).is_empty() {
        return Ok(());
    }
    let Some(declared) = ledger::load(ports, &ledger::declaration_in_force(&event.detail.app)).await? else {
        return Ok(());
    };
    let declaration = ledger::read_declaration(&declared.value).map_err(|findings| {
        Fault::internal(format!(
            "the declaration {} in the ledger cannot be read any more: {findings:?}",
            declared.value.version
        ))
    })?;
    for (topic, message) in notify::messages(&declaration, event) {
        send(ports, &event.detail.app, &topic, &message).await?;
    }
    Ok(())
}

/// Notifies a topic of the application. Where that fails for the topic itself, the installation's own is notified of
/// it.
pub(crate) async fn send(ports: &impl SnsApi, app: &AppName, topic: &str, message: &Notification) -> Result<()> {
    match sent(ports, app, topic, message).await {
        Err(fault) if is_of_the_topic(&fault) => {
            tracing::warn!(topic, %fault, "a topic could not be reached");
            let notification = notify::topic_not_reached(topic, &message.subject, &fault.message);
            ports.notify(&notification.subject, &notification.message).await
        }
        sent => sent,
    }
}

/// The tag is compared each time: it may have changed since the declaration came, and a policy of IAM sees that there
/// is one but cannot compare it with the name of an application. Without it an application could write into the channel
/// of another team.
async fn sent(ports: &impl SnsApi, app: &AppName, topic: &str, message: &Notification) -> Result<()> {
    let tags = ports.topic_tags(topic).await?;
    if tags.get(APP_TAG).map(String::as_str) != Some(app.as_str()) {
        let why = format!("its tag `{APP_TAG}` does not name `{app}`");
        return Err(Fault::new(FaultName::AccessDenied, why));
    }
    ports.notify_topic(topic, &message.subject, &message.message).await
}

/// Returns whether the fault is the topic's own, so that asking again would not help.
fn is_of_the_topic(fault: &Fault) -> bool {
    matches!(fault.name, FaultName::NotFound | FaultName::AccessDenied | FaultName::Refused)
}
