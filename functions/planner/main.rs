//! Serves the planner: the states `Prepare` and `Look`.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::prepare;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, prepare::handle)
}
