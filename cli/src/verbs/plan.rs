//! `windlass plan`: shows what a release, a promotion, a rollback, a drill or a withdrawal would do.

use super::deploy::Deploy;
use super::release::ReleaseArguments;
use crate::ground::arguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::Output;
use crate::talk::installation::Endpoint;
use crate::talk::windlass::{Windlass, waiting};
use crate::verbs::follow::Patience;
use crate::verbs::planned::{self, CallerKind, PlanRequest};
use crate::verbs::start::NextStep;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use windlass_domain::shown::planned::Planned;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
#[command(subcommand_value_name = "release|deploy|rollback|drill|withdraw")]
pub struct Plan {
    #[command(subcommand)]
    of: PlannedCommand,
}

/// The command whose plan is drawn.
#[derive(Debug, Subcommand)]
enum PlannedCommand {
    /// A release: its artifacts are uploaded, its manifest is not.
    Release(Box<PlannedRelease>),
    /// A release that is recorded already, into an environment: promotion.
    Deploy(PlannedDeploy),
    /// Going back to an earlier snapshot.
    Rollback(PlannedRollback),
    /// The way there of a drill, to the version before.
    Drill(PlannedAction),
    /// Taking files of a site away.
    Withdraw(PlannedWithdrawal),
}

#[derive(Debug, Args)]
struct PlannedRelease {
    #[command(flatten)]
    release: ReleaseArguments,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    unused: UnusedOptions,
}

#[derive(Debug, Args)]
struct PlannedDeploy {
    #[command(flatten)]
    deploy: Deploy,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    unused: UnusedOptions,
}

/// An operator's action. One that is only planned needs no reason.
#[derive(Debug, Args)]
struct PlannedAction {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The environment.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    environment: EnvironmentName,
    #[arg(long, hide = true, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    unused: UnusedOptions,
}

#[derive(Debug, Args)]
struct PlannedRollback {
    #[command(flatten)]
    at: PlannedAction,
    /// The snapshot to go back to; the newest suitable one if not given.
    #[arg(long, value_name = "NUMBER", value_parser = arguments::number)]
    snapshot: Option<u64>,
    /// A component that is irreversible and that it may go back across; may be given several times.
    #[arg(long, value_name = "COMPONENT", value_parser = |text: &str| ComponentName::new(text))]
    across: Vec<ComponentName>,
}

#[derive(Debug, Args)]
struct PlannedWithdrawal {
    #[command(flatten)]
    at: PlannedAction,
    /// The component that is the site.
    #[arg(value_parser = |text: &str| ComponentName::new(text))]
    component: ComponentName,
    /// The path of a file within the site, or a glob such as `backup/**`.
    #[arg(value_parser = arguments::text)]
    pattern: String,
}

/// Options of the command without `plan`, so that `plan` can stand in front of any.
#[derive(Debug, Args)]
struct UnusedOptions {
    #[arg(long, hide = true)]
    watch: bool,
    #[arg(long, hide = true, value_name = "TIME")]
    look: Option<String>,
}

impl UnusedOptions {
    fn announce(&self, output: Output) {
        let given = [("--watch", self.watch), ("--look", self.look.is_some())];
        for (name, _) in given.iter().filter(|(_, given)| *given) {
            output.announce(&format!("`{name}` is of the command: a plan ends when it is drawn"));
        }
    }
}

impl Plan {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let unused = match &self.of {
            PlannedCommand::Release(of) => &of.unused,
            PlannedCommand::Deploy(of) => &of.unused,
            PlannedCommand::Rollback(back) => &back.at.unused,
            PlannedCommand::Drill(at) => &at.unused,
            PlannedCommand::Withdraw(of) => &of.at.unused,
        };
        unused.announce(output);
        match &self.of {
            PlannedCommand::Release(of) => of.release.run(NextStep::Plan(&of.patience), output),
            PlannedCommand::Deploy(of) => of.deploy.run(NextStep::Plan(&of.patience), output),
            PlannedCommand::Rollback(back) => back.at.run(&back.body(), output),
            PlannedCommand::Drill(at) => at.run(&drill(), output),
            PlannedCommand::Withdraw(of) => of.at.run(&of.body(), output),
        }
    }
}

impl Plan {
    /// Draws the plan of a promotion or of a rollback. A release uploads first, so only the verb itself draws its plan.
    ///
    /// # Errors
    /// If Windlass refuses it, does not answer, or gives no plan in time.
    pub async fn drawn(&self, windlass: &Windlass) -> Result<(Value, Planned), Failure> {
        match &self.of {
            PlannedCommand::Deploy(of) => of.deploy.drawn(windlass, &of.patience).await,
            PlannedCommand::Rollback(back) => back.at.drawn(windlass, &back.body()).await,
            PlannedCommand::Drill(at) => at.drawn(windlass, &drill()).await,
            PlannedCommand::Withdraw(of) => of.at.drawn(windlass, &of.body()).await,
            PlannedCommand::Release(_) => Err(Failure::usage("a release is planned where its files are")),
        }
    }
}

const NO_REASON: &str = "`--reason` is of the command: a plan needs none";

impl PlannedAction {
    fn run(&self, body: &Value, output: Output) -> Result<Exit, Failure> {
        if self.reason.is_some() {
            output.announce(NO_REASON);
        }
        waiting(async {
            let windlass = self.endpoint.open().await?;
            planned::draw(self.asked(&windlass, body), &self.patience, output).await
        })
    }

    async fn drawn(&self, windlass: &Windlass, body: &Value) -> Result<(Value, Planned), Failure> {
        planned::drawn(self.asked(windlass, body), &self.patience).await
    }

    fn asked<'a>(&'a self, windlass: &'a Windlass, body: &'a Value) -> PlanRequest<'a> {
        PlanRequest { windlass, app: &self.app, environment: &self.environment, body, by: CallerKind::Person }
    }
}

fn drill() -> Value {
    json!({"action": "drill"})
}

impl PlannedWithdrawal {
    fn body(&self) -> Value {
        json!({"action": "withdraw", "component": self.component, "pattern": self.pattern})
    }
}

impl PlannedRollback {
    fn body(&self) -> Value {
        let mut body = Map::from_iter([("action".to_owned(), "rollback".into())]);
        if let Some(snapshot) = self.snapshot {
            body.insert("snapshot".into(), snapshot.into());
        }
        if !self.across.is_empty() {
            body.insert("across".into(), json!(self.across));
        }
        Value::Object(body)
    }
}
