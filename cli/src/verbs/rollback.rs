//! `windlass rollback`: goes back to an earlier snapshot that was good.

use crate::arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::AwaitedEnd;
use crate::operator::{ActedOn, Action, Effect};
use crate::output::Output;
use clap::Args;
use serde_json::{Map, json};
use windlass_domain::name::ComponentName;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Rollback {
    #[command(flatten)]
    at: ActedOn,
    /// The snapshot to go back to; the newest suitable one if not given.
    #[arg(long, value_name = "NUMBER", value_parser = arguments::number)]
    snapshot: Option<u64>,
    /// A component that is irreversible and that it may go back across; may be given several times.
    #[arg(long, value_name = "COMPONENT", value_parser = |text: &str| ComponentName::new(text))]
    across: Vec<ComponentName>,
}

impl Rollback {
    /// Runs the rollback, and watches it until it has ended.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        self.action().run(output)
    }

    /// Returns the call of the verb.
    pub fn action(&self) -> Action<'_> {
        let mut body = Map::new();
        if let Some(snapshot) = self.snapshot {
            body.insert("snapshot".into(), snapshot.into());
        }
        if !self.across.is_empty() {
            body.insert("across".into(), json!(self.across));
        }
        Action { at: &self.at, method: "POST", path: "rollbacks", body, effect: Effect::Deployment(AwaitedEnd::Runs) }
    }
}
