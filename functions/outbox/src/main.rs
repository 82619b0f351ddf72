//! Serves the outbox: the ledger's stream.

use serde_json::Value;
use std::process::ExitCode;
use windlass_aws::{Aws, changes_from_stream};
use windlass_engine::outbox;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, event: Value| {
        outbox::handle(aws, changes_from_stream(&event)?).await
    })
}
