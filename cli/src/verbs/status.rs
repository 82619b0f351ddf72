//! `windlass status`: what runs in an environment, its hold and lock, and who waits.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::status::Environment;
use crate::windlass::{Endpoint, waiting};
use clap::Args;
use windlass_domain::name::{AppName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Status {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The environment.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    environment: EnvironmentName,
    /// Also look at the targets, and compare them with what is recorded.
    #[arg(long)]
    observe: bool,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Status {
    /// Does it.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let (app, environment) = (self.app.as_str(), self.environment.as_str());
        let query: &[(&str, &str)] = if self.observe {
            &[("observe", "true")]
        } else {
            &[]
        };
        let answer = waiting(async {
            let windlass = self.endpoint.open().await?;
            let path = ["apps", app, "environments", environment];
            windlass.get(&path, query).await
        })?;
        let words = Environment::read(&answer)?.words();
        output.result(&answer, &words);
        Ok(Exit::Good)
    }
}
