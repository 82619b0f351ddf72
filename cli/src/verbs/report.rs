//! `windlass report`: an environment and its deployments as one file, for those without access.

use crate::clock::now;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::installation::Endpoint;
use crate::output::Output;
use crate::ui::report::written;
use crate::windlass::waiting;
use clap::Args;
use serde_json::json;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::time::Time;

/// A day, in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Report {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The environment.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    environment: EnvironmentName,
    /// The number of last days whose deployments and snapshots are in it.
    #[arg(long, value_name = "NUMBER", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3660))]
    days: u64,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Report {
    /// Writes it to standard output.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let since = Time(now().0.saturating_sub(self.days * DAY));
        let text = waiting(async {
            let windlass = self.endpoint.open().await?;
            written(&windlass, EnvironmentId::new(&self.app, &self.environment), since).await
        })?;
        output.result(&json!({ "html": text }), &text);
        Ok(Exit::Good)
    }
}
