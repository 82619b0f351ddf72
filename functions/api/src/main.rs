//! Serves the HTTP API.

use serde_json::Value;
use std::process::ExitCode;
use windlass_aws::{Aws, answer_of, call_of};
use windlass_engine::routes::api;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, event: Value| {
        Ok(answer_of(&api::handle(aws, call_of(&event)?).await))
    })
}
