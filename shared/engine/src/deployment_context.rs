//! Loads a deployment under way, as planner and judge both need it: its record, its declaration for the environment,
//! the place of its targets, and the lock that fences what is written for it.

use crate::config::Configured;
use crate::ledger::{self, Fence, Stored};
use crate::payload::{Answer, CallingExecution};
use crate::ports::{DynamoDbApi, Result};
use windlass_domain::declaration::Declared;
use windlass_domain::declaration::resolved::{Place, ResolvedEnvironment, TargetRole};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::Lock;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;

/// A deployment under way.
#[derive(Debug, Clone, PartialEq)]
pub struct DeploymentContext {
    /// Its record.
    pub record: Deployment,
    /// The revision of the record that was read.
    pub rev: u64,
    /// Its declaration, for its environment.
    pub resolved: ResolvedEnvironment,
    /// The region and the role of its targets.
    pub place: Place,
    /// The fence of what is written for it: the lock had its token when it was read.
    pub fence: Fence,
    /// The time at which the environment's deployment before this one let the lock go; absent before the first.
    pub freed: Option<Time>,
}

impl DeploymentContext {
    /// An answer about this deployment with nothing in it but its word.
    pub fn answer<T>(&self, verdict: T) -> Answer<T> {
        Answer::of(verdict, &self.record.id, self.fence.token)
    }
}

/// Reads the deployment that a state asks for. `StaleToken` if another execution took over.
pub async fn load(ports: &(impl DynamoDbApi + Configured), by: &CallingExecution) -> Result<DeploymentContext> {
    let record = ledger::require(ports, &ledger::deployment(&by.deployment)).await?;
    let fence = Fence::new(record.value.environment_id(), &record.value.id, by.token);
    let lock = fence.lock(ports).await?.value;
    of_record(ports, record, lock, fence).await
}

/// A deployment that is only planned: it holds no lock, and nothing is written for it but the plan.
pub async fn planned(ports: &(impl DynamoDbApi + Configured), record: Deployment) -> Result<DeploymentContext> {
    let key = ledger::lock(record.environment_id());
    let lock = ledger::load_or_default(ports, &key).await?;
    let record = Stored::new(ledger::deployment(&record.id), record);
    let fence = Fence::new(record.value.environment_id(), &record.value.id, 0);
    of_record(ports, record, lock.value, fence).await
}

async fn of_record(
    ports: &impl DynamoDbApi,
    record: Stored<Deployment>,
    lock: Lock,
    fence: Fence,
) -> Result<DeploymentContext> {
    let resolved = resolved(ports, &record.value).await?;
    let place = place_of(&resolved, &record.value.id);
    Ok(DeploymentContext { record: record.value, rev: record.rev, resolved, place, fence, freed: lock.freed })
}

/// The declaration of a deployment, for its environment.
pub async fn resolved(ports: &impl DynamoDbApi, record: &Deployment) -> Result<ResolvedEnvironment> {
    let key = ledger::declaration(&record.app, &record.declaration);
    let declared = ledger::require(ports, &key).await?;
    resolve(&declared.value, record)
}

/// Returns the version of the declaration in force, where a deployment goes by another one that its release has not
/// named, and where the one in force has the environment.
///
/// # Errors
/// The ledger's faults.
pub async fn declared_meanwhile(ports: &impl DynamoDbApi, record: &Deployment) -> Result<Option<semver::Version>> {
    if record.names_declaration {
        return Ok(None);
    }
    let declared = ledger::load(ports, &ledger::declaration_in_force(&record.app)).await?;
    let read = declared.and_then(|declared| ledger::read_declaration(&declared.value).ok());
    let in_force = read.filter(|read| read.resolve(&record.environment).is_ok());
    Ok(in_force.map(|read| read.version().clone()).filter(|version| *version != record.declaration))
}

/// A declaration is checked before it is recorded, so findings here are not the caller's.
fn resolve(declared: &Declared, record: &Deployment) -> Result<ResolvedEnvironment> {
    let read = ledger::read_declaration(declared).and_then(|declaration| declaration.resolve(&record.environment));
    read.map_err(|findings| {
        let Deployment { declaration, app, environment, .. } = record;
        let what = format!("the recorded declaration {declaration} of {app} cannot be read for {environment}");
        Fault::of_findings(FaultName::Internal, &findings).while_doing(what)
    })
}

/// Returns the place of the targets of a deployment.
pub fn place_of(resolved: &ResolvedEnvironment, deployment: &DeploymentId) -> Place {
    let role = resolved.role_arn.as_ref().map(|arn| TargetRole {
        arn: arn.clone(),
        external_id: format!("{}/{}", resolved.app, resolved.environment),
        session_name: deployment.to_string(),
    });
    Place { region: resolved.region.clone(), role }
}
