//! The ledger's items, typed: their keys, and how they are read and written.
//!
//! What was read is decided on and committed, and all of that begins again if others wrote in between. What an
//! execution writes for its deployment passes the fence only while the lock of the environment still has the token that
//! the execution was given. Whoever takes a lock, or takes a deployment over, raises the token in the same write. So an
//! execution that was stopped, or that comes late, changes nothing any more, whatever it believes (`docs/SAFETY.md`).

mod items;
mod key;
mod keys;
mod looks;
mod packed;
mod stored;

use crate::ports::{Clock, Condition, DynamoDbApi, Result, Transacted, Write};
pub use items::*;
pub use key::{Index, ItemKey, Range};
pub use keys::*;
pub use looks::*;
pub(crate) use packed::unpack;
use serde_json::Value;
pub use stored::*;
use windlass_domain::declaration::tenancy::ResourceClaims;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{EnvironmentState, Lock};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::AppName;

/// Returns the write of a deployment's record, with its place in history.
pub fn put_deployment(record: &Stored<Deployment>) -> Result<Write> {
    let Deployment { id, app, environment, accepted, .. } = &record.value;
    record.put_indexed(Some(history_index(EnvironmentId::new(app, environment), *accepted, id)))
}

/// Returns the write of a record that has just arrived. Until its first turn it stands among the arriving ones and not
/// in history, unless it has ended already.
pub fn put_arrived(record: &Stored<Deployment>) -> Result<Write> {
    let value = &record.value;
    if value.ending.is_some() {
        return put_deployment(record);
    }
    record.put_indexed(Some(arriving_index(value.environment_id(), &value.id)))
}

/// Returns the write of an environment's state, with its place in the list of environments.
pub fn put_state(state: &Stored<EnvironmentState>, of: EnvironmentId<'_>) -> Result<Write> {
    state.put_indexed(Some(environment_index(of)))
}

/// Returns the write of claims of which some were freed. If nobody has a claim of the resource any more, the item is
/// deleted.
pub fn freed(claims: &Stored<ResourceClaims>) -> Result<Write> {
    if claims.value.held.is_empty() {
        return Ok(claims.delete());
    }
    claims.put_indexed(Some(claims_index(&claims.key)))
}

/// Returns whether an application has a declaration in force. The refusals and untaken arrivals of any other
/// application are listed with those that name no application.
///
/// # Errors The ledger's.
pub async fn is_declared(ledger: &impl DynamoDbApi, app: &AppName) -> Result<bool> {
    Ok(ledger.get(&declaration_in_force(app)).await?.is_some())
}

/// One execution's right to write for its deployment. An invocation makes it once and hands it on.
#[derive(Debug, Clone, PartialEq)]
pub struct Fence {
    lock: ItemKey<Lock>,
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

/// The number of tries of a decision while others write in between.
const TRIES: u64 = 12;

/// The longest wait before the second try, in milliseconds. It grows by as much with each try.
const WAIT_MS: u64 = 20;

/// Writes all or nothing. `false`: something was written in between, so decide anew.
pub async fn commit(ports: &impl DynamoDbApi, writes: Vec<Write>) -> Result<bool> {
    Ok(ports.transact(writes).await? == Transacted::Done)
}

/// Reads, decides and commits, and does so again while the answer is `None`, because something was written in between.
/// `what` says what is done, such as `recording the plan`.
///
/// # Errors
///
/// The fault of a try; `Unavailable` if no try found a quiet moment. Then the state's Retry goes on.
pub async fn retry<T, E: From<Fault>>(
    ports: &impl Clock,
    what: &str,
    once: impl AsyncFnMut() -> Result<Option<T>, E>,
) -> Result<T, E> {
    let done = tries(ports, once).await?;
    done.ok_or_else(|| {
        let message = format!("{what}: others kept writing the same ledger items; ask again");
        Fault::new(FaultName::Unavailable, message).into()
    })
}

/// Writes an item that is written once: it is well if it is there already. `what` is as for [`retry`].
///
/// # Errors
/// As those of [`retry`].
pub async fn write_once(ports: &(impl DynamoDbApi + Clock), what: &str, write: &Write) -> Result<()> {
    retry(ports, what, async || {
        // Somebody else may have been in the way and not have written it.
        let is_there = commit(ports, vec![write.clone()]).await? || ports.get(write.key()).await?.is_some();
        Ok(is_there.then_some(()))
    })
    .await
}

/// Does the same as [`retry`], for what may be left undone: `None` if no try found a quiet moment.
pub async fn tries<T, E>(
    ports: &impl Clock,
    mut once: impl AsyncFnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    for tried in 0..TRIES {
        if let Some(done) = once().await? {
            return Ok(Some(done));
        }
        ports.back_off_ms(WAIT_MS * (tried + 1)).await;
    }
    Ok(None)
}
