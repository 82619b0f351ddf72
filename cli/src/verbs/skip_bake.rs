//! `windlass skip-bake`: lets the wave that is watched pass at its next look, where no gate is red then.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::operator::{Action, Effect};
use crate::output::Output;
use crate::steering_arguments::SteeringArguments;
use clap::Args;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct SkipBake {
    #[command(flatten)]
    steers: SteeringArguments,
}

impl SkipBake {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let action = Action {
            at: &self.steers.at,
            method: "POST",
            path: "skip-bake",
            body: self.steers.body(),
            effect: Effect::Environment(|environment| environment.paused.is_none()),
        };
        action.run(output)
    }
}
