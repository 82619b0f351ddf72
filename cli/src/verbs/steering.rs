//! The verbs that hold and steer: `hold` and `release-hold` of automatic deployments; `pause`, `continue` and
//! `skip-bake` while a wave is watched.

use crate::ground::arguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::VerbOutput;
use crate::verbs::operator::{ActedOn, Action, AwaitedEffect};
use clap::Args;
use serde_json::{Map, Value};
use windlass_domain::release::action::ActionName;
use windlass_domain::text::time::Span;

/// The application, the deployment and the reason that a verb at the wheel takes: all that `windlass continue` and
/// `windlass skip-bake` take.
#[derive(Debug, Clone, Args)]
pub struct SteeringArguments {
    /// The environment.
    #[command(flatten)]
    at: ActedOn,
    /// The deployment; the one that is under way if not given. One that has ended since is refused then.
    #[arg(long, value_name = "ID", value_parser = arguments::id)]
    deployment: Option<String>,
}

impl SteeringArguments {
    /// Returns the body of the call, beside the reason.
    fn body(&self) -> Map<String, Value> {
        let id = self.deployment.iter();
        id.map(|id| ("deployment".to_owned(), id.as_str().into())).collect()
    }

    /// Runs the verb of this action, after which nothing is paused.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, action: ActionName, output: VerbOutput) -> Result<Exit, Failure> {
        let effect = AwaitedEffect::Environment(|environment| environment.paused.is_none());
        Action { at: &self.at, action, body: self.body(), effect }.run(output)
    }
}

/// Returns the call of `windlass hold`.
pub fn hold(at: &ActedOn) -> Action<'_> {
    let effect = AwaitedEffect::Environment(|environment| environment.situation.hold.is_some());
    Action { at, action: ActionName::Hold, body: Map::new(), effect }
}

/// Returns the call of `windlass release-hold`.
pub fn release_hold(at: &ActedOn) -> Action<'_> {
    let effect = AwaitedEffect::Environment(|environment| environment.situation.hold.is_none());
    Action { at, action: ActionName::ReleaseHold, body: Map::new(), effect }
}

/// The arguments of `windlass pause`.
#[derive(Debug, Args)]
pub struct Pause {
    #[command(flatten)]
    steers: SteeringArguments,
    /// The longest time that the pause lasts, such as `2h`; if not given, the `pause` of the declaration's gates, which
    /// is a day unless it says otherwise.
    #[arg(long = "for", value_name = "TIME", value_parser = Span::parse)]
    lasts: Option<Span>,
}

impl Pause {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let mut body = self.steers.body();
        if let Some(lasts) = self.lasts {
            body.insert("for".into(), lasts.to_string().into());
        }
        let effect = AwaitedEffect::Environment(|environment| environment.paused.is_some());
        Action { at: &self.steers.at, action: ActionName::Pause, body, effect }.run(output)
    }
}
