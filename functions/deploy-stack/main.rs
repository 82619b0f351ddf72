//! Serves the deployer of stacks of AWS CloudFormation.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::deploy;
use windlass_engine::kinds::stack;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, input| deploy::handle(aws, input, stack::of).await)
}
