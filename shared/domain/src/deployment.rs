//! Deployments: the record that answers who, what, when, and how it ended.

use crate::digest::Digest;
use crate::ending::{Ending, Resolved};
use crate::environment::Running;
use crate::finding::Finding;
use crate::identity::DeploymentId;
use crate::input::input;
use crate::name::{AppName, ComponentName, EnvironmentName};
use crate::order::Order;
use crate::overtaking::Supersede;
use crate::part::Part;
use crate::release::Release;
use crate::request::{ActionName, ObjectRef, Requester};
use crate::time::Time;
use crate::wheel::Turn;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;

/// The name of the cause of an undo that a rollback asked for.
pub const PREEMPTED: &str = "PreemptedByOperator";

/// A deployment's record. Written by the conductor alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// What was asked for: `deploy`, `rollback` or `drill`.
    pub action: ActionName,
    /// Of an arrival: 1, and one more for each time that it came again after the one before had ended.
    pub attempt: u32,
    /// Its idempotency key, where it is a request of its own and no arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyed: Option<Keyed>,
    /// The release, with only the components that are to be changed by it.
    pub release: Release,
    /// The release's digest.
    pub release_digest: Digest,
    /// `rollback`, `drill`: the snapshot that it goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<u64>,
    /// `rollback`: the components that are irreversible and that it may go back across.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub across: BTreeSet<ComponentName>,
    /// `rollback`: the components that it takes back to what was found of them. No release has their bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<ComponentName>,
    /// `drill`: the drill whose way back it is; absent of the way there, which has the drill's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<DeploymentId>,
    /// The deployment that was under way when it was asked for, and that it stopped: a rollback, or a release that
    /// overtakes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stops: Option<DeploymentId>,
    /// The declaration it is deployed under.
    #[schemars(with = "String")]
    pub declaration: semver::Version,
    /// The upload that asked for it, a manifest or a single artifact: its findings are written
    /// beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<ObjectRef>,
    /// Who asked.
    pub requester: Requester,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it stands in the order.
    pub order: Order,
    /// Whether an older release may be deployed.
    pub allow_older: bool,
    /// Whether red gates are accepted.
    pub accept_red: bool,
    /// Whether it goes although deployments are held.
    #[serde(default)]
    pub through_hold: bool,
    /// True where a person wanted the deployment under way stopped and undone for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preempt: bool,
    /// Its declaration's word on an older release that is under way.
    #[serde(default, skip_serializing_if = "Supersede::waits")]
    pub supersede: Supersede,
    /// Whether it may be deployed again after an undo.
    pub again: bool,
    /// Whether a person named the environment, in contrast to an arrival that a rule sent there.
    pub by_person: bool,
    /// When it was accepted.
    pub accepted: Time,
    /// The executions that worked for it: the first one, then recoveries.
    pub executions: Vec<String>,
    /// The place among these of the last that was not started by Windlass itself: its own, else the recovery that
    /// an operator asked for last.
    #[serde(default)]
    pub asked_for: usize,
    /// When it got the lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Time>,
    /// How it stands.
    pub status: Status,
    /// Why it is being undone, once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoing: Option<Why>,
    /// Whether a person stopped it, by cancelling it, by a rollback, by a newer release or in the
    /// console, before anything was known to be wrong with the release. It is not vetoed then, and the same request
    /// does not bring it again by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// The turns of persons at the wheel while it watched, in order: paused, went on, skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wheel: Vec<Turn>,
    /// True where it had ended `NeedsOperator`, and a recovery took it up again. What it ends in then is told, and
    /// counted nowhere, because its failure was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken_up_again: bool,
    /// Its ending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ended>,
}

impl Deployment {
    /// How many recoveries that Windlass started by itself have worked for it since somebody asked for an execution.
    pub fn recoveries(&self) -> usize {
        self.executions.len().saturating_sub(self.asked_for + 1)
    }

    /// Whether its gates decide. An operator's rollback, and the way back of a drill, record them without being decided
    /// by them: undone, they would leave what nobody wants there.
    pub fn gates_decide(&self) -> bool {
        match self.action {
            ActionName::Rollback => false,
            ActionName::Drill => self.drill.is_none(),
            _ => true,
        }
    }

    /// The drill that it belongs to.
    pub fn of_drill(&self) -> Option<&DeploymentId> {
        let is_drill = self.action == ActionName::Drill;
        is_drill.then(|| self.drill.as_ref().unwrap_or(&self.id))
    }

    /// The components that it is for.
    pub fn components(&self) -> impl Iterator<Item = &ComponentName> {
        self.release.components.keys().chain(&self.found)
    }

    /// The parts that it is for.
    pub fn parts(&self) -> Vec<Part> {
        let found = self.found.iter().cloned().map(Part::from);
        self.release.parts().chain(found).collect()
    }

    /// Whether what is recorded as running of one of its components is what it brought: its bytes, or what was found.
    pub fn has(&self, name: &ComponentName, running: &Running) -> bool {
        match self.release.components.get(name) {
            Some(artifact) => running.has(artifact),
            None => self.found.contains(name) && running.is_as_found(),
        }
    }

    /// The input with which a person asks for the same once more.
    pub fn input(&self) -> String {
        if self.action == ActionName::Deploy {
            return self.deploy_input(Vec::new());
        }
        let mut members = vec![];
        if self.action != ActionName::Check {
            members.push(("reason", "…".into()));
        }
        let named = self.snapshot.filter(|_| self.action != ActionName::Drill);
        members.extend(named.map(|number| ("snapshot", number.into())));
        if !self.across.is_empty() {
            members.push(("across", json!(self.across)));
        }
        input(self.action, &self.app, &self.environment, &members)
    }

    /// The input with which a person goes where this deployment went, and stays there: a drill comes back, and a restoring
    /// is not a person's.
    pub fn rollback_input(&self) -> String {
        let asked = Self {
            action: ActionName::Rollback,
            ..self.clone()
        };
        asked.input()
    }

    /// The same of a deployment, past gates that are red before anything has changed.
    pub fn input_accepting_red(&self) -> String {
        self.deploy_input(vec![("accept_red", true.into())])
    }

    /// With what it was allowed to pass by, because it stands there still.
    fn deploy_input(&self, mut members: Vec<(&str, Value)>) -> String {
        let passes = [
            ("again", self.again),
            ("allow_older", self.allow_older),
            ("accept_red", self.accept_red),
            ("through_hold", self.through_hold),
        ];
        let passes = passes.into_iter().filter(|(_, passes)| *passes);
        members.extend(passes.map(|(name, _)| (name, true.into())));
        if !members.is_empty() {
            members.push(("reason", "…".into()));
        }
        members.push(("version", self.release.version.clone().into()));
        input(ActionName::Deploy, &self.app, &self.environment, &members)
    }
}

/// The key by which a request is known again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Keyed {
    /// The idempotency key; what an operator starts at the console has its execution's ARN.
    pub key: String,
    /// The digest of what was asked for with it.
    pub content: Digest,
}

/// How a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits for its turn.
    Waiting,
    /// It holds the lock and works.
    Running,
    /// A recovery works for it.
    Recovering,
    /// It has ended.
    Ended,
}

/// Why something ended or is being undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// A short name, such as `GateFailed`, `PreemptedByOperator` or `PreemptedByDeploy`.
    pub name: String,
    /// A sentence for a person.
    pub text: String,
}

/// The causes that say something of the release: a gate that it failed, a component that it broke or that never
/// came to be steady with it, bytes that are not what they should be.
const OF_THE_RELEASE: [&str; 7] = [
    "GateFailed",
    "ChangeFailed",
    "StillInProgress",
    "TakesHours",
    "MoreToDo",
    "DigestMismatch",
    "BadArchive",
];

impl Why {
    /// Whether it says something of the release, which is then vetoed (rule 8). Anything else, such as a call that
    /// was refused, a target that somebody else changed, or an execution that died, says something of the target or
    /// of AWS: once that is mended, the same release is brought by its next arrival.
    pub fn is_of_the_release(&self) -> bool {
        OF_THE_RELEASE.contains(&self.name.as_str())
    }
}

/// A deployment's ending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    /// Which ending.
    pub ending: Ending,
    /// A short name for why, such as `GateFailed`, `Superseded`, `PreemptedByOperator`.
    pub cause_name: String,
    /// The sentence that the notification and the execution's Cause carry; may have many lines.
    pub cause: String,
    /// What was wrong.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// When.
    pub at: Time,
    /// How an operator resolved `NeedsOperator`, if that was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// An estimate of what it cost, from counted transitions and measured milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// `RolledBack (GateFailed)`; without a name of a cause only the ending.
impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause_name.as_str() {
            "" => write!(f, "{}", self.ending),
            name => write!(f, "{} ({name})", self.ending),
        }
    }
}

/// An estimate of a deployment's cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// State transitions.
    pub transitions: u64,
    /// Milliseconds that functions worked.
    pub worked_ms: u64,
    /// US dollars at the list prices named in the function that computes it.
    pub dollars: f64,
}

/// For how long a refusal is listed, in seconds: 90 days, as long as Step Functions keeps the execution
/// (AWS Step Functions Developer Guide, "Service quotas").
pub const REFUSED_FOR_S: u64 = 90 * 24 * 60 * 60;

/// A request that was refused before it could become a deployment, because application,
/// environment or artifacts could not be made out. Kept so that the refusal is told, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// The application.
    pub app: AppName,
    /// The environment, where it could be made out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// What the request was about, for a person: a key, an image, a version.
    pub about: String,
    /// Who asked.
    pub requester: Requester,
    /// The execution that was refused.
    pub execution: String,
    /// What was wrong.
    pub findings: Vec<Finding>,
    /// When.
    pub at: Time,
}

#[cfg(test)]
#[path = "deployment_tests.rs"]
mod tests;
