//! A service as it is declared, recorded and seen, and the changes of it.

use super::images::Images;
use super::stage::ServiceDeploymentState;
use crate::kinds::codedeploy::PlannedGroup;
use crate::ports::{ServiceDeployment, ServiceRollout, ShiftedTargetGroups};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::ecs::{Pause, Strategy};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;

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
    /// The base from which a new task definition is made.
    pub base: PinnedBase,
    /// The deployment strategy of the service.
    pub strategy: Strategy,
    /// The time for which the strategy bakes in all, in seconds: while traffic is shifted, and after it.
    pub bakes_s: u64,
    /// The stages at which it pauses for Windlass.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub pauses: BTreeSet<Pause>,
    /// The time after which a rollout has failed, in seconds, without the time for which it bakes.
    pub steady_within_s: u64,
    /// The deployment group, if CodeDeploy deploys the service instead of ECS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codedeploy: Option<PlannedGroup>,
}

/// The base from which a new task definition is made. It is pinned, so that every attempt makes the same.
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

/// The state that a service must reach. The state that was seen before a change is recorded in the same form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The task definition that the service must be set to, by ARN. Absent if it is the one that this deployment
    /// registers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// The images in it, by container.
    pub images: Images,
    /// Recorded only: the task definitions whose rollout was complete, by ARN. If ECS gives up a rollout that was begun
    /// then, it goes back to one of them. That one need not be the one that the service was set to.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub completed: BTreeSet<String>,
    /// The progress that ECS must have made.
    #[serde(default, skip_serializing_if = "Until::is_complete")]
    pub until: Until,
}

/// The progress that ECS must have made with a service that does not roll.
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
        /// The least production traffic that the new tasks get, in tenths of a percent.
        tenths: u32,
    },
    /// All production traffic is shifted; ECS may still bake.
    Shifted,
    /// ECS has ended the deployment as successful, and can take nothing back.
    #[default]
    Complete,
}

impl Until {
    /// True if the former and the new tasks both get production traffic.
    pub(super) const fn is_between(self) -> bool {
        match self {
            Self::Shifting { .. } => true,
            Self::Paused { at: Pause::PreProductionTrafficShift, tenths } => tenths > 0,
            Self::Paused { .. } | Self::Shifted | Self::Complete => false,
        }
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    const fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }
}

/// The result of one look at a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The task definition that the service is set to, by ARN. While a followed deployment is not over and nobody has
    /// begun another one, it is the one that the followed deployment brings.
    pub task_definition: String,
    /// The images in it, by container. An owned container that it lacks is left out.
    pub images: Images,
    /// The task definition that this deployment has registered, with its images.
    pub registered: Option<Registered>,
    /// The number of wanted tasks.
    pub desired: u32,
    /// True if the deployment circuit breaker is on.
    pub breaker: bool,
    /// True if ECS itself rolls back a rollout that the breaker, or an alarm, has given up.
    pub rolls_back: bool,
    /// The service's deployments, as ECS lists them.
    pub deployments: Vec<ServiceDeployment>,
    /// The number of running tasks of the service's task definition whose digest ECS does not return, by container.
    pub unknown_digests: BTreeMap<String, u32>,
    /// The reasons why tasks stopped since the change was sent, by task definition.
    pub troubles: BTreeMap<String, StoppedTasks>,
    /// The events in which ECS says what it could not do since the change was sent: newest first, at most three.
    pub events: Vec<String>,
    /// The team's own lifecycle hook that holds the rollout, if one does.
    pub held: Option<HoldingHook>,
    /// The reason that ECS gives, if ECS itself rolls back or has rolled back the rollout that was sent.
    pub rolled_back: Option<String>,
    /// The time at which ECS called the rollout that was sent complete, if the service has early success criteria and
    /// tasks of it have failed; `None` if it is not complete, or ECS may not be asked.
    pub finished: Option<Time>,
    /// The deployment that is followed; `None` if the service rolls, or if nothing was sent.
    pub followed: Option<FollowedRollout>,
    /// The sent change whose rollout is looked at.
    pub sent: Option<SentUpdate>,
    /// True if the rollout has taken longer than it may to get steady.
    pub overdue: bool,
    /// The time for which the sent rollout has been waited for, in milliseconds; 0 if none was sent.
    pub waited_ms: u64,
}

/// A deployment that one of our own changes has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowedRollout {
    /// The task definition that was sent, by ARN.
    pub to: String,
    /// The deployment; `None` while ECS does not list it.
    pub rollout: Option<ServiceRollout>,
    /// A later deployment under way, which somebody else has begun.
    pub other: Option<ServiceRollout>,
    /// The time since the change was sent, in milliseconds.
    pub since_ms: u64,
    /// The answers that this deployment has given to the pauses, each with whether ECS has taken it.
    pub answers: Vec<(Pausing, bool)>,
}

impl FollowedRollout {
    /// True if ECS lists the deployment, it is not over, and nobody has begun another one. Callers may then get what it
    /// brings.
    pub(super) fn stands(&self) -> bool {
        let stands = |rollout: &ServiceRollout| !ServiceDeploymentState::of(rollout).is_over();
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
pub struct StoppedTasks {
    /// The number of these tasks.
    pub tasks: u32,
    /// Their reasons, each once, at most three.
    pub reasons: Vec<String>,
    /// The time at which the last of them stopped.
    pub last: Option<Time>,
}

/// The last change of the service's task definition that was sent on this way (forward or back) under this lock token.
/// ECS forgets deployments that are over. Without this record, a rollout that ECS rolled back would look as if it had
/// never begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentUpdate {
    /// The change.
    pub update: Update,
    /// The time at which it was recorded, just before it was sent.
    pub at: Time,
    /// The task definitions whose rollout was complete then, by ARN.
    pub completed: BTreeSet<String>,
}

/// A lifecycle hook that holds a rollout, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldingHook {
    /// The hook, and the time until which it holds.
    pub by: String,
    /// The way to let the rollout go on.
    pub remedy: Prose,
    /// Its id, if it is a pause, which a person ends.
    pub pause: Option<String>,
}

impl Seen {
    /// Returns the rollout that was sent, while the service is set to it, wants tasks, and is not steady.
    pub(super) fn rolling(&self) -> Option<&ServiceDeployment> {
        let sent = self.sent.as_ref().filter(|_| self.desired > 0 && !self.is_steady())?;
        self.primary()
            .filter(|primary| primary.task_definition == sent.update.to && sent.update.to == self.task_definition)
    }

    /// Returns the task definitions whose rollout is complete.
    pub(super) fn completed(&self) -> BTreeSet<String> {
        self.deployments.iter().filter(|d| d.rollout == COMPLETED).map(|d| d.task_definition.clone()).collect()
    }

    fn rollout(&self) -> Option<&ServiceRollout> {
        self.followed.as_ref()?.rollout.as_ref()
    }

    /// True unless ECS says that all traffic has gone over.
    pub(super) fn is_shared(&self) -> bool {
        let tenths = self.rollout().and_then(|rollout| rollout.traffic_tenths);
        tenths.is_none_or(|tenths| tenths < 1000)
    }

    /// Returns the target groups of the new and the former tasks.
    pub(super) fn target_groups(&self) -> Option<&ShiftedTargetGroups> {
        self.rollout()?.target_groups.as_ref()
    }

    /// Returns the deployment that ECS steers towards.
    pub(super) fn primary(&self) -> Option<&ServiceDeployment> {
        self.deployments.iter().find(|d| d.status == PRIMARY)
    }

    /// Returns whether as many tasks of this task definition run as are wanted, and none of another one. A service that
    /// does not roll gets there once its deployment is over, whichever way that ended.
    pub(super) fn is_settled(&self, task_definition: &str) -> bool {
        let own = |d: &&ServiceDeployment| d.task_definition == task_definition;
        let running: u32 = self.deployments.iter().filter(own).map(|d| d.running).sum();
        running == self.desired && self.deployments.iter().all(|d| d.pending == 0 && (own(&d) || d.running == 0))
    }

    /// Returns whether ECS says that the PRIMARY deployment is complete and nothing else runs.
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

/// Returns whether a deployment is complete. Behind a Classic Load Balancer ECS returns no `rolloutState` (Amazon ECS
/// API Reference, Deployment). There it is complete if it is the only one that is listed: `aws ecs wait
/// services-stable` waits for that, besides the running tasks.
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
    /// The production traffic that the new tasks get, in tenths of a percent; `None` if ECS does not report it.
    pub tenths: Option<u32>,
    /// True if the deployment goes on, false if it goes back.
    pub goes_on: bool,
    /// The time at which the deployment was created.
    pub created: Time,
    /// The task definition that it brings, by ARN.
    pub of: String,
}

/// The stop of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The service deployment's ARN.
    pub rollout: String,
    /// The time at which it was created.
    pub created: Time,
    /// The task definition that it brings, by ARN.
    pub of: String,
}

/// The change of a service's task definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The task definition that the service must be set to before the change, by ARN.
    pub from: String,
    /// The new task definition, by ARN.
    pub to: String,
}

/// The status of the deployment that ECS steers towards.
pub(super) const PRIMARY: &str = "PRIMARY";
/// The state of a rollout that is steady.
pub(super) const COMPLETED: &str = "COMPLETED";
/// The state of a rollout that ECS has given up.
pub(super) const FAILED: &str = "FAILED";
/// Each state of a rollout (Amazon ECS API Reference, Deployment, `rolloutState`). One that this build does not know is
/// neither steady nor given up.
pub(super) const ROLLOUT_STATES: [&str; 3] = ["IN_PROGRESS", COMPLETED, FAILED];
/// The words with which ECS gives up a deployment, such as in `(deployment ecs-svc/1) deployment failed: tasks failed
/// to start`.
pub(super) const GIVEN_UP: &str = "deployment failed";
