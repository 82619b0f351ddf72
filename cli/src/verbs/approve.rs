//! `windlass approve`: approves the plan of a deployment that waits for that, by the plan's hash. Where no hash is
//! given the plan is shown, and nobody approves what was not shown.

use crate::ground::arguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::interrupt;
use crate::ground::output::VerbOutput;
use crate::ground::quoting::in_shell;
use crate::talk::windlass::{RouteName, Windlass};
use crate::verbs::operator::{ActedOn, Action, AwaitedEffect};
use crate::verbs::planned;
use crate::verbs::promote::confirmed;
use crate::view::status;
use clap::Args;
use serde_json::Map;
use std::io::{self, IsTerminal};
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::shown::planned::DrawnPlan;
use windlass_domain::text::count::count;
use windlass_domain::text::digest::{Digest, DigestBeginning};
use windlass_domain::text::finding::{Finding, FindingName};

/// The arguments of `windlass approve`.
#[derive(Debug, Args)]
pub struct Approve {
    #[command(flatten)]
    at: ActedOn,
    /// The deployment; the only one that asks for approval there if not given.
    #[arg(long, value_name = "ID", value_parser = arguments::id)]
    deployment: Option<String>,
    /// The hash of the plan that you have seen. Without it the plan is shown, and on a terminal you are asked then.
    #[arg(long, value_name = "HASH", value_parser = DigestBeginning::parse)]
    hash: Option<DigestBeginning>,
}

impl Approve {
    /// Runs the verb.
    ///
    /// # Errors
    /// If nothing asks for approval there, or Windlass refuses it, does not answer, or has no plan in time.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        self.at.asking.endpoint.ask(async |windlass| {
            let id = match &self.deployment {
                Some(id) => id.clone(),
                None => self.that_asks(windlass).await?.0,
            };
            match &self.hash {
                Some(hash) => self.of(&id, hash.as_str()).run_at(windlass, output).await,
                None => self.show(windlass, &id, output).await,
            }
        })
    }

    /// Returns the call of the verb, which a page makes of what it has shown.
    ///
    /// # Errors
    /// If the deployment or the hash is not given.
    pub fn action(&self) -> Result<Action<'_>, Failure> {
        match (&self.deployment, &self.hash) {
            (Some(id), Some(hash)) => Ok(self.of(id, hash.as_str())),
            _ => Err(Failure::usage("a plan is approved by its deployment and its hash")),
        }
    }

    fn of(&self, id: &str, hash: &str) -> Action<'_> {
        let body = Map::from_iter([("deployment".to_owned(), id.into()), ("hash".to_owned(), hash.into())]);
        // Whether it goes on then is decided at its turn. What is printed of the environment shows how it stands.
        Action { at: &self.at, action: ActionName::Approve, body, effect: AwaitedEffect::Environment(|_| true) }
    }

    /// Shows the plan, and has it approved where a person says so.
    async fn show(&self, windlass: &Windlass, id: &str, output: VerbOutput) -> Result<Exit, Failure> {
        interrupt::says("interrupted; nothing was approved".to_owned());
        let (answer, planned) =
            planned::of_deployment(windlass, &self.at.app, id, &self.at.asking.wait.patience).await?;
        let words = planned::words(&planned);
        let is_asked = |drawn: &&DrawnPlan| drawn.outcome() == PlanOutcome::Change;
        let Some(drawn) = planned.drawn.as_ref().filter(is_asked) else {
            output.result(&answer, &format!("{words}\n  nobody has to approve it"));
            return Ok(planned::exit(&planned));
        };
        if output.is_json() || !io::stdin().is_terminal() {
            let typed = self.typed(id, &drawn.hash);
            output.result(&answer, &format!("{words}\n  nothing was approved; this approves it: `{typed}`"));
            return Ok(Exit::Good);
        }
        output.announce_as_is(&words);
        if !confirmed("Approve it?") {
            output.result(&answer, "nothing was approved");
            return Ok(Exit::Good);
        }
        self.of(id, drawn.hash.as_str()).run_at(windlass, output).await
    }

    /// Returns the command that approves what was shown.
    fn typed(&self, id: &str, hash: &Digest) -> String {
        let (at, reason) = (&self.at, &self.at.asking.reason);
        let words = ["windlass", "approve", at.app.as_str(), at.environment.as_str()].map(str::to_owned);
        let options = [format!("--deployment={id}"), format!("--hash={hash}"), format!("--reason={reason}")];
        in_shell(&[&words[..], &options, &at.asking.endpoint.typed()].concat())
    }

    /// Returns the only deployment that asks for approval.
    async fn that_asks(&self, windlass: &Windlass) -> Result<DeploymentId, Failure> {
        let (app, environment) = (&self.at.app, &self.at.environment);
        let names = [app.as_str(), environment.as_str()];
        let now: Environment = windlass.read(RouteName::Environment, &names, &[]).await?;
        let asks = now.situation.waiting.iter().filter(|one| one.asks).map(|one| &one.deployment);
        let asks: Vec<&DeploymentId> = asks.collect();
        if let [one] = asks[..] {
            return Ok(one.clone());
        }
        let (reason, remedy) = if asks.is_empty() {
            let status = format!("`windlass status {app} {environment}` shows what waits, and what it waits for.");
            (format!("nothing asks for approval in {app} {environment}."), status)
        } else {
            let each: Vec<String> = asks.iter().map(|id| status::deployment(&now, id)).collect();
            let remedy = format!("Name one of them by `--deployment`: {}.", each.join("; "));
            (format!("{} ask for approval in {app} {environment}.", count(asks.len(), "deployment")), remedy)
        };
        let finding = Finding::new(FindingName::NotAsked, format!("environments.{environment}"), reason, remedy);
        Err(Failure::rejected("nothing was approved:", vec![finding]))
    }
}
