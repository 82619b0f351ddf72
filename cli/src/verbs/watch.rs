//! `windlass watch`: a deployment, live, until it has ended.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::{Patience, Waiting, follow};
use crate::history::Deployment;
use crate::listing::{LARGEST_PAGE, page};
use crate::output::Output;
use crate::windlass::{Endpoint, Windlass, waiting};
use clap::Args;
use windlass_domain::name::{AppName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Watch {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The deployment's id, or an environment.
    #[arg(value_name = "ID|ENVIRONMENT")]
    which: String,
    /// With an environment: the release's version; else the newest deployment is watched.
    version: Option<String>,
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    patience: Patience,
}

impl Watch {
    /// Does it. Its exit status is the deployment's ending.
    ///
    /// # Errors
    /// Where there is no such deployment, or Windlass does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = self.endpoint.open().await?;
            let waiting = self.patience.begin();
            let id = match self.environment() {
                None => self.which.clone(),
                Some(environment) => self.find(&windlass, &environment, &waiting).await?,
            };
            follow(&windlass, &self.app, &id, &waiting, output).await
        })
    }

    /// The environment that is named, if it is not an id. An id is 16 hexadecimal digits; an
    /// environment of such a name is meant where a version follows.
    fn environment(&self) -> Option<EnvironmentName> {
        let text = &self.which;
        let is_id = text.len() == 16 && text.chars().all(|c| c.is_ascii_hexdigit());
        if is_id && self.version.is_none() {
            return None;
        }
        EnvironmentName::new(text).ok()
    }

    /// The newest deployment of the version. One that was released a moment ago may not be there
    /// yet, so it is waited for.
    async fn find(
        &self,
        windlass: &Windlass,
        environment: &EnvironmentName,
        waiting: &Waiting,
    ) -> Result<String, Failure> {
        loop {
            let page = page(windlass, &self.app, environment, LARGEST_PAGE, None).await?;
            let found = page.listed.into_iter().find(|one| self.is_meant(one));
            match found {
                Some(found) => return Ok(found.id),
                None if waiting.goes_on().await => {}
                None => return Err(self.not_there(environment)),
            }
        }
    }

    fn is_meant(&self, one: &Deployment) -> bool {
        self.version.is_none() || self.version == one.version
    }

    fn not_there(&self, environment: &EnvironmentName) -> Failure {
        let version = self.version.as_deref().unwrap_or("anything");
        Failure {
            exit: Exit::TimedOut,
            ..Failure::usage(format!(
                "no deployment of {version} into {} {environment} was seen; see `windlass history`",
                self.app
            ))
        }
    }
}
