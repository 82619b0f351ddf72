//! The deployments that have no ending yet, and whether an execution still works for one. What Step Functions answers
//! may be behind (AWS Step Functions API Reference, DescribeExecution: eventually consistent).

use crate::faults::Faults;
use crate::ledger::{self, Stored};
use crate::ports::{Clock, DynamoDbApi, Execution, Result, StepFunctionsApi};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::step::SEEN_AFTER_MS;
use windlass_domain::environment::{LockHolder, Waiting};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::fault::Fault;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;

/// A deployment without an ending.
#[derive(Debug)]
pub struct UnendedDeployment {
    pub app: AppName,
    pub environment: EnvironmentName,
    pub deployment: DeploymentId,
    pub stands: UnendedState,
}

impl UnendedDeployment {
    /// The environment that it is of.
    pub fn environment_id(&self) -> EnvironmentId<'_> {
        EnvironmentId::new(&self.app, &self.environment)
    }
}

/// The state of a deployment without an ending.
#[derive(Debug)]
pub enum UnendedState {
    /// It holds the lock, which has this token.
    Holding(LockHolder, u64),
    /// It has a place in the queue: this one.
    Waiting(Box<Waiting>),
    /// It holds no lock and has no place in the queue yet. This execution has worked for it since that time.
    Arriving(Option<String>, Time),
}

/// Those that hold a lock. What cannot be read is noted, and hides no other.
pub async fn holding(ports: &impl DynamoDbApi, faults: &mut Faults) -> Vec<UnendedDeployment> {
    let mut all = Vec::new();
    let locks = ledger::load_all_indexed(ports, &ledger::HELD, faults).await;
    for Stored { key, value, .. } in locks {
        if let Some(held) = value.held {
            let deployment = held.deployment.clone();
            let stands = UnendedState::Holding(held, value.token);
            all.extend(in_environment(&key.pk, deployment, stands, faults));
        }
    }
    all
}

/// All others: those that wait, and those that have not had a turn yet. What cannot be read is noted,
/// and hides no other.
pub async fn others(ports: &impl DynamoDbApi, faults: &mut Faults) -> Vec<UnendedDeployment> {
    let mut all = Vec::new();
    let waiting = ledger::load_all_indexed(ports, &ledger::WAITING, faults).await;
    for Stored { key, value, .. } in waiting {
        let deployment = value.deployment.clone();
        all.extend(in_environment(&key.pk, deployment, UnendedState::Waiting(Box::new(value)), faults));
    }
    let arriving = ledger::load_all_indexed(ports, &ledger::ARRIVING, faults).await;
    all.extend(arriving.into_iter().map(|record: Stored<Deployment>| {
        let record = record.value;
        let execution = record.executions.into_iter().next();
        UnendedDeployment {
            app: record.app,
            environment: record.environment,
            deployment: record.id,
            stands: UnendedState::Arriving(execution, record.accepted),
        }
    }));
    all
}

fn in_environment(
    pk: &str,
    deployment: DeploymentId,
    stands: UnendedState,
    faults: &mut Faults,
) -> Option<UnendedDeployment> {
    let Some((app, environment)) = ledger::environment_of(pk) else {
        let fault = Fault::internal(format!("the ledger's partition {pk} is no environment's"));
        faults.note(format!("deployment {deployment}"), fault);
        return None;
    };
    Some(UnendedDeployment { app, environment, deployment, stands })
}

/// The wait between two looks at an execution that an event says has ended, in milliseconds.
const LOOK_AGAIN_MS: u64 = 2_000;

/// An execution that works for a deployment, or did.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkingExecution {
    /// It still runs, or began so lately that Step Functions may not show it yet.
    Running,
    /// It has ended; absent if Step Functions does not know it any more.
    Ended(Option<Execution>),
}

impl WorkingExecution {
    /// Looks at an execution that has worked for a deployment since then.
    pub async fn of(ports: &(impl StepFunctionsApi + Clock), arn: &str, since: Time) -> Result<Self> {
        let is_new = ports.now().ms_since(since) < SEEN_AFTER_MS;
        let found = ports.execution(arn).await?;
        Ok(match found {
            None if is_new => Self::Running,
            Some(execution) if !execution.has_ended() => Self::Running,
            found => Self::Ended(found),
        })
    }

    /// Looks at an execution of which an event says that it has ended, again and again until that shows, for as long as
    /// an answer may be behind.
    pub async fn of_ended(ports: &(impl StepFunctionsApi + Clock), arn: &str, since: Time) -> Result<Self> {
        let began = ports.now();
        loop {
            let looked = ports.now();
            let owner = Self::of(ports, arn, since).await?;
            if owner != Self::Running || looked.ms_since(began) >= SEEN_AFTER_MS {
                return Ok(owner);
            }
            ports.sleep_ms(LOOK_AGAIN_MS).await;
        }
    }
}
