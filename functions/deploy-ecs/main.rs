//! Serves the deployer of ECS services.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::deploy;
use windlass_engine::kinds::ecs;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, input| deploy::handle(aws, input, ecs::of).await)
}
