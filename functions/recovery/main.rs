//! Serves recovery: the execution-status rule and the schedule.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::recovery;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, recovery::handle)
}
