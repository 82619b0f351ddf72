//! An environment as the API answers it, and as people read it.

use crate::failure::Failure;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::environment::{HeldState, Hold, Lock, Running};
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::time::Time;

/// An environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Environment {
    app: AppName,
    #[serde(rename = "environment")]
    name: EnvironmentName,
    running: BTreeMap<ComponentName, Running>,
    snapshot: u64,
    /// The hold on automatic deployments.
    pub hold: Option<Hold>,
    /// The lock.
    pub lock: Lock,
    waiting: Vec<WhoWaits>,
    #[serde(default)]
    observed: BTreeMap<ComponentName, Observed>,
}

#[derive(Debug, Clone, Deserialize)]
struct WhoWaits {
    deployment: DeploymentId,
    since: Time,
}

#[derive(Debug, Clone, Deserialize)]
struct Observed {
    drift: String,
    #[serde(default)]
    recorded: Option<String>,
    #[serde(default)]
    seen: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

impl Observed {
    fn words(&self) -> String {
        let told = [("seen", &self.seen), ("recorded", &self.recorded)];
        let mut words = vec![self.drift.clone()];
        for (what, value) in told {
            words.extend(value.as_ref().map(|value| format!("{what} {value}")));
        }
        words.extend(self.reason.clone());
        words.join(", ")
    }
}

impl Environment {
    /// Reads an answer.
    ///
    /// # Errors
    /// Where it has another form.
    pub fn read(answer: &Value) -> Result<Self, Failure> {
        Self::deserialize(answer).map_err(|error| {
            Failure::broken(format!("the environment cannot be understood: {error}"))
        })
    }

    /// What people read.
    pub fn words(&self) -> String {
        let snapshot = match self.snapshot {
            0 => "nothing was deployed yet".to_owned(),
            number => format!("snapshot {number}"),
        };
        let mut lines = vec![format!("{} {}: {snapshot}", self.app, self.name)];
        for (component, running) in &self.running {
            lines.push(self.component(component, running));
        }
        lines.push(match &self.hold {
            None => "  hold: none".to_owned(),
            Some(hold) => format!(
                "  hold: since {} by {}: {}",
                hold.since, hold.by, hold.reason
            ),
        });
        lines.push(self.lock());
        for waiting in &self.waiting {
            let (id, since) = (&waiting.deployment, waiting.since);
            lines.push(format!("  waiting: {id} since {since}"));
        }
        lines.join("\n")
    }

    fn component(&self, name: &ComponentName, running: &Running) -> String {
        let (version, since, by) = (&running.version, running.since, &running.deployment);
        let line = format!("  {name}: {version} since {since}, by deployment {by}");
        match self.observed.get(name) {
            None => line,
            Some(observed) => format!("{line}\n    drift: {}", observed.words()),
        }
    }

    fn lock(&self) -> String {
        let Some(held) = &self.lock.held else {
            return "  lock: free".to_owned();
        };
        let what = match held.state {
            HeldState::Running => "is deployed",
            HeldState::Recovering => "is recovered",
            HeldState::NeedsOperator => {
                "NEEDS AN OPERATOR: `windlass recover` or `windlass accept`"
            }
        };
        format!("  lock: {} {what}, since {}", held.deployment, held.since)
    }
}
