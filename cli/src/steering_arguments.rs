//! The arguments of the verbs that steer a deployment while a wave is watched.

use crate::arguments;
use crate::operator::ActedOn;
use clap::Args;
use serde_json::{Map, Value};

/// The application, the deployment and the reason that a verb at the wheel takes.
#[derive(Debug, Clone, Args)]
pub struct SteeringArguments {
    /// The environment.
    #[command(flatten)]
    pub at: ActedOn,
    /// The deployment; the one that is under way if not given. One that has ended since is refused then.
    #[arg(long, value_name = "ID", value_parser = arguments::id)]
    pub deployment: Option<String>,
}

impl SteeringArguments {
    /// Returns the body of the call, beside the reason.
    pub fn body(&self) -> Map<String, Value> {
        let id = self.deployment.iter();
        id.map(|id| ("deployment".to_owned(), id.as_str().into())).collect()
    }
}
