//! `windlass deploy`: a recorded release into an environment.

use crate::ground::arguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::VerbOutput;
use crate::talk::installation::Endpoint;
use crate::talk::windlass::Windlass;
use crate::verbs::follow::Patience;
use crate::verbs::start::{AfterRequest, Looking, OverrideOptions, StartRequest};
use crate::view::declared_application::{self, OrFindings};
use clap::Args;
use serde_json::Value;
use windlass_domain::shown::planned::Planned;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Deploying {
    #[command(flatten)]
    deploy: Deploy,
    #[command(flatten)]
    looking: Looking,
}

impl Deploying {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        self.deploy.run(AfterRequest::Follow(&self.looking), output)
    }

    /// Only starts it, and returns the deployment's id.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub async fn begin(&self, windlass: &Windlass) -> Result<String, Failure> {
        self.deploy.start().begin(windlass, &self.deploy.app).await.map(|(id, _)| id)
    }
}

/// The release to deploy, and its environment.
#[derive(Debug, Args)]
pub struct Deploy {
    /// The application.
    app: AppName,
    /// The environment.
    environment: EnvironmentName,
    /// The release's version.
    #[arg(value_parser = arguments::version)]
    version: String,
    /// The one component of it that is deployed; all of the release if not given. The others stay as they run.
    #[arg(long, value_name = "COMPONENT")]
    component: Option<ComponentName>,
    #[command(flatten)]
    wishes: OverrideOptions,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Deploy {
    /// Sends it.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, then: AfterRequest<'_>, output: VerbOutput) -> Result<Exit, Failure> {
        self.endpoint.ask(async |windlass| {
            let recorded = declared_application::version(windlass, &self.app, &self.version).await;
            if let Ok(OrFindings::So(release)) = recorded
                && let Some(origin) = declared_application::origin(&release)
            {
                output.announce(&origin);
            }
            self.start().go(windlass, &self.app, then, output).await
        })
    }

    /// Draws its plan.
    ///
    /// # Errors
    /// If Windlass refuses it, does not answer, or gives no plan in time.
    pub async fn drawn(&self, windlass: &Windlass, patience: &Patience) -> Result<(Value, Planned), Failure> {
        self.start().drawn(windlass, &self.app, patience).await
    }

    fn start(&self) -> StartRequest {
        let mut start = StartRequest::of_version(self.environment.clone(), &self.version, self.component.as_ref());
        start.wishes(&self.wishes);
        start
    }
}
