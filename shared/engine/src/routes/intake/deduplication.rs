//! Serves each arrival once, however often and in whatever way it becomes known.

use super::arrival::{ArrivalOutcome, Discovery, Ports};
use crate::ledger::{self, Served, Started};
use crate::ports::{DynamoDbApi, Key, Result};
use crate::recovery::quarter;
use windlass_domain::arrival_sweep::NOTED_FOR_S;

/// Serves an arrival, and notes that it was served, unless it is noted already: events come twice,
/// and what they told of is also found by looking. `serve` gets what tells this serving from another
/// one. Answers what came of it, unless that was noted before.
///
/// A second event that was sent after the serving tells of another arrival: the same image was
/// pushed once more. What died before it was recorded is served again when it is found.
pub async fn once(
    ports: &impl Ports,
    what: &str,
    known: Discovery,
    serve: impl AsyncFnOnce(String) -> Result<ArrivalOutcome>,
) -> Result<Option<ArrivalOutcome>> {
    let mut note = ledger::load_or_default(ports, &ledger::arrival(what)).await?;
    let mut seed = what.to_owned();
    if note.rev > 0 {
        match known {
            Discovery::Told(Some(sent)) if sent <= note.value.at => {
                tracing::info!("an event that came twice is dropped");
                return Ok(None);
            }
            Discovery::Told(_) => {}
            Discovery::Found(_) if !is_lost(ports, &note.value).await? => return Ok(None),
            Discovery::Found(_) => seed = format!("{what} {}", quarter(ports)),
        }
    }
    if let Discovery::Found(_) = known {
        tracing::warn!("an arrival that no event told, or that was lost, is served now");
    }
    let at = ports.now();
    let came = serve(seed).await?;
    let started = match &came {
        ArrivalOutcome::Nothing => return Ok(Some(came)),
        ArrivalOutcome::Served => None,
        ArrivalOutcome::Started(started) => Some(started.clone()),
    };
    note.value = Served { at, started };
    // It is refused if somebody else has just noted it.
    ports.transact(vec![note.put_until(at.plus_s(NOTED_FOR_S))?]).await?;
    Ok(Some(came))
}

/// Returns whether the execution for an arrival died before it was a deployment or a refusal, so that nobody knows of
/// it. An execution that a person stopped is not started again.
async fn is_lost(ports: &impl Ports, served: &Served) -> Result<bool> {
    let Some(Started { app, execution }) = &served.started else {
        return Ok(false);
    };
    let known: Key = ledger::execution(execution).into();
    let refused: Key = ledger::refusal(app, execution).into();
    for key in [known, refused] {
        if DynamoDbApi::get(ports, &key).await?.is_some() {
            return Ok(false);
        }
    }
    let found = ports.execution(execution).await?;
    Ok(found.is_some_and(|found| matches!(found.status.as_str(), "FAILED" | "TIMED_OUT")))
}
