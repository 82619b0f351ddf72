//! Serves the outbox: the ledger's stream, and the schedule of the summaries.

use serde_json::Value;
use std::process::ExitCode;
use windlass_aws::{Aws, InvocationCause, woken};
use windlass_engine::outbox::{self, LedgerChange};
use windlass_engine::ports::Result;
use windlass_lambda::EndingMetrics;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, event: Value| match woken(event)? {
        InvocationCause::Changes(changes) => of_the_stream(aws, &changes).await,
        InvocationCause::Look(event) => outbox::summary::handle(aws, &event).await,
    })
}

async fn of_the_stream(aws: &Aws, changes: &[LedgerChange]) -> Result<()> {
    outbox::handle(aws, changes).await?;
    // Counted once the batch is through: the stream repeats one that fails.
    let counted = EndingMetrics::from_env();
    for ended in outbox::endings(aws, changes).await? {
        counted.count(&ended);
    }
    for restored in outbox::restored(changes) {
        counted.count_restored(&restored);
    }
    Ok(())
}
