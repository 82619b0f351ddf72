//! Serves the outbox: the ledger's stream.

use aws_lambda_events::dynamodb::Event;
use std::process::ExitCode;
use windlass_aws::{Aws, changes_from_stream};
use windlass_engine::outbox;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, event: Event| {
        let changes = changes_from_stream(event)?;
        let endings = outbox::endings(&changes);
        outbox::handle(aws, &changes).await?;
        // Counted once the batch is through: the stream repeats one that fails.
        for ended in endings {
            windlass_lambda::count_ending(&ended.id, ended.ending, ended.seconds);
        }
        Ok(())
    })
}
