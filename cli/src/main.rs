//! `windlass`: reads the arguments, does what they ask, and ends with the status that is true.

use clap::Parser;
use std::process::ExitCode;
use windlass_cli::Arguments;

fn main() -> ExitCode {
    Arguments::parse().run().into()
}
