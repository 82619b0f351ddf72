//! Keeps what became of a release in an environment, for the next arrival of that release.

use crate::ledger::{self, Stored};
use crate::ports::{DynamoDbApi, Result, Write};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{PastRelease, ReleaseFate};
use windlass_domain::request::ActionName;
use windlass_domain::time::Time;

/// The write that keeps it, to be made with the deployment's ending. A rollback brings no release of its own.
pub async fn past(
    ports: &impl DynamoDbApi,
    record: &Deployment,
    became: ReleaseFate,
    at: Time,
) -> Result<Option<Write>> {
    if record.action != ActionName::Deploy {
        return Ok(None);
    }
    let release = record.release_digest.clone();
    let key = ledger::past(record.environment_id(), &release);
    let former = ledger::load(ports, &key).await?;
    let past = PastRelease { release, deployment: record.id.clone(), sequence: record.order.sequence, became, at };
    let stored = match former {
        Some(former) => Stored { value: past, ..former },
        None => Stored::new(key, past),
    };
    stored.put().map(Some)
}
