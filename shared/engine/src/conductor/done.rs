//! What an execution that made no deployment has done, kept for the retry that comes when its answer is lost, and for
//! an invocation that begins late: doing it again would find nothing to do, undo what somebody did since, or make a
//! deployment that nobody works for.

use super::Ports;
use super::answer::ended;
use crate::payload::{Answer, Ask};
use crate::ports::{Answered, Write};
use crate::store::{self, Stored};
use serde::{Deserialize, Serialize};
use windlass_domain::ending::Ending;
use windlass_domain::identity::DeploymentId;
use windlass_domain::moving::Side;
use windlass_domain::name::{AppName, EnvironmentName};

/// What an execution has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The deployment that it was about; `none` if about none.
    pub deployment: DeploymentId,
    /// What is told of it.
    pub cause: String,
    /// The name of why there was nothing to do; empty where something was done.
    #[serde(default)]
    pub nothing: String,
    /// Where it has let go of something: an event tells that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Removed>,
    /// The sides between which it has moved something: an event tells that of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Owner>,
}

/// The former owner of something that was moved, or the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
}

/// The environment, or the application, that has let go of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The application.
    pub app: AppName,
    /// The environment; absent where it was the whole application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
}

impl Done {
    /// Something that was done.
    pub fn of(deployment: &DeploymentId, cause: String) -> Self {
        Self {
            deployment: deployment.clone(),
            cause,
            nothing: String::new(),
            removed: None,
            moved: Vec::new(),
        }
    }

    /// Something that was let go of.
    pub fn removed(app: &AppName, environment: Option<&EnvironmentName>, cause: String) -> Self {
        let removed = Removed {
            app: app.clone(),
            environment: environment.cloned(),
        };
        Self {
            removed: Some(removed),
            ..Self::of(&DeploymentId("none".into()), cause)
        }
    }

    /// Something that was moved, and the environments that it concerns.
    pub fn moved(sides: Vec<Side<'_>>, cause: String) -> Self {
        let owner = |Side { app, environment }: Side<'_>| Owner {
            app: app.clone(),
            environment: environment.clone(),
        };
        Self {
            moved: sides.into_iter().map(owner).collect(),
            ..Self::of(&DeploymentId("none".into()), cause)
        }
    }

    /// The write that keeps it, to be made in the transaction that does it. It is refused where this
    /// execution has done something already.
    pub fn put(&self, ask: &Ask) -> Answered<Write> {
        Stored::new(store::done(&ask.execution.arn), self.clone()).put()
    }

    /// The answer.
    pub fn answer(&self) -> Answer {
        let ending = if self.nothing.is_empty() {
            Ending::Succeeded
        } else {
            Ending::NothingToDo
        };
        ended(&self.deployment, ending, &self.nothing, &self.cause)
    }
}

/// What this execution has done before, if anything.
pub async fn before(ports: &impl Ports, ask: &Ask) -> Answered<Option<Answer>> {
    let done: Option<Stored<Done>> = store::load(ports, &store::done(&ask.execution.arn)).await?;
    Ok(done.map(|done| done.value.answer()))
}
