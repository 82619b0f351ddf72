//! An operator's actions. Each starts an execution, and its outcome is asked for afterwards.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::{VerbOutput, text};
use crate::ground::trouble::TroubleName;
use crate::ground::{arguments, interrupt};
use crate::talk::installation::Endpoint;
use crate::talk::windlass::{RouteName, Windlass, read};
use crate::verbs::follow::{AwaitedEnd, Patience, Wait, WaitOptions, follow};
use crate::view::status::words;
use clap::Args;
use serde_json::{Map, Value, json};
use windlass_domain::release::action::ActionName;
use windlass_domain::shown::api::ActionStarted;
use windlass_domain::shown::api::deployments::{Done, ExecutionEnd, ExecutionOutcome};
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::prose::Prose;

/// The words of a wait for an action.
const WAITS: &str = "it is handed in; its outcome is waited for";

/// The environment that a verb acts on, and the reason.
#[derive(Debug, Clone, Args)]
pub struct ActedOn {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The reason, and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// The reason of an action, and the way in which it is asked for.
#[derive(Debug, Clone, Args)]
pub struct Asking {
    /// The reason, which is recorded.
    #[arg(long, value_name = "TEXT", value_parser = arguments::text)]
    pub reason: String,
    /// The installation.
    #[command(flatten)]
    pub endpoint: Endpoint,
    /// Says whether it is waited for, and how long.
    #[command(flatten)]
    pub wait: WaitOptions,
}

/// The effect of an action.
#[derive(Debug, Clone, Copy)]
pub enum AwaitedEffect {
    /// It becomes a deployment, which shows the rest.
    Deployment(AwaitedEnd),
    /// It makes this true of the environment.
    Environment(fn(&Environment) -> bool),
}

/// An action on an environment.
pub struct Action<'a> {
    /// The environment, the reason, and how to ask.
    pub at: &'a ActedOn,
    /// The action.
    pub action: ActionName,
    /// The body beside the reason.
    pub body: Map<String, Value>,
    /// Its effect.
    pub effect: AwaitedEffect,
}

impl Action<'_> {
    /// Starts it and waits for its outcome: a deployment is watched until it has ended.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(self, output: VerbOutput) -> Result<Exit, Failure> {
        let endpoint = &self.at.asking.endpoint;
        endpoint.ask(async |windlass| self.run_at(windlass, output).await)
    }

    /// Does the same at an installation that is open.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub async fn run_at(self, windlass: &Windlass, output: VerbOutput) -> Result<Exit, Failure> {
        self.may_be_interrupted();
        let execution = self.start(windlass).await?;
        if self.at.asking.wait.no_wait {
            let (app, environment) = (&self.at.app, &self.at.environment);
            let command = match self.effect {
                AwaitedEffect::Deployment(_) => format!("`windlass history {app} {environment}`"),
                AwaitedEffect::Environment(_) => format!("`windlass status {app} {environment}`"),
            };
            let words = format!(
                "handed in, and not waited for: {execution}. {command} shows what came of it, and `windlass refusals \
                 {app}` whether it was refused"
            );
            output.result(&json!({ "execution": execution }), &words);
            return Ok(Exit::Good);
        }
        self.outcome(windlass, &execution, output).await
    }

    /// Makes Ctrl-C say that it may be handed in although no answer came.
    pub fn may_be_interrupted(&self) {
        let (app, environment) = (&self.at.app, &self.at.environment);
        interrupt::says(format!(
            "interrupted; it may be handed in all the same: `windlass status {app} {environment}` shows"
        ));
    }

    /// Starts it, and returns its execution.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub async fn start(&self, windlass: &Windlass) -> Result<String, Failure> {
        let mut body = self.body.clone();
        let reason = self.at.asking.reason.as_str();
        // A DELETE has no body.
        let (query, body) = if self.action == ActionName::ReleaseHold {
            (vec![("reason", reason)], None)
        } else {
            body.insert("reason".into(), reason.into());
            (vec![], Some(Value::Object(body)))
        };
        let route = RouteName::Act(self.action);
        let begun: ActionStarted = read(&windlass.act(route, &self.names(), &query, body.as_ref()).await?)?;
        Ok(begun.execution)
    }

    /// Returns the names in the path of the environment.
    fn names(&self) -> [&str; 2] {
        [self.at.app.as_str(), self.at.environment.as_str()]
    }

    async fn outcome(&self, windlass: &Windlass, execution: &str, output: VerbOutput) -> Result<Exit, Failure> {
        let waiting = self.at.asking.wait.patience.begin();
        let (app, environment) = (&self.at.app, &self.at.environment);
        interrupt::says(format!(
            "interrupted; it goes on: {execution}. `windlass status {app} {environment}` shows how it stands"
        ));
        let stands = format!(". `windlass status {app} {environment}` shows how it stands");
        let came = came_of(windlass, app, execution, &waiting, &stands).await?;
        let Some(id) = came.deployment else { return self.done(windlass, came.done, came.execution, output).await };
        let wanted = match self.effect {
            AwaitedEffect::Deployment(wanted) => wanted,
            AwaitedEffect::Environment(_) => AwaitedEnd::Runs,
        };
        follow(windlass, app, &id.0, &waiting, wanted, output).await
    }

    /// Prints what was done, or why nothing was; and how the environment is now.
    async fn done(
        &self,
        windlass: &Windlass,
        done: Option<Done>,
        ended: Option<ExecutionEnd>,
        output: VerbOutput,
    ) -> Result<Exit, Failure> {
        let died = ended.filter(|known| known.status != "SUCCEEDED");
        if let (None, Some(died)) = (&done, died) {
            return Err(ended_in_vain(died));
        }
        let (app, environment) = (&self.at.app, &self.at.environment);
        let sentence = done.map(|done| text(&done.cause)).ok_or_else(|| {
            Failure::broken(format!(
                "its execution has ended and left no word of what it did. `windlass status {app} {environment}` shows \
                 how it stands"
            ))
        })?;
        let answer = windlass.get(RouteName::Environment, &self.names(), &[]).await?;
        let now: Environment = read(&answer)?;
        let is_so = match self.effect {
            // A deployment's own outcome was printed, and says nothing of what else goes on there.
            AwaitedEffect::Deployment(_) => true,
            AwaitedEffect::Environment(is_so) => is_so(&now),
        };
        let since = if is_so { "" } else { "\nbut since then somebody else has changed it:" };
        output.result(&answer, &format!("{sentence}{since}\n{}", words(&now)));
        Ok(if is_so { Exit::Good } else { Exit::Superseded })
    }
}

/// Returns the failure that an execution has ended, and has done nothing.
pub fn ended_in_vain(execution: ExecutionEnd) -> Failure {
    let cause = execution.cause.or(execution.error).unwrap_or_default();
    Failure::broken(format!("its execution ended {}: {cause}", execution.status))
}

/// Returns whether an execution that was started a moment ago is not known yet: Step Functions shows it with a delay.
pub fn is_not_known_yet(failure: &Failure) -> bool {
    let mut findings = failure.findings.iter();
    findings.any(|one| one.name == FindingName::UnknownName && one.path == "?execution")
}

/// Asks for the outcome of an execution so far.
///
/// # Errors
/// If Windlass does not know it or does not answer.
pub async fn execution_outcome(
    windlass: &Windlass,
    app: &AppName,
    execution: &str,
) -> Result<ExecutionOutcome, Failure> {
    windlass.read(RouteName::Deployments, &[app.as_str()], &[("execution", execution)]).await
}

/// Waits until something has come of an execution: a deployment, something done, or its end. `stands` says how to see
/// where it stands.
///
/// # Errors
/// If it was rejected, or nothing comes of it in time.
async fn came_of(
    windlass: &Windlass,
    app: &AppName,
    execution: &str,
    waiting: &Wait,
    stands: &str,
) -> Result<ExecutionOutcome, Failure> {
    waiting.pulse.waits_for(WAITS.to_owned());
    loop {
        match execution_outcome(windlass, app, execution).await {
            Ok(ExecutionOutcome { deployment: None, refusal: Some(refusal), .. }) => {
                let environment = refusal.environment.as_ref().map_or_else(String::new, |it| format!(" {it}"));
                let asked = format!("{}{environment} {}", refusal.app, refusal.about);
                return Err(Failure::rejected("it was rejected:", refusal.findings).asked_for(asked));
            }
            Ok(came) => {
                let has_ended = came.execution.as_ref().is_some_and(|known| known.status != "RUNNING");
                if came.deployment.is_some() || came.done.is_some() || has_ended {
                    return Ok(came);
                }
            }
            Err(failure) if failure.passes || is_not_known_yet(&failure) => {}
            Err(failure) => return Err(failure),
        }
        if !waiting.goes_on().await {
            let message = format!("nothing came of it yet; it goes on: {execution}{stands}");
            return Err(Failure::of(TroubleName::NotYetOver, message));
        }
    }
}

/// Waits until an execution has ended that is about no environment, and returns its sentence on what it did.
///
/// # Errors
/// If it was rejected, or died, or does not end in time.
pub async fn ended_without_environment(
    windlass: &Windlass,
    app: &AppName,
    execution: &str,
    patience: &Patience,
) -> Result<Prose, Failure> {
    let waiting = patience.begin();
    interrupt::says(format!(
        "interrupted; it goes on: {execution}. `windlass refusals {app}` shows whether it was refused"
    ));
    let came = came_of(windlass, app, execution, &waiting, "").await?;
    match (came.done, came.execution) {
        (Some(done), _) => Ok(done.cause),
        (None, Some(ended)) => Err(ended_in_vain(ended)),
        (None, None) => Err(Failure::not_understood("what came of it", "it is a deployment")),
    }
}
