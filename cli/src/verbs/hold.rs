//! `windlass hold`: holds automatic deployments until the hold is released.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::operator::{ActedOn, Action, Effect};
use crate::output::Output;
use clap::Args;
use serde_json::Map;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Hold {
    #[command(flatten)]
    at: ActedOn,
}

impl Hold {
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
            method: "PUT",
            path: "hold",
            body: Map::new(),
            effect: Effect::Environment(|environment| environment.hold.is_some()),
        }
    }
}
