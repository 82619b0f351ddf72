//! Serves the planner: the state `Prepare`.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::prepare;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, prepare::handle)
}
