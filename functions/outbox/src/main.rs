//! Serves the outbox: the ledger's stream.

use aws_lambda_events::dynamodb::Event;
use std::process::ExitCode;
use windlass_aws::{Aws, changes_from_stream};
use windlass_engine::outbox;
use windlass_lambda::Counted;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, event: Event| {
        let changes = changes_from_stream(event)?;
        outbox::handle(aws, &changes).await?;
        // Counted once the batch is through: the stream repeats one that fails.
        let counted = Counted::from_env();
        for ended in outbox::endings(aws, &changes).await? {
            counted.count(&ended);
        }
        Ok(())
    })
}
