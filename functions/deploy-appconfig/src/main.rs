//! Serves the deployer of configurations in AWS AppConfig.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::deploy;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, deploy::appconfig::handle)
}
