use crate::ports::{Answered, Clock, Ledger, Transacted, Write};
use windlass_domain::fault::{Fault, FaultName};

/// The number of tries of a decision while others write in between.
pub const TRIES: u64 = 12;

/// Writes all or nothing. `false`: something was written in between, decide anew.
pub async fn commit(ports: &(impl Ledger + Clock), writes: Vec<Write>) -> Answered<bool> {
    Ok(ports.transact(writes).await? == Transacted::Done)
}

/// Waits a little before the decision is made anew: up to a longer time at each try.
pub async fn pause(ports: &impl Clock, tried: u64) {
    ports.back_off_ms(20 * (tried + 1)).await;
}

/// Returns the fault for a decision that found no quiet moment in all its tries. The state's Retry goes on.
pub fn contended(what: &str) -> Fault {
    Fault::new(
        FaultName::Unavailable,
        format!("{what}: others kept writing the same ledger items; ask again"),
    )
}
