use super::codedeploy::Group;
use super::follow::{self, Look};
use super::images::Images;
use super::stage::Standing;
use crate::kinds::Way;
use crate::ports::{Behind, ServiceDeployment, ServiceRollout};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::digest::Digest;
use windlass_domain::kinds::ecs::{Pause, Strategy};
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::time::Time;

/// A service in Amazon ECS, with everything that was decided at `Prepare`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The application, for the tags of task definitions.
    pub app: AppName,
    /// The environment, for the tags of task definitions.
    pub environment: EnvironmentName,
    /// The cluster's name or ARN.
    pub cluster: String,
    /// The service's name.
    pub service: String,
    /// The containers whose images are owned.
    pub containers: BTreeSet<String>,
    /// The family in which a new task definition is registered.
    pub family: String,
    /// What a new task definition is made from.
    pub base: PinnedBase,
    /// The deployment strategy of the service.
    pub strategy: Strategy,
    /// For how long that bakes in all, in seconds: while traffic is shifted, and after it.
    pub bakes_s: u64,
    /// The stages at which it pauses for Windlass.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub pauses: BTreeSet<Pause>,
    /// How long a rollout may take before it has failed, in seconds, beside the time for which it bakes.
    pub steady_within_s: u64,
    /// The deployment group of CodeDeploy that deploys it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codedeploy: Option<Group>,
}

/// What a new task definition is made from, pinned so that every attempt makes the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinnedBase {
    /// A registered one, by ARN.
    Registered(String),
    /// A document in the artifacts bucket.
    Document {
        /// The object's key.
        key: String,
        /// Its S3 version id.
        version_id: String,
        /// The SHA-256 of its bytes.
        sha256: Digest,
    },
}

/// What a service must run, and what is recorded of one that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The task definition that the service must be set to, by ARN. Absent where it is the one that this
    /// deployment registers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// The images in it, by container.
    pub images: Images,
    /// Recorded: the task definitions whose rollout was complete, by ARN. Where ECS gives up a rollout that was
    /// begun then, it goes back to one of them, which need not be what the service was set to.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub completed: BTreeSet<String>,
    /// How far ECS must have come.
    #[serde(default, skip_serializing_if = "Until::is_complete")]
    pub until: Until,
}

/// How far ECS must have come with a service that does not roll.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// ECS has paused for Windlass.
    Paused {
        /// The stage.
        at: Pause,
        /// The production traffic that the new tasks get then, in tenths of a percent.
        tenths: u32,
    },
    /// ECS shifts production traffic.
    Shifting {
        /// How much the new tasks get at least, in tenths of a percent.
        tenths: u32,
    },
    /// All production traffic is shifted; ECS may bake still.
    Shifted,
    /// ECS has ended the deployment as successful, and can take nothing back.
    #[default]
    Complete,
}

impl Until {
    /// True where former and new tasks get production traffic.
    pub(super) const fn is_between(self) -> bool {
        match self {
            Self::Shifting { .. } => true,
            Self::Paused {
                at: Pause::PreProductionTrafficShift,
                tenths,
            } => tenths > 0,
            Self::Paused { .. } | Self::Shifted | Self::Complete => false,
        }
    }

    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference"
    )]
    const fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }
}

/// What one look at a service shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The task definition that the service is set to, by ARN; while a deployment that is followed is under way, or ECS
    /// goes back from it, the one that this brings.
    pub task_definition: String,
    /// The images in it, by container: of those owned that it has.
    pub images: Images,
    /// The task definition with its images that this deployment has registered.
    pub registered: Option<Registered>,
    /// How many tasks are wanted.
    pub desired: u32,
    /// Whether the deployment circuit breaker is on.
    pub breaker: bool,
    /// Whether ECS itself rolls back what the breaker, or an alarm, gives up.
    pub rolls_back: bool,
    /// The service's deployments, as ECS lists them.
    pub deployments: Vec<ServiceDeployment>,
    /// Running tasks of the service's task definition whose digest ECS does not tell, by container.
    pub unknown_digests: BTreeMap<String, u32>,
    /// Why tasks stopped since the change was sent, by task definition.
    pub troubles: BTreeMap<String, Trouble>,
    /// What ECS could not do since the change was sent, newest first, at most three.
    pub events: Vec<String>,
    /// What of the team's own holds the rollout: its lifecycle hook.
    pub held: Option<Held>,
    /// That ECS itself rolls back, or has rolled back, the rollout that was sent: why, as it tells.
    pub rolled_back: Option<String>,
    /// The deployment that is followed, where the service does not roll and something was sent.
    pub followed: Option<Followed>,
    /// The change that was sent, whose rollout is looked at.
    pub sent: Option<Sent>,
    /// Whether it has taken longer than it may to get steady.
    pub overdue: bool,
    /// For how many milliseconds the rollout that was sent is waited for; 0 where none was.
    pub waited_ms: u64,
}

/// A deployment that was begun by a change of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The task definition that was sent, by ARN.
    pub to: String,
    /// The deployment; none while ECS lists none.
    pub rollout: Option<ServiceRollout>,
    /// A later one under way, which somebody else has begun.
    pub other: Option<ServiceRollout>,
    /// How many milliseconds ago it was sent.
    pub since_ms: u64,
    /// What of its pauses this deployment has answered, and whether ECS has taken the answer.
    pub answers: Vec<(Pausing, bool)>,
}

impl Followed {
    /// True where callers may get what it brings: it is not over, and nobody has begun another one.
    pub(super) fn stands(&self) -> bool {
        let stands = |rollout: &ServiceRollout| !Standing::of(rollout).is_over();
        self.rollout.as_ref().is_some_and(stands) && self.other.is_none()
    }
}

/// A registered task definition and the images in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The task definition's ARN.
    pub arn: String,
    /// The images in it, by container.
    pub images: BTreeMap<String, String>,
}

/// Tasks of one task definition that stopped although nobody asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trouble {
    /// How many.
    pub tasks: u32,
    /// Why, each reason once, at most three.
    pub reasons: Vec<String>,
}

/// The last change of the service's task definition that was sent on this way (forward or back)
/// under this lock token. ECS forgets deployments that are over, so that a rollout which it rolled
/// back would otherwise look as if it had never begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The change.
    pub update: Update,
    /// When it was recorded, just before it was sent.
    pub at: Time,
    /// The task definitions whose rollout was complete then, by ARN.
    pub completed: BTreeSet<String>,
}

impl Sent {
    /// What the ledger tells of it; a change of another sort is none, unless it lets that go on.
    pub(super) fn of(way: &Way<'_, Goal>) -> Option<Self> {
        let upon = &way.sent.as_ref()?.upon;
        let Look { update, at } = follow::sent(way)?;
        Some(Self {
            update,
            at,
            completed: upon.completed.clone(),
        })
    }
}

/// A lifecycle hook that holds a rollout, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What holds it, and until when.
    pub by: String,
    /// How to let it go on.
    pub remedy: String,
}

impl Seen {
    /// The task definitions whose rollout is complete.
    pub(super) fn completed(&self) -> BTreeSet<String> {
        let complete = self.deployments.iter().filter(|d| d.rollout == COMPLETED);
        complete.map(|d| d.task_definition.clone()).collect()
    }

    fn rollout(&self) -> Option<&ServiceRollout> {
        self.followed.as_ref()?.rollout.as_ref()
    }

    /// True unless all traffic has gone over.
    pub(super) fn is_shared(&self) -> bool {
        let tenths = self.rollout().and_then(|rollout| rollout.traffic_tenths);
        tenths.is_none_or(|tenths| tenths < 1000)
    }

    /// The target groups of new and former tasks.
    pub(super) fn behind(&self) -> Option<&Behind> {
        self.rollout()?.behind.as_ref()
    }

    /// The deployment that ECS steers towards.
    pub(super) fn primary(&self) -> Option<&ServiceDeployment> {
        self.deployments.iter().find(|d| d.status == PRIMARY)
    }

    /// Whether as many tasks of this task definition run as are wanted, and none of another one: what a service that
    /// does not roll is when its deployment is over, wherever that went.
    pub(super) fn is_settled(&self, task_definition: &str) -> bool {
        let own = |d: &&ServiceDeployment| d.task_definition == task_definition;
        let running: u32 = self.deployments.iter().filter(own).map(|d| d.running).sum();
        running == self.desired
            && self
                .deployments
                .iter()
                .all(|d| d.pending == 0 && (own(&d) || d.running == 0))
    }

    /// Whether ECS says that the PRIMARY deployment is complete and nothing else runs.
    pub(super) fn is_steady(&self) -> bool {
        self.primary().is_some_and(|primary| {
            is_complete(primary, &self.deployments)
                && primary.running == self.desired
                && primary.pending == 0
                && self.deployments.iter().all(|d| {
                    // A failed deployment may stay listed with nothing running.
                    d.id == primary.id || (d.running == 0 && d.pending == 0)
                })
        })
    }
}

/// Whether a deployment is complete. Behind a Classic Load Balancer ECS tells no `rolloutState` (Amazon
/// ECS API Reference, Deployment); there it is complete when it is the only one that is listed, which
/// is what `aws ecs wait services-stable` waits for, besides the running tasks.
pub(super) fn is_complete(primary: &ServiceDeployment, listed: &[ServiceDeployment]) -> bool {
    primary.rollout == COMPLETED || (primary.rollout.is_empty() && listed.len() == 1)
}

/// One change to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Registers the base with these images in the containers.
    Register {
        /// The images by digest, by container.
        images: BTreeMap<String, String>,
    },
    /// Sets the service's task definition.
    Update(Update),
    /// Stops a deployment that is under way, so that ECS goes back.
    Stop(Stop),
    /// Lets a deployment that has paused for Windlass go on, or back.
    Answer(Pausing),
}

/// The answer to a pause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pausing {
    /// The service deployment's ARN.
    pub rollout: String,
    /// The hook's id, which it has for this pause alone.
    pub hook: String,
    /// The stage.
    pub at: Pause,
    /// The production traffic that the new tasks get, in tenths of a percent, where ECS tells that.
    pub tenths: Option<u32>,
    /// Whether it goes on, or back.
    pub goes_on: bool,
    /// When the deployment was created.
    pub created: Time,
    /// The task definition that it brings, by ARN.
    pub of: String,
}

/// The stop of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The service deployment's ARN.
    pub rollout: String,
    /// When it was created.
    pub created: Time,
    /// The task definition that it brings, by ARN.
    pub of: String,
}

/// The change of a service's task definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The task definition that it must be set to now, by ARN.
    pub from: String,
    /// The new one, by ARN.
    pub to: String,
}

/// A deployment's status: the one that ECS steers towards.
pub(super) const PRIMARY: &str = "PRIMARY";
/// A rollout's state: steady.
pub(super) const COMPLETED: &str = "COMPLETED";
/// A rollout's state: given up by ECS.
pub(super) const FAILED: &str = "FAILED";
