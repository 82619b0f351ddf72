//! `windlass cancel` stops a deployment and undoes what it changed; `recover` tries again to undo one that needs an
//! operator; `accept` makes what is there the truth, and unlocks the environment.

use crate::ground::arguments::{self, is_id};
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::VerbOutput;
use crate::talk::installation::Endpoint;
use crate::talk::windlass::{RouteName, Windlass};
use crate::verbs::follow::{AwaitedEnd, WaitOptions, follow};
use crate::verbs::operator::{ActedOn, Action, AwaitedEffect};
use crate::view::record;
use crate::view::status::version_of;
use clap::Args;
use serde_json::{Map, Value, json};
use windlass_domain::deployment::redeploy_input::rollback_input;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::text::count::count;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::AppName;
use windlass_domain::text::prose::Prose;

/// The arguments of `windlass cancel`.
#[derive(Debug, Args)]
pub struct Cancel {
    /// The application.
    app: AppName,
    /// The deployment's id, or an environment: what is under way there, else the only one that waits there.
    #[arg(value_name = "ID|ENVIRONMENT", value_parser = arguments::which)]
    which: String,
    /// The version that is under way or waits there, or the id of its deployment, where an environment is named.
    #[arg(value_name = "VERSION|ID", value_parser = arguments::version)]
    version: Option<String>,
    /// The reason, which is recorded.
    #[arg(long, value_name = "TEXT", value_parser = arguments::text)]
    reason: String,
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    wait: WaitOptions,
}

impl Cancel {
    /// Cancels it, and watches the deployment until it has ended.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        self.endpoint.ask(async |windlass| {
            let (environment, id) = self.meant(windlass).await?;
            output.progress(&format!("{} deployment {id} is to be cancelled", self.app));
            let answer = self.call(windlass, &environment, &id).await?;
            if self.wait.no_wait {
                let app = &self.app;
                let words = format!(
                    "handed in: deployment {id} is being stopped; `windlass watch {app} {id}` shows how it ends"
                );
                output.result(&answer, &words);
                return Ok(Exit::Good);
            }
            let waiting = self.wait.patience.begin();
            follow(windlass, &self.app, &id, &waiting, AwaitedEnd::Undone, output).await
        })
    }

    /// Only hands it in, and returns the deployment's id.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub async fn begin(&self, windlass: &Windlass) -> Result<String, Failure> {
        let (environment, id) = self.meant(windlass).await?;
        self.call(windlass, &environment, &id).await?;
        Ok(id)
    }

    async fn call(&self, windlass: &Windlass, environment: &str, id: &str) -> Result<Value, Failure> {
        let body = json!({ "reason": self.reason });
        windlass.act(RouteName::Cancel, &[self.app.as_str(), environment, id], &[], Some(&body)).await
    }

    /// Returns the environment and the id of the deployment that is meant.
    async fn meant(&self, windlass: &Windlass) -> Result<(String, String), Failure> {
        let id = self.version.as_ref().filter(|version| is_id(version));
        Ok(match id {
            Some(id) => (self.which.clone(), id.clone()),
            None if is_id(&self.which) && self.version.is_none() => {
                (self.of_deployment(windlass).await?, self.which.clone())
            }
            None => (self.which.clone(), self.in_environment(windlass).await?),
        })
    }

    /// Returns the environment of the deployment that is named.
    async fn of_deployment(&self, windlass: &Windlass) -> Result<String, Failure> {
        let answer = windlass.get(RouteName::Deployment, &[self.app.as_str(), &self.which], &[]).await?;
        let environment = record::environment(&answer)?;
        let environment =
            environment.ok_or_else(|| Failure::not_understood("the deployment", "it names no environment"))?;
        Ok(environment.to_string())
    }

    /// Returns the deployment that is under way in the environment that is named, else the only one that waits there.
    /// Only deployments of the version count, if one is named.
    async fn in_environment(&self, windlass: &Windlass) -> Result<String, Failure> {
        let names = [self.app.as_str(), &self.which];
        let environment: Environment = windlass.read(RouteName::Environment, &names, &[]).await?;
        let version = self.version.as_deref();
        let is_meant = |id: &&DeploymentId| version.is_none() || version_of(&environment, id) == version;
        let mut held = environment.situation.lock.held.iter().map(|held| &held.deployment);
        if let Some(held) = held.find(is_meant) {
            return Ok(held.0.clone());
        }
        let waiting = environment.situation.waiting.iter().map(|waiting| &waiting.deployment);
        let waiting: Vec<&str> = waiting.filter(is_meant).map(|id| id.0.as_str()).collect();
        let (app, name) = (&self.app, &self.which);
        let of = version.map_or_else(String::new, |version| format!(" of {version}"));
        match waiting.as_slice() {
            [one] => Ok((*one).to_owned()),
            [] => Err(refused(
                format!("environments.{name}"),
                format!("nothing{of} is under way in {app} {name}, and nothing{of} waits."),
                self.instead(&environment),
            )),
            several => Err(refused(
                format!("environments.{name}"),
                format!("{}{of} wait in {app} {name}.", count(several.len(), "deployment")),
                format!("Name one of them: {}.", several.join(", ")),
            )),
        }
    }

    /// Returns the advice where nothing is there to be cancelled.
    fn instead(&self, environment: &Environment) -> Prose {
        let (app, name) = (&self.app, &self.which);
        let is_idle = environment.situation.lock.held.is_none() && environment.situation.waiting.is_empty();
        if self.version.is_some() && !is_idle {
            return format!("`windlass status {app} {name}` shows what is under way, and what waits.").into();
        }
        let now = &environment.situation;
        rollback_input(EnvironmentId::new(app, &environment.name), &now.lock, now.snapshot)
    }
}

fn refused(path: String, reason: String, remedy: impl Into<Prose>) -> Failure {
    let finding = Finding::new(FindingName::NothingToCancel, path, reason, remedy);
    Failure::rejected("it was not cancelled:", vec![finding])
}

/// The arguments of `windlass recover`.
#[derive(Debug, Args)]
pub struct Recover {
    #[command(flatten)]
    at: ActedOn,
    /// The deployment; the one that holds the lock if not given.
    #[arg(long, value_name = "ID", value_parser = arguments::id)]
    deployment: Option<String>,
}

impl Recover {
    /// Returns the call of the verb.
    pub fn action(&self) -> Action<'_> {
        let body = self.deployment.iter().map(|id| ("deployment".to_owned(), id.as_str().into())).collect();
        Action {
            at: &self.at,
            action: ActionName::Recover,
            body,
            effect: AwaitedEffect::Deployment(AwaitedEnd::Recovered),
        }
    }
}

/// Returns the call of `windlass accept`.
pub fn accept(at: &ActedOn) -> Action<'_> {
    // A deployment that waited, or came since, may have its turn: that is what unlocking is for.
    let effect = AwaitedEffect::Environment(|environment| environment.situation.lock.stuck().is_none());
    Action { at, action: ActionName::Accept, body: Map::new(), effect }
}
