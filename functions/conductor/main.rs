//! Serves the conductor.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::conductor;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, conductor::handle)
}
