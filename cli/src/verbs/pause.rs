//! `windlass pause`: the wave that is watched does not pass, for a time; its gates are judged meanwhile.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::operator::{Action, Effect};
use crate::output::Output;
use crate::steering_arguments::SteeringArguments;
use clap::Args;
use windlass_domain::time::Span;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Pause {
    #[command(flatten)]
    steers: SteeringArguments,
    /// The longest time that the pause lasts, such as `2h`; if not given, the `pause` of the declaration's gates, which is
    /// a day unless it says otherwise.
    #[arg(long = "for", value_name = "TIME", value_parser = Span::parse)]
    lasts: Option<Span>,
}

impl Pause {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let mut body = self.steers.body();
        if let Some(lasts) = self.lasts {
            body.insert("for".into(), lasts.to_string().into());
        }
        let action = Action {
            at: &self.steers.at,
            method: "POST",
            path: "pause",
            body,
            effect: Effect::Environment(|environment| environment.paused.is_some()),
        };
        action.run(output)
    }
}
