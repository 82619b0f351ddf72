//! The next steps that a text for people names, as data: what a person, or a program in CI, can ask for next.

use crate::text::foreign;
use crate::text::name::{AppName, EnvironmentName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// A step that can be taken next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    /// Start the release machine with this input. A call of this API does the same: a `POST`, but a `DELETE` to release
    /// a hold.
    Start(Input),
    /// Make this call of the API, where the machine has no input for the step.
    Call(Call),
    /// Ask for the same once more, with this member of the request and a reason.
    With(Wish),
    /// Deploy into the environment, once what stands before it is done.
    Deploy(Redeploy),
    /// Run this command of somebody else's tool, such as AWS's. A person writes a value in place of `…` and of
    /// `<number>`.
    Run(#[serde(deserialize_with = "foreign::one")] String),
}

/// Makes the step to run a command of somebody else's tool, which is written as `format!` writes it.
#[macro_export]
macro_rules! run {
    ($($command:tt)*) => {
        $crate::text::next_step::NextStep::run(format_args!($($command)*))
    };
}

impl NextStep {
    /// Makes the step to run a command of somebody else's tool ([`run`](crate::run)).
    pub fn run(command: impl fmt::Display) -> Self {
        Self::Run(foreign::line(&command.to_string()).into_owned())
    }

    /// Returns it as it stands in a place that all read: a step to start is the input of the release machine, and a
    /// call the call of the API.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Start(input) => input.to_string(),
            Self::Call(call) => format!("`{}`", call.of_api()),
            Self::With(wish) => format!("`{wish}`"),
            Self::Deploy(what) => what.words().to_owned(),
            Self::Run(command) => format!("`{command}`"),
        }
    }
}

/// The release that is to be deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Redeploy {
    /// The same release once more.
    Again,
    /// A release in which what is wrong is mended.
    Fixed,
}

impl Redeploy {
    /// Returns it in words.
    const fn words(self) -> &'static str {
        match self {
            Self::Again => "deploy again",
            Self::Fixed => "deploy a fixed release",
        }
    }
}

/// The input of the release machine. A person at the console writes a reason in place of `…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Input(pub(crate) Map<String, Value>);

/// The environment that a call is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallPlace {
    /// The application.
    pub app: AppName,
    /// Its environment.
    pub environment: EnvironmentName,
}

/// The deployment that a call is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentPlace {
    /// The environment that it goes into.
    #[serde(flatten)]
    pub at: CallPlace,
    /// Its id.
    pub deployment: String,
}

/// A call of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Shows what runs in an environment.
    Environment(CallPlace),
    /// Compares the targets of an environment with what is recorded.
    Observe(CallPlace),
    /// Lists the snapshots that a rollback can go back to.
    Snapshots(CallPlace),
    /// Lists the deployments of an environment, the newest first.
    History(CallPlace),
    /// Shows the figures of an application in the last day.
    FiguresOfADay(AppName),
    /// Shows a deployment, by its id; the command line watches it until it ends.
    Deployment(DeploymentPlace),
    /// Stops a deployment, by its id, and undoes what it changed.
    Cancel(DeploymentPlace),
}

/// A member of a deployment's request that needs a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Deploy it once more.
    Again,
    /// Deploy it although it is older.
    AllowOlder,
    /// Deploy it although a gate is red.
    AcceptRed,
    /// Deploy it although deployments are held.
    ThroughHold,
    /// Stop what is under way.
    Preempt,
    /// Lose the data of these resources.
    MayLose,
}

/// As the release machine takes it. The action comes first, because a person reads it so.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.clone();
        let action = rest.remove("action").unwrap_or_default();
        let rest = Value::Object(rest).to_string();
        write!(f, r#"{{"action":{action},{}"#, &rest[1..])
    }
}

impl Call {
    /// Returns the call of the API.
    pub fn of_api(&self) -> String {
        match self {
            Self::Environment(CallPlace { app, environment }) => format!("GET /apps/{app}/environments/{environment}"),
            Self::Observe(CallPlace { app, environment }) => {
                format!("GET /apps/{app}/environments/{environment}?observe=true")
            }
            Self::Snapshots(CallPlace { app, environment }) => {
                format!("GET /apps/{app}/environments/{environment}/snapshots")
            }
            Self::History(CallPlace { app, environment }) => {
                format!("GET /apps/{app}/deployments?environment={environment}")
            }
            Self::FiguresOfADay(app) => format!("GET /apps/{app}/stats?days=1"),
            Self::Deployment(DeploymentPlace { at, deployment }) => {
                format!("GET /apps/{}/deployments/{deployment}", at.app)
            }
            Self::Cancel(DeploymentPlace { at: CallPlace { app, environment }, deployment }) => {
                format!(
                    r#"POST /apps/{app}/environments/{environment}/deployments/{deployment}/cancel {{"reason":"…"}}"#
                )
            }
        }
    }

    /// Returns the command of `windlass` that does the same.
    pub fn command(&self) -> String {
        match self {
            Self::Environment(CallPlace { app, environment }) => format!("windlass status {app} {environment}"),
            Self::Observe(CallPlace { app, environment }) => format!("windlass status {app} {environment} --observe"),
            Self::Snapshots(CallPlace { app, environment }) => format!("windlass snapshots {app} {environment}"),
            Self::History(CallPlace { app, environment }) => format!("windlass history {app} {environment}"),
            Self::FiguresOfADay(app) => format!("windlass stats {app} --days 1"),
            Self::Deployment(DeploymentPlace { at, deployment }) => format!("windlass watch {} {deployment}", at.app),
            Self::Cancel(DeploymentPlace { at, deployment }) => {
                format!("windlass cancel {} {deployment} --reason '…'", at.app)
            }
        }
    }
}

impl Wish {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Again, Self::AllowOlder, Self::AcceptRed, Self::ThroughHold, Self::Preempt, Self::MayLose];

    /// Returns the option of the command line.
    pub fn option(self) -> String {
        format!("--{}", self.to_string().replace('_', "-"))
    }
}

crate::text::name::displayed!(Wish, Serialize::serialize);
