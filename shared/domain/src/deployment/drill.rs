//! Drills: an environment goes to the version before and comes back, which proves that its way back works. Pure.
//!
//! A drill is two deployments. The first goes to the newest verified-good snapshot that is older than the present one,
//! and its gates decide. The second goes back to the snapshot that was present when the drill began. It is never undone
//! because of a gate: that would leave the older version live. A gate that is red then is reported, and the drill
//! has failed.

use crate::deployment::{Deployment, PREEMPTED, PREEMPTED_BY_DEPLOY};
use crate::environment::Snapshot;
use crate::release::ending::Ending;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::release::request::Requester;
use crate::text::count::is_zero;
use crate::text::foreign;
use crate::text::prose::Prose;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

mod deployment_end;
mod messages;
mod schedule;
mod steps;
mod turn;

pub use messages::lasted;
pub use schedule::{DrillFacts, NextDrill};
pub use steps::{DrillStep, EndedDeployment, MOST_BYTES};
pub use turn::{gives_way, turn};

/// The most tries of the way back. Another try would not mend a failure after that, and a person is notified.
pub const TRIES: u32 = 3;

/// A drill, from its beginning to its ending.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drill {
    /// Its id: that of its first deployment.
    pub id: DeploymentId,
    /// The person or service that asked for it.
    pub requester: Requester,
    /// The reason that was given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub reason: Option<String>,
    /// The time at which it was asked for.
    pub asked: Time,
    /// The snapshot that ran when it began, and runs again when it has ended well; absent before its first turn.
    pub from: Option<SnapshotVersion>,
    /// The snapshot that it goes to first.
    pub to: Option<SnapshotVersion>,
    /// The deployment that goes to the version before.
    pub there: DrillDeployment,
    /// The earlier deployments that tried to come back and failed, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<DrillDeployment>,
    /// The deployment that comes back; the last one that tried.
    pub back: Option<DrillDeployment>,
    /// The number of tries of the way back.
    pub tries: u32,
    /// Its ending.
    pub ended: Option<DrillEnded>,
}

/// A snapshot and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotVersion {
    /// Its number.
    pub snapshot: u64,
    /// The version of the release that made it.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
}

impl SnapshotVersion {
    /// Takes the number and the version of a snapshot.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self { snapshot: snapshot.number, version: snapshot.version.clone() }
    }
}

/// `1.4.0 (snapshot 7)`.
impl fmt::Display for SnapshotVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (snapshot {})", self.version, self.snapshot)
    }
}

/// The two directions of a drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrillDirection {
    /// To the version before.
    There,
    /// To what ran when the drill began.
    Back,
}

/// A deployment of a drill.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrillDeployment {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The time at which it had its turn.
    pub began: Option<Time>,
    /// Its end.
    pub ended: Option<DrillDeploymentEnd>,
    /// All that it changed and what was judged, oldest first, as far as there is room. There is room for 75 KB, some
    /// hundreds of steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<DrillStep>,
    /// The number of further steps, for which the 75 KB have no room; the deployment's record has them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u32,
}

/// The end of a deployment of a drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrillDeploymentEnd {
    /// The deployment's ending.
    pub ending: Ending,
    /// The name of its cause.
    pub cause_name: String,
    /// The first line of its cause.
    pub cause: Prose,
    /// The time of the end.
    pub at: Time,
    /// The number of the snapshot that described what ran then.
    pub snapshot: u64,
    /// The number of files of sites by which alone the two versions differ there, where it changed nothing because of
    /// that: the files stay, whichever version runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_files: Option<usize>,
    /// The number of gates that were measured.
    pub gates: u32,
    /// The gates that did not pass, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub red: Vec<String>,
}

impl DrillDeployment {
    /// Makes a deployment that is recorded and has had no turn yet.
    pub fn begin(deployment: DeploymentId) -> Self {
        Self { deployment, began: None, ended: None, steps: Vec::new(), left_out: 0 }
    }

    /// Returns the milliseconds from its turn to its end, its bakes included.
    pub fn ms(&self) -> Option<u64> {
        Some(self.ended.as_ref()?.at.ms_since(self.began?))
    }
}

/// The outcome of a drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DrillOutcome {
    /// It went to the version before and came back, and every gate passed.
    Proved,
    /// The version before, or the way back, did not work.
    Failed,
    /// A release, an operator's rollback or a person came in between.
    Overtaken,
    /// It could not begin; nothing was changed.
    Refused,
}

crate::text::name::displayed!(DrillOutcome, Serialize::serialize);

/// The ending of a drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrillEnded {
    /// The outcome.
    pub outcome: DrillOutcome,
    /// The time of the end.
    pub at: Time,
    /// The sentence for a person: what came of it and what comes next.
    pub cause: Prose,
    /// True if what ran before the drill runs again, as far as Windlass knows; false if something else runs, or nobody
    /// knows.
    pub restored: bool,
}

/// Returns whether the deployment was undone because a rollback or a release preempted it.
fn was_overtaken(record: &Deployment) -> bool {
    let why = record.undoing.as_ref();
    why.is_some_and(|why| [PREEMPTED, PREEMPTED_BY_DEPLOY].contains(&why.name.as_str()))
}

impl Drill {
    /// Makes a drill of the record of its first deployment.
    pub fn begin(record: &Deployment) -> Self {
        Self {
            id: record.id.clone(),
            requester: record.requester.clone(),
            reason: record.reason.clone(),
            asked: record.accepted,
            from: None,
            to: None,
            there: DrillDeployment::begin(record.id.clone()),
            tried: Vec::new(),
            back: None,
            tries: 0,
            ended: None,
        }
    }

    /// Returns the direction of a deployment of the drill; `None` if the deployment is not its own.
    pub fn direction(&self, deployment: &DeploymentId) -> Option<DrillDirection> {
        if self.there.deployment == *deployment {
            return Some(DrillDirection::There);
        }
        self.back.as_ref().filter(|back| back.deployment == *deployment).map(|_| DrillDirection::Back)
    }

    /// Returns the id of the next deployment that tries the way back: the same for whoever starts it.
    pub fn next_back(&self, of: EnvironmentId<'_>) -> DeploymentId {
        let key = format!("{} back {}", self.id, self.tries + 1);
        let action = crate::release::action::ActionName::Drill;
        DeploymentId::keyed(of, action, &key)
    }

    /// Returns whether the version before runs, and the deployment that comes back has to be started.
    pub fn awaits_back(&self) -> bool {
        let is_over = |deployment: &DrillDeployment| deployment.ended.is_some();
        self.ended.is_none() && is_over(&self.there) && self.back.as_ref().is_none_or(is_over)
    }

    /// Returns the number of the snapshot that describes what runs while the drill is to come back.
    pub fn arrived(&self) -> Option<u64> {
        let ended = self.there.ended.as_ref()?;
        ended.ending.is_success().then_some(ended.snapshot)
    }

    /// Records that a deployment tries the way back.
    pub fn come_back(&mut self, deployment: DeploymentId) {
        self.tries += 1;
        self.tried.extend(self.back.take());
        self.back = Some(DrillDeployment::begin(deployment));
    }
}

/// The drills of an environment, as far as they are known: the one that is under way, and the last ones that ended.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drills {
    /// The drill that is under way.
    pub under_way: Option<Drill>,
    /// The last drill that ended.
    pub last: Option<DrillSummary>,
    /// The last drill that proved the way back.
    pub proved: Option<DrillSummary>,
}

/// A drill in short, where there is room for little.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrillSummary {
    /// The drill.
    pub drill: DeploymentId,
    /// The outcome.
    pub outcome: DrillOutcome,
    /// The time at which it ended.
    pub at: Time,
    /// The snapshot that it began from.
    pub from: Option<SnapshotVersion>,
    /// The snapshot that it went to.
    pub to: Option<SnapshotVersion>,
    /// Milliseconds of the way there.
    pub there_ms: Option<u64>,
    /// Milliseconds of the way back.
    pub back_ms: Option<u64>,
    /// The sentence for a person: what came of it.
    pub cause: Prose,
    /// True if what ran before the drill runs again.
    pub restored: bool,
}

impl Drills {
    /// Records the end of a deployment. Returns the drill if it has ended with that. The end of a deployment that
    /// belongs to no drill under way changes nothing, and neither does an end that was recorded already.
    pub fn drill_deployment_ended(&mut self, of: EnvironmentId<'_>, end: &EndedDeployment<'_>) -> Option<Drill> {
        self.under_way.as_mut()?.drill_deployment_ended(of, end);
        let drill = self.under_way.take_if(|drill| drill.ended.is_some())?;
        let known = known(&drill)?;
        if known.outcome == DrillOutcome::Proved {
            self.proved = Some(known.clone());
        }
        self.last = Some(known);
        Some(drill)
    }

    /// Takes in what a drill that has ended says anew, see [`Drill::resolve`].
    pub fn update_last(&mut self, drill: &Drill) {
        let is_it = |last: &&mut DrillSummary| last.drill == drill.id;
        if let (Some(last), Some(summary)) = (self.last.as_mut().filter(is_it), known(drill)) {
            *last = summary;
        }
    }

    /// Returns the drill that is under way and waits for somebody to start its way back.
    pub fn awaits_back(&self) -> Option<&Drill> {
        self.under_way.as_ref().filter(|drill| drill.awaits_back())
    }
}

fn known(drill: &Drill) -> Option<DrillSummary> {
    let ended = drill.ended.as_ref()?;
    Some(DrillSummary {
        drill: drill.id.clone(),
        outcome: ended.outcome,
        at: ended.at,
        from: drill.from.clone(),
        to: drill.to.clone(),
        there_ms: drill.there.ms(),
        back_ms: drill.back.as_ref().and_then(DrillDeployment::ms),
        cause: ended.cause.clone(),
        restored: ended.restored,
    })
}

#[cfg(test)]
#[path = "drill_tests.rs"]
mod tests;
