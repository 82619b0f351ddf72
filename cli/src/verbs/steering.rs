//! The verbs that hold and steer: `hold` and `release-hold` of automatic deployments; `pause`, `continue` and
//! `skip-bake` while a wave is watched.

use crate::ground::arguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::Output;
use crate::verbs::operator::{ActedOn, Action, Effect};
use clap::Args;
use serde_json::{Map, Value};
use windlass_domain::text::time::Span;

/// The application, the deployment and the reason that a verb at the wheel takes.
#[derive(Debug, Clone, Args)]
struct SteeringArguments {
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
}

/// The arguments of `windlass hold`.
#[derive(Debug, Args)]
pub struct Hold {
    #[command(flatten)]
    at: ActedOn,
}

impl Hold {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        self.action().run(output)
    }

    /// Returns the call of the verb.
    pub fn action(&self) -> Action<'_> {
        Action {
            at: &self.at,
            method: "PUT",
            path: "hold",
            body: Map::new(),
            effect: Effect::Environment(|environment| environment.situation.hold.is_some()),
        }
    }
}

/// The arguments of `windlass release-hold`.
#[derive(Debug, Args)]
pub struct ReleaseHold {
    #[command(flatten)]
    at: ActedOn,
}

impl ReleaseHold {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        self.action().run(output)
    }

    /// Returns the call of the verb.
    pub fn action(&self) -> Action<'_> {
        Action {
            at: &self.at,
            method: "DELETE",
            path: "hold",
            body: Map::new(),
            effect: Effect::Environment(|environment| environment.situation.hold.is_none()),
        }
    }
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
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let mut body = self.steers.body();
        if let Some(lasts) = self.lasts {
            body.insert("for".into(), lasts.to_string().into());
        }
        let action = Action {
            at: &self.steers.at,
            method: "POST",
            path: "pause",
            body,
            effect: Effect::Environment(|environment| environment.paused.is_some()),
        };
        action.run(output)
    }
}

/// The arguments of `windlass continue`.
#[derive(Debug, Args)]
pub struct Continue {
    #[command(flatten)]
    steers: SteeringArguments,
}

impl Continue {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let action = Action {
            at: &self.steers.at,
            method: "POST",
            path: "continue",
            body: self.steers.body(),
            effect: Effect::Environment(|environment| environment.paused.is_none()),
        };
        action.run(output)
    }
}

/// The arguments of `windlass skip-bake`.
#[derive(Debug, Args)]
pub struct SkipBake {
    #[command(flatten)]
    steers: SteeringArguments,
}

impl SkipBake {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let action = Action {
            at: &self.steers.at,
            method: "POST",
            path: "skip-bake",
            body: self.steers.body(),
            effect: Effect::Environment(|environment| environment.paused.is_none()),
        };
        action.run(output)
    }
}
