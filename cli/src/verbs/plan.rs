//! `windlass plan`: shows what a release, a promotion, a rollback, a restoring, a drill or a withdrawal would do; and
//! by what is recorded, what a cancellation, a recovery, accepting, a hold or its release would.

use super::deploy::Deploy;
use super::release::ReleaseArguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::VerbOutput;
use crate::talk::installation::Endpoint;
use crate::talk::windlass::Windlass;
use crate::verbs::follow::Patience;
use crate::verbs::planned::{self, CallerKind};
use crate::verbs::remove::Withdraw;
use crate::verbs::rollback::{Restore, Rollback};
use crate::verbs::start::AfterRequest;
use crate::view::effects::Effect;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::planned::Planned;
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
#[command(
    subcommand_value_name = "release|deploy|rollback|restore|drill|withdraw|cancel|recover|accept|hold|release-hold"
)]
pub struct Plan {
    #[command(subcommand)]
    of: PlannedCommand,
}

/// The command whose plan is drawn.
#[derive(Debug, Subcommand)]
enum PlannedCommand {
    /// A release: its artifacts are uploaded, its manifest is not.
    Release(Box<PlannedStart<ReleaseArguments>>),
    /// A recorded release, into an environment.
    Deploy(PlannedStart<Deploy>),
    /// Going back to an earlier snapshot.
    Rollback(Rollback<PlannedAction>),
    /// Bringing back what is recorded.
    Restore(Restore<PlannedAction>),
    /// The way there of a drill, to the version before.
    Drill(PlannedAction),
    /// Taking files of a site away.
    Withdraw(Withdraw<PlannedAction>),
    /// Stopping what is under way, and undoing what it changed.
    Cancel(PlannedAction),
    /// Undoing once more what needs an operator.
    Recover(PlannedAction),
    /// Making what is there the truth.
    Accept(PlannedAction),
    /// Holding automatic deployments.
    Hold(PlannedAction),
    /// Releasing the hold.
    ReleaseHold(PlannedAction),
}

impl PlannedCommand {
    /// Returns the verb of an act that has no plan, and whose effect is seen in what is recorded.
    const fn without_plan(&self) -> Option<&'static str> {
        Some(match self {
            Self::Cancel(_) => "cancel",
            Self::Recover(_) => "recover",
            Self::Accept(_) => "accept",
            Self::Hold(_) => "hold",
            Self::ReleaseHold(_) => "release-hold",
            _ => return None,
        })
    }
}

/// A command that starts a deployment.
#[derive(Debug, Args)]
struct PlannedStart<C: Args> {
    #[command(flatten)]
    command: C,
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

/// Options of the command without `plan`, so that `plan` can stand in front of any.
#[derive(Debug, Args)]
struct UnusedOptions {
    #[arg(long, hide = true)]
    watch: bool,
    #[arg(long, hide = true, value_name = "TIME")]
    look: Option<String>,
}

impl UnusedOptions {
    fn announce(&self, output: VerbOutput) {
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
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let at = match &self.of {
            PlannedCommand::Release(of) => {
                of.unused.announce(output);
                return of.command.run(AfterRequest::Plan(&of.patience), output);
            }
            PlannedCommand::Deploy(of) => {
                of.unused.announce(output);
                return of.command.run(AfterRequest::Plan(&of.patience), output);
            }
            PlannedCommand::Rollback(of) => &of.at,
            PlannedCommand::Restore(of) => &of.at,
            PlannedCommand::Withdraw(of) => &of.at,
            PlannedCommand::Drill(at)
            | PlannedCommand::Cancel(at)
            | PlannedCommand::Recover(at)
            | PlannedCommand::Accept(at)
            | PlannedCommand::Hold(at)
            | PlannedCommand::ReleaseHold(at) => at,
        };
        at.unused.announce(output);
        if at.reason.is_some() {
            output.announce(NO_REASON);
        }
        if let Some(verb) = self.of.without_plan() {
            let of = EnvironmentId::new(&at.app, &at.environment);
            let effect = at.endpoint.ask(async |windlass| Effect::read(windlass, of, verb, None).await)?;
            output.result(&effect, &effect.in_words());
            return Ok(Exit::Good);
        }
        at.endpoint.ask(async |windlass| planned::draw(self.drawn(windlass), output).await)
    }

    /// Draws the plan of a recorded release, or of an operator's action. A release uploads first, so only the verb itself draws its plan.
    ///
    /// # Errors
    /// If Windlass refuses it, does not answer, or gives no plan in time.
    pub async fn drawn(&self, windlass: &Windlass) -> Result<(Value, Planned), Failure> {
        let (at, body) = match &self.of {
            PlannedCommand::Release(_) => return Err(Failure::usage("a release is planned where its files are")),
            PlannedCommand::Deploy(of) => return of.command.drawn(windlass, &of.patience).await,
            PlannedCommand::Rollback(Rollback { at, goal }) => {
                let mut body = goal.members(windlass, EnvironmentId::new(&at.app, &at.environment)).await?;
                body.insert("action".into(), "rollback".into());
                (at, Value::Object(body))
            }
            PlannedCommand::Restore(Restore { at, component }) => {
                let mut body = json!({"action": "restore"});
                if let Some(component) = component {
                    body["component"] = json!(component);
                }
                (at, body)
            }
            PlannedCommand::Drill(at) => (at, json!({"action": "drill"})),
            PlannedCommand::Withdraw(Withdraw { at, component, pattern }) => {
                (at, json!({"action": "withdraw", "component": component, "pattern": pattern}))
            }
            _ => return Err(Failure::usage("it has no plan: what is recorded shows its effect")),
        };
        let of = EnvironmentId::new(&at.app, &at.environment);
        planned::drawn(windlass, of, &body, CallerKind::Person, &at.patience).await
    }
}

const NO_REASON: &str = "`--reason` is of the command: a plan needs none";
