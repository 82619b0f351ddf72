//! `windlass hold`: automatic deployments are held until the hold is released.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::operator::{Action, Effect, Where};
use crate::output::Output;
use clap::Args;
use serde_json::Map;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Hold {
    #[command(flatten)]
    at: Where,
}

impl Hold {
    /// Does it.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        self.action().run(output)
    }

    /// The call that it is.
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
