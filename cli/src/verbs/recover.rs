//! `windlass recover`: tries again to undo a deployment that needs an operator.

use crate::arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::AwaitedEnd;
use crate::operator::{ActedOn, Action, Effect};
use crate::output::Output;
use clap::Args;
use serde_json::Map;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Recover {
    #[command(flatten)]
    at: ActedOn,
    /// The deployment; the one that holds the lock if not given.
    #[arg(long, value_name = "ID", value_parser = arguments::id)]
    deployment: Option<String>,
}

impl Recover {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        self.action().run(output)
    }

    /// Returns the call of the verb.
    pub fn action(&self) -> Action<'_> {
        let mut body = Map::new();
        if let Some(deployment) = &self.deployment {
            body.insert("deployment".into(), deployment.as_str().into());
        }
        Action {
            at: &self.at,
            method: "POST",
            path: "recover",
            body,
            effect: Effect::Deployment(AwaitedEnd::Recovered),
        }
    }
}
