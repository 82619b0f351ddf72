//! The one way to write the ledger: what was read is decided on and committed, and all of that begins again if others
//! wrote in between.

use crate::ports::{Clock, DynamoDbApi, Result, Transacted, Write};
use windlass_domain::fault::{Fault, FaultName};

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

/// Does the same, for what may be left undone: `None` if no try found a quiet moment.
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
