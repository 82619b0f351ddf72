//! `windlass release-hold`: lets automatic deployments go on.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::operator::{ActedOn, Action, Effect};
use crate::output::Output;
use clap::Args;
use serde_json::Map;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct ReleaseHold {
    #[command(flatten)]
    at: ActedOn,
}

impl ReleaseHold {
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
            method: "DELETE",
            path: "hold",
            body: Map::new(),
            effect: Effect::Environment(|environment| environment.hold.is_none()),
        }
    }
}
