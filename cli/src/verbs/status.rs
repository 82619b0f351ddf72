//! `windlass status`: shows what runs in an environment, its hold and lock, and who waits; the same of all environments
//! of an application, or all applications in short.

use super::apps;
use crate::clock::now;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::installation::Endpoint;
use crate::listing::Part;
use crate::output::Output;
use crate::record::Record;
use crate::status::Environment;
use crate::under_way;
use crate::windlass::{Windlass, waiting};
use clap::Args;
use serde_json::{Value, json};
use windlass_domain::environment::HeldState;
use windlass_domain::name::{AppName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Status {
    /// The application; else all of them are listed, as `apps` does.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: Option<AppName>,
    /// The environment; else each that is declared.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    environment: Option<EnvironmentName>,
    /// Also look at the targets, and compare them with what is recorded.
    #[arg(long, requires = "app")]
    observe: bool,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Status {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        match (&self.app, &self.environment) {
            (None, _) => return apps::list_apps(&Part::default(), &self.endpoint, output),
            (Some(app), Some(environment)) => {
                let (answer, words) = waiting(async {
                    let windlass = self.endpoint.open().await?;
                    self.read(&windlass, app, environment.as_str()).await
                })?;
                output.result(&answer, &words);
            }
            (Some(app), None) => {
                let all = waiting(self.all(app))?;
                let (answers, words): (Vec<Value>, Vec<String>) = all.into_iter().unzip();
                let all = json!({"app": app, "environments": answers});
                output.result(&all, &words.join("\n"));
            }
        }
        Ok(Exit::Good)
    }

    /// Reads all declared environments of an application.
    async fn all(&self, app: &AppName) -> Result<Vec<(Value, String)>, Failure> {
        let windlass = self.endpoint.open().await?;
        let path = ["apps", app.as_str(), "environments"];
        let known = windlass.get(&path, &[]).await?;
        let names = known["environments"]
            .as_array()
            .ok_or_else(|| Failure::not_understood("the list of environments", "it has none"))?;
        let mut answers = Vec::new();
        for name in names.iter().filter_map(Value::as_str) {
            answers.push(self.read(&windlass, app, name).await?);
        }
        Ok(answers)
    }

    /// Reads an environment: the answer, and its words, with how far a deployment is that is under way.
    async fn read(&self, windlass: &Windlass, app: &AppName, environment: &str) -> Result<(Value, String), Failure> {
        let query: &[(&str, &str)] = if self.observe { &[("observe", "true")] } else { &[] };
        let path = ["apps", app.as_str(), "environments", environment];
        let answer = windlass.get(&path, query).await?;
        let here = Environment::read(&answer)?;
        let lines = under_way(windlass, &here).await;
        let words = std::iter::once(here.words()).chain(lines);
        Ok((answer, words.collect::<Vec<_>>().join("\n")))
    }
}

/// Returns the lines on how far the deployment is that holds the lock, if it does not need an operator.
async fn under_way(windlass: &Windlass, here: &Environment) -> Vec<String> {
    let held = here.lock.held.as_ref();
    let Some(held) = held.filter(|held| held.state != HeldState::NeedsOperator) else {
        return Vec::new();
    };
    let path = ["apps", here.app.as_str(), "deployments", &held.deployment.0];
    let answer = windlass.get(&path, &[]).await;
    match answer.and_then(|answer| Record::read(&answer)) {
        Ok(record) => under_way::lines(record.as_ref(), here, now()),
        Err(failure) => vec![format!("  how far it is could not be seen: {}", failure.message)],
    }
}
