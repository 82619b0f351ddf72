//! Serves the judge: the state `Judge`.

use std::process::ExitCode;
use windlass_aws::Aws;
use windlass_engine::judge;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, judge::handle)
}
