//! The fence: what an execution writes for its deployment passes only while the lock of the environment still has the
//! token that the execution was given. Whoever takes a lock, or takes a deployment over, raises the token in the same
//! write. So an execution that was stopped, or that comes late, changes nothing any more, whatever it believes
//! (`docs/SAFETY.md`).

use super::{Key, Stored, load_or_default, lock};
use crate::ports::{Condition, DynamoDbApi, Result, Write};
use serde_json::Value;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::Lock;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::identity::{DeploymentId, EnvironmentId};
use windlass_domain::step::Step;

/// One execution's right to write for its deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Fence {
    lock: Key<Lock>,
    /// `application/environment`, for messages.
    environment: String,
    deployment: DeploymentId,
    /// The token of the lock that the execution was given.
    pub token: u64,
}

impl Fence {
    /// The fence of what is written for a deployment with this token.
    pub fn new(record: &Deployment, token: u64) -> Self {
        let Deployment {
            id,
            app,
            environment,
            ..
        } = record;
        Self {
            lock: lock(EnvironmentId::new(app, environment)),
            environment: format!("{app}/{environment}"),
            deployment: id.clone(),
            token,
        }
    }

    /// The fence of what is written on a step with this token.
    pub fn of_step(step: &Step, token: u64) -> Self {
        let Step {
            deployment,
            app,
            environment,
            ..
        } = step;
        Self {
            lock: lock(EnvironmentId::new(app, environment)),
            environment: format!("{app}/{environment}"),
            deployment: deployment.clone(),
            token,
        }
    }

    /// The condition that the lock has the token: part of every transaction.
    pub fn check(&self) -> Write {
        let token = Condition::Field("token".into(), Value::from(self.token));
        Write::check(self.lock.clone(), token)
    }

    /// Reads the lock.
    ///
    /// # Errors
    /// `StaleToken` where the lock has another token, or is not held for the deployment any more. The ledger's faults.
    pub async fn lock(&self, ledger: &impl DynamoDbApi) -> Result<Stored<Lock>> {
        let lock = load_or_default(ledger, &self.lock).await?;
        let held = lock.value.held.as_ref();
        if lock.value.token == self.token
            && held.is_some_and(|held| held.deployment == self.deployment)
        {
            return Ok(lock);
        }
        let Self {
            environment,
            deployment,
            token,
            ..
        } = self;
        let message = if lock.value.token == *token {
            format!(
                "the lock of {environment} is not held for deployment {deployment} any more: the deployment has ended"
            )
        } else {
            format!(
                "this execution held the lock of {environment} with token {token}, which is now {}: another execution \
                 has taken over and ends deployment {deployment}",
                lock.value.token
            )
        };
        Err(Fault::new(FaultName::StaleToken, message))
    }
}
