//! `windlass accept`: makes what is there the truth, and unlocks the environment.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::operator::{ActedOn, Action, Effect};
use crate::output::Output;
use clap::Args;
use serde_json::Map;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Accept {
    #[command(flatten)]
    at: ActedOn,
}

impl Accept {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        self.action().run(output)
    }

    /// Returns the call of the verb.
    pub fn action(&self) -> Action<'_> {
        Action {
            at: &self.at,
            method: "POST",
            path: "accept",
            body: Map::new(),
            // A deployment that waited, or came since, may have its turn: that is what unlocking is for.
            effect: Effect::Environment(|environment| environment.lock.stuck().is_none()),
        }
    }
}
