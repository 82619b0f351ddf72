//! `windlass cancel`: stops a deployment and undoes what it changed.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::{Patience, follow};
use crate::output::Output;
use crate::windlass::{Endpoint, waiting};
use clap::Args;
use serde_json::json;
use windlass_domain::name::AppName;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Cancel {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The deployment's id.
    id: String,
    /// Why; it is recorded.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Only start it, and do not wait for what comes of it.
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    patience: Patience,
}

impl Cancel {
    /// Does it, and watches the deployment until it has ended.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = self.endpoint.open().await?;
            let path = ["apps", self.app.as_str(), "deployments", &self.id, "cancel"];
            let body = json!({ "reason": self.reason });
            let answer = windlass.send("POST", &path, &[], Some(&body)).await?;
            if self.no_wait {
                let words = format!("{} deployment {} is being undone", self.app, self.id);
                output.result(&answer, &words);
                return Ok(Exit::Good);
            }
            let waiting = self.patience.begin();
            follow(&windlass, &self.app, &self.id, &waiting, output).await
        })
    }
}
