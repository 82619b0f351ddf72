//! Serves the deployer of static sites.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::deploy;
use windlass_engine::kinds::site;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, input| deploy::handle(aws, input, site::of).await)
}
