//! `windlass continue`: ends the pause of what is watched.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::operator::{Action, Effect};
use crate::output::Output;
use crate::steering_arguments::SteeringArguments;
use clap::Args;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Continue {
    #[command(flatten)]
    steers: SteeringArguments,
}

impl Continue {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let action = Action {
            at: &self.steers.at,
            method: "POST",
            path: "continue",
            body: self.steers.body(),
            effect: Effect::Environment(|environment| environment.paused.is_none()),
        };
        action.run(output)
    }
}
