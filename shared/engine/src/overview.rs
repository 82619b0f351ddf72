//! Reads what the ledger has of applications and their environments, for an overview: that of the API, and the
//! summaries.

use crate::ledger::{self, Stored};
use crate::ports::{DynamoDbApi, Query, Result};
use windlass_domain::access::Closed;
use windlass_domain::declaration::Declared;
use windlass_domain::declaration::drill_schedule::Schedule;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::drill::{self, Drills};
use windlass_domain::deployment::hourly_look::LookResult;
use windlass_domain::environment::{EnvironmentState, Lock, Running, Waiting};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The most records of an environment that are read.
const MOST: usize = 1_000;

/// The number of records that is divided among the environments of an application. Each may have at least `FEW`.
const OF_AN_APPLICATION: usize = 3_000;
const FEW: usize = 100;

/// Returns the most records that are read of each environment, if there are so many environments.
pub fn most_of_each(environments: usize) -> usize {
    (OF_AN_APPLICATION / environments.max(1)).clamp(FEW, MOST)
}

/// The number of environments that are read at a time.
pub const AT_A_TIME: usize = 8;

/// The number of records on one page of a history.
const A_PAGE: u32 = 100;

/// Returns the environments of a declaration; none if it cannot be read any more, so that it does not hide the others.
pub fn environments(declared: &Declared) -> Vec<EnvironmentName> {
    ledger::read_declaration(declared).map(|it| it.environments().cloned().collect()).unwrap_or_default()
}

/// The environments of an application: the declared ones in their order, then others in which something was deployed.
pub async fn names(
    ledger: &impl DynamoDbApi,
    app: &AppName,
    declared: Option<&Stored<Declared>>,
) -> Result<Vec<EnvironmentName>> {
    let mut names = declared.map_or_else(Vec::new, |it| environments(&it.value));
    let prefix = ledger::environments_of(app);
    let known = ledger::load_index(ledger, &ledger::ENVIRONMENTS, &prefix).await?;
    for key in known {
        if let Some((_, name)) = ledger::environment_of(&key.pk)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    Ok(names)
}

/// The ledger's items on an environment.
pub struct EnvironmentItems {
    /// The state of the environment: the components that run, and the hold.
    pub state: EnvironmentState,
    /// The lock.
    pub lock: Lock,
    /// The environment's drills.
    pub drills: Drills,
    /// The deployments that wait, with their task tokens. A caller with a task token could answer in its place.
    pub waiting: Vec<Waiting>,
}

/// Reads what the ledger has of an environment.
pub async fn environment_items(ports: &impl DynamoDbApi, of: EnvironmentId<'_>) -> Result<EnvironmentItems> {
    let state = ledger::load_or_default(ports, &ledger::state(of)).await?;
    let lock = ledger::load_or_default(ports, &ledger::lock(of)).await?;
    let drills = ledger::load_or_default(ports, &ledger::drills(of)).await?;
    let waiting = ledger::load_all(ports, &ledger::all_waiting(of)).await?;
    Ok(EnvironmentItems {
        state: state.value,
        lock: lock.value,
        drills: drills.value,
        waiting: waiting.into_iter().map(|one| one.value).collect(),
    })
}

impl EnvironmentItems {
    /// Returns the deployments that run, hold the lock or wait.
    pub fn named(&self) -> Vec<DeploymentId> {
        let running = self.state.running.values().flat_map(Running::all_names);
        let running = running.map(|names| &names.now.deployment);
        let held = self.lock.held.iter().map(|held| &held.deployment);
        let waiting = self.waiting.iter().map(|waiting| &waiting.deployment);
        running.chain(held).chain(waiting).cloned().collect()
    }

    /// Returns the facts that decide on the next drill by the declared schedule, if there is one.
    pub fn next_drill<'a>(
        &'a self,
        schedule: Option<&'a Schedule>,
        closed: Option<&'a Closed>,
        now: Time,
    ) -> drill::DrillFacts<'a> {
        drill::DrillFacts {
            schedule,
            drills: &self.drills,
            lock: &self.lock,
            waits: self.waiting.iter().find(|one| !one.asks).map(|one| &one.deployment),
            hold: self.state.hold.as_ref(),
            closed,
            runs: !self.state.running.is_empty(),
            now,
        }
    }
}

/// The records of an environment that were accepted since then, and where they begin if there were more than `most`.
pub async fn accepted_since(
    ledger: &impl DynamoDbApi,
    of: EnvironmentId<'_>,
    from: Time,
    most: usize,
) -> Result<(Vec<Deployment>, Option<Time>)> {
    let mut query =
        Query { pk: ledger::history(of), sk_prefix: String::new(), descending: true, limit: A_PAGE, after: None };
    let mut all: Vec<Deployment> = Vec::new();
    loop {
        let page = ledger.query_index(query.clone()).await?;
        for item in page.items {
            let record: Stored<Deployment> = ledger::from_item(item)?;
            if record.value.accepted < from {
                return Ok((all, None));
            }
            if all.len() >= most {
                let oldest = all.last().map(|oldest| oldest.accepted);
                return Ok((all, oldest));
            }
            all.push(record.value);
        }
        query.after = page.next;
        if query.after.is_none() {
            return Ok((all, None));
        }
    }
}

/// Returns what the last hourly look at an environment found of the components that run; `None` before the schedule
/// knows the environment.
pub async fn drift(
    ledger: &impl DynamoDbApi,
    of: EnvironmentId<'_>,
    here: &EnvironmentItems,
) -> Result<Option<LookResult>> {
    let key = ledger::hourly_look(of);
    let last = ledger::load(ledger, &key).await?;
    Ok(last.map(|last| {
        let mut shown = last.value.shown(&here.lock, here.state.snapshot);
        let runs = |name: &ComponentName| here.state.running.contains_key(name);
        shown.components.retain(|name, _| runs(name));
        shown.left.retain(runs);
        shown
    }))
}
