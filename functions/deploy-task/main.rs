//! Serves the deployer of tasks that are run once.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::deploy;
use windlass_engine::kinds::task;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, input| deploy::handle(aws, input, task::of).await)
}
