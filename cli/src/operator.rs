//! An operator's actions: each starts an execution, and what came of it is asked for afterwards.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::{Patience, follow};
use crate::output::Output;
use crate::status::Environment;
use crate::windlass::{Endpoint, Windlass, waiting};
use clap::Args;
use serde_json::{Map, Value};
use windlass_domain::deployment::Refusal;
use windlass_domain::name::{AppName, EnvironmentName};

/// Where, and why.
#[derive(Debug, Clone, Args)]
pub struct Where {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    pub app: AppName,
    /// The environment.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    pub environment: EnvironmentName,
    /// Why; it is recorded.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Only start it, and do not wait for what comes of it.
    #[arg(long)]
    pub no_wait: bool,
    /// The installation.
    #[command(flatten)]
    pub endpoint: Endpoint,
    /// How long to wait for what comes of it.
    #[command(flatten)]
    pub patience: Patience,
}

/// Tells by an environment whether an action was done.
type Seen = fn(&Environment) -> bool;

/// What an action comes to.
#[derive(Debug, Clone, Copy)]
pub enum Effect {
    /// A deployment, which tells the rest.
    Deployment,
    /// A deployment, or none if this is seen.
    DeploymentUnless(Seen),
    /// This is seen. It may be so before, and then nothing has to be done.
    Seen(Seen),
    /// This is seen. If it is so before, the action is refused.
    Change(Seen),
}

/// An action on an environment.
pub struct Action<'a> {
    /// Where, and why.
    pub at: &'a Where,
    /// The call's method.
    pub method: &'a str,
    /// The call's last segment.
    pub path: &'a str,
    /// What the body says beside the reason.
    pub body: Map<String, Value>,
    /// What it comes to.
    pub effect: Effect,
    /// What is said when that is seen.
    pub done: &'a str,
}

impl Action<'_> {
    /// Starts it and waits for what comes of it: a deployment is watched until it has ended.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run(self, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = self.at.endpoint.open().await?;
            let seen = self.seen(&windlass).await?;
            let execution = self.start(&windlass).await?;
            if self.at.no_wait {
                let started = serde_json::json!({ "execution": execution });
                output.result(&started, &format!("started: {execution}"));
                return Ok(Exit::Good);
            }
            self.outcome(&windlass, &execution, seen, output).await
        })
    }

    async fn start(&self, windlass: &Windlass) -> Result<String, Failure> {
        let mut body = self.body.clone();
        let reason = self.at.reason.as_str();
        // A DELETE has no body.
        let (query, body) = if self.method == "DELETE" {
            (vec![("reason", reason)], None)
        } else {
            body.insert("reason".into(), reason.into());
            (vec![], Some(Value::Object(body)))
        };
        let path = [
            "apps",
            self.at.app.as_str(),
            "environments",
            self.at.environment.as_str(),
            self.path,
        ];
        let begun = windlass
            .send(self.method, &path, &query, body.as_ref())
            .await?;
        let execution = begun.get("execution").and_then(Value::as_str);
        execution
            .map(str::to_owned)
            .ok_or_else(|| Failure::broken("the answer names no execution"))
    }

    async fn outcome(
        &self,
        windlass: &Windlass,
        execution: &str,
        seen: Option<Seen>,
        output: Output,
    ) -> Result<Exit, Failure> {
        let waiting = self.at.patience.begin();
        loop {
            // Looked at first: what came of it by then is known below, and goes before.
            let now = self.environment(windlass, seen).await?;
            match came_of(windlass, &self.at.app, execution).await? {
                CameOf::Deployment(id) => {
                    return follow(windlass, &self.at.app, &id, &waiting, output).await;
                }
                CameOf::Refusal(refusal) => {
                    let failure = Failure::rejected("it was rejected:", refusal.findings);
                    return Err(failure);
                }
                CameOf::Nothing => {}
            }
            if let Some(answer) = now {
                output.result(&answer, self.done);
                return Ok(Exit::Good);
            }
            if !waiting.goes_on().await {
                let message = format!("nothing came of it yet; look at {execution}");
                return Err(Failure {
                    exit: Exit::TimedOut,
                    ..Failure::usage(message)
                });
            }
        }
    }

    /// How it will be seen that the action was done.
    async fn seen(&self, windlass: &Windlass) -> Result<Option<Seen>, Failure> {
        Ok(match self.effect {
            Effect::Deployment => None,
            Effect::DeploymentUnless(seen) | Effect::Seen(seen) => Some(seen),
            Effect::Change(seen) => {
                let before = self.environment(windlass, Some(seen)).await?;
                before.is_none().then_some(seen)
            }
        })
    }

    /// The environment, if that is seen there.
    async fn environment(
        &self,
        windlass: &Windlass,
        seen: Option<Seen>,
    ) -> Result<Option<Value>, Failure> {
        let Some(seen) = seen else {
            return Ok(None);
        };
        let (app, environment) = (self.at.app.as_str(), self.at.environment.as_str());
        let path = ["apps", app, "environments", environment];
        let answer = windlass.get(&path, &[]).await?;
        Ok(seen(&Environment::read(&answer)?).then_some(answer))
    }
}

/// What came of an execution so far.
enum CameOf {
    Nothing,
    Deployment(String),
    Refusal(Refusal),
}

async fn came_of(windlass: &Windlass, app: &AppName, execution: &str) -> Result<CameOf, Failure> {
    let path = ["apps", app.as_str(), "deployments"];
    let answer = windlass.get(&path, &[("execution", execution)]).await?;
    if let Some(id) = answer.get("deployment").and_then(Value::as_str) {
        return Ok(CameOf::Deployment(id.to_owned()));
    }
    let refusal = answer.get("refusal").filter(|refusal| !refusal.is_null());
    let Some(refusal) = refusal else {
        return Ok(CameOf::Nothing);
    };
    serde_json::from_value(refusal.clone())
        .map(CameOf::Refusal)
        .map_err(|error| Failure::broken(format!("the refusal cannot be understood: {error}")))
}
