//! `windlass deploy`: a recorded release into an environment (promotion).

use crate::arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::places::Endpoint;
use crate::start::{Looking, Start, Then, Wishes};
use crate::windlass::waiting;
use clap::Args;
use windlass_domain::name::{AppName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Deploying {
    #[command(flatten)]
    deploy: Deploy,
    #[command(flatten)]
    looking: Looking,
}

impl Deploying {
    /// Does it.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        self.deploy.run(Then::Follow(&self.looking), output)
    }
}

/// What is deployed, and where.
#[derive(Debug, Args)]
pub struct Deploy {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The environment.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    environment: EnvironmentName,
    /// The release's version.
    #[arg(value_parser = arguments::version)]
    version: String,
    #[command(flatten)]
    wishes: Wishes,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Deploy {
    /// Sends it.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run(&self, then: Then<'_>, output: Output) -> Result<Exit, Failure> {
        let mut start = Start::of_version(self.environment.clone(), &self.version);
        start.wishes(&self.wishes);
        waiting(async {
            let windlass = self.endpoint.open().await?;
            start.go(&windlass, &self.app, then, output).await
        })
    }
}
