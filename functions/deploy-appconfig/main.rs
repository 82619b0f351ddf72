//! Serves the deployer of configurations in AWS AppConfig.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::deploy;
use windlass_engine::kinds::appconfig;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, input| deploy::handle(aws, input, appconfig::of).await)
}
