//! `windlass declaration`: the declaration in force, as its team wrote it.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::installation::Endpoint;
use crate::output::Output;
use crate::windlass::waiting;
use clap::Args;
use windlass_domain::name::AppName;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct InForce {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl InForce {
    /// Runs the verb. The words are the text itself, so that it can be written into a file.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let answer = waiting(async {
            let windlass = self.endpoint.open().await?;
            let path = ["apps", self.app.as_str(), "declaration"];
            windlass.get(&path, &[]).await
        })?;
        let text = answer["text"].as_str();
        let text = text.ok_or_else(|| Failure::not_understood("the declaration in force", "it has no text"))?;
        output.result(&answer, text);
        Ok(Exit::Good)
    }
}
