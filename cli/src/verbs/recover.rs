//! `windlass recover`: tries again to undo a deployment that needs an operator.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::operator::{Action, Effect, Where};
use crate::output::Output;
use clap::Args;
use serde_json::Map;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Recover {
    #[command(flatten)]
    at: Where,
}

impl Recover {
    /// Does it.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let action = Action {
            at: &self.at,
            method: "POST",
            path: "recover",
            body: Map::new(),
            effect: Effect::DeploymentUnless(|environment| environment.lock.held.is_none()),
            done: "nothing to recover: nobody holds the lock",
        };
        action.run(output)
    }
}
