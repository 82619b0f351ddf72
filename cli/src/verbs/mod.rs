//! The verbs, one file each.

pub mod validate;

use crate::exit::Exit;
use crate::output::Output;
use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Check a declaration, and a manifest for it, without touching AWS.
    Validate(validate::Validate),
}

impl Verb {
    /// Does it.
    pub fn run(&self, output: Output) -> Exit {
        match self {
            Self::Validate(validate) => validate.run(output),
        }
    }
}
