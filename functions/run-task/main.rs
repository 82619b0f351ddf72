//! Makes the calls of functions that a task is.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::kinds::task;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::for_long_calls, async |aws: &Aws, ask| task::run_call(aws, ask).await)
}
