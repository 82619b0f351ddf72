//! `windlass plan`: shows what a release, a promotion, a rollback, a restoring, a drill or a withdrawal would do.

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
use crate::verbs::rollback::RollbackGoal;
use crate::verbs::start::NextStep;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::planned::Planned;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
#[command(subcommand_value_name = "release|deploy|rollback|restore|drill|withdraw")]
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
    /// Bringing back what is recorded.
    Restore(PlannedRestore),
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
    app: AppName,
    /// The environment.
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
    #[command(flatten)]
    goal: RollbackGoal,
}

#[derive(Debug, Args)]
struct PlannedRestore {
    #[command(flatten)]
    at: PlannedAction,
    /// The one component that is brought back; all that run if not given.
    #[arg(long, value_name = "COMPONENT")]
    component: Option<ComponentName>,
}

#[derive(Debug, Args)]
struct PlannedWithdrawal {
    #[command(flatten)]
    at: PlannedAction,
    /// The component that is the site.
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
            PlannedCommand::Restore(of) => &of.at.unused,
            PlannedCommand::Drill(at) => &at.unused,
            PlannedCommand::Withdraw(of) => &of.at.unused,
        };
        unused.announce(output);
        match &self.of {
            PlannedCommand::Release(of) => of.release.run(NextStep::Plan(&of.patience), output),
            PlannedCommand::Deploy(of) => of.deploy.run(NextStep::Plan(&of.patience), output),
            PlannedCommand::Rollback(back) => back.run(output),
            PlannedCommand::Restore(of) => of.at.run(&of.body(), output),
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
            PlannedCommand::Rollback(back) => back.at.drawn(windlass, &back.body(windlass).await?).await,
            PlannedCommand::Restore(of) => of.at.drawn(windlass, &of.body()).await,
            PlannedCommand::Drill(at) => at.drawn(windlass, &drill()).await,
            PlannedCommand::Withdraw(of) => of.at.drawn(windlass, &of.body()).await,
            PlannedCommand::Release(_) => Err(Failure::usage("a release is planned where its files are")),
        }
    }
}

const NO_REASON: &str = "`--reason` is of the command: a plan needs none";

impl PlannedAction {
    fn run(&self, body: &Value, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = self.endpoint.open().await?;
            self.draw(&windlass, body, output).await
        })
    }

    async fn draw(&self, windlass: &Windlass, body: &Value, output: Output) -> Result<Exit, Failure> {
        if self.reason.is_some() {
            output.announce(NO_REASON);
        }
        planned::draw(self.asked(windlass, body), &self.patience, output).await
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

impl PlannedRestore {
    fn body(&self) -> Value {
        let mut body = json!({"action": "restore"});
        if let Some(component) = &self.component {
            body["component"] = json!(component);
        }
        body
    }
}

impl PlannedWithdrawal {
    fn body(&self) -> Value {
        json!({"action": "withdraw", "component": self.component, "pattern": self.pattern})
    }
}

impl PlannedRollback {
    fn run(&self, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = self.at.endpoint.open().await?;
            let body = self.body(&windlass).await?;
            self.at.draw(&windlass, &body, output).await
        })
    }

    async fn body(&self, windlass: &Windlass) -> Result<Value, Failure> {
        let of = EnvironmentId::new(&self.at.app, &self.at.environment);
        let mut body = self.goal.members(windlass, of).await?;
        body.insert("action".into(), "rollback".into());
        Ok(Value::Object(body))
    }
}
