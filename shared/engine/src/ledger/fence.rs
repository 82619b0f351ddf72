//! The fence: what an execution writes for its deployment passes only while the lock of the environment still has the
//! token that the execution was given. Whoever takes a lock, or takes a deployment over, raises the token in the same
//! write. So an execution that was stopped, or that comes late, changes nothing any more, whatever it believes
//! (`docs/SAFETY.md`).

use super::{Key, Stored, load_or_default, lock};
use crate::ports::{Condition, DynamoDbApi, Result, Write};
use serde_json::Value;
use windlass_domain::environment::Lock;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::identity::{DeploymentId, EnvironmentId};

/// One execution's right to write for its deployment. An invocation makes it once and hands it on.
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
    /// The fence of what is written for a deployment into its environment with this token.
    pub fn new(of: EnvironmentId<'_>, deployment: &DeploymentId, token: u64) -> Self {
        Self { lock: lock(of), environment: of.to_string(), deployment: deployment.clone(), token }
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
        self.passes(&lock.value)?;
        Ok(lock)
    }

    /// Compares the fence with its lock, as it was read.
    ///
    /// # Errors
    /// `StaleToken` as [`Fence::lock`] has it.
    pub fn passes(&self, lock: &Lock) -> Result<()> {
        if lock.token == self.token && lock.held_for(&self.deployment).is_some() {
            return Ok(());
        }
        let Self { environment, deployment, token, .. } = self;
        let message = if lock.token == *token {
            format!(
                "the lock of {environment} is not held for deployment {deployment} any more: the deployment has ended"
            )
        } else {
            format!(
                "this execution held the lock of {environment} with token {token}, which is now {}: another execution \
                 has taken over and ends deployment {deployment}",
                lock.token
            )
        };
        Err(Fault::new(FaultName::StaleToken, message))
    }
}
