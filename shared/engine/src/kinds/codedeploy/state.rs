//! The goal of a target whose callers CodeDeploy moves, what is seen of it, and the changes of it. `Of` is the goal,
//! the look or the change of the same target without CodeDeploy.

use super::deployments::{SentCalls, is_returning};
use super::sentences;
use crate::ports::{Deployed, DeploymentWait, Lifecycle, LifecycleEvent, TaskSet};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::text::time::Time;

/// A deployment group of CodeDeploy, with everything that was decided at `Prepare`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedGroup {
    /// Its application's name.
    pub application: String,
    /// Its name.
    pub group: String,
    /// The minutes in which it moves all callers.
    pub minutes: u64,
    /// The minutes that a deployment waits before it moves callers; absent if it waits for nobody.
    pub ready_min: Option<u64>,
    /// The minutes that the former tasks stay; absent if they stay for good, or there are none.
    pub ends_min: Option<u64>,
    /// True if Windlass ends the wait before callers are moved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continues: bool,
    /// The document of its last revision. What it brings is set for each deployment.
    pub appspec: AppSpec,
}

impl PlannedGroup {
    /// Returns the group in words.
    pub fn named(&self) -> String {
        sentences::named(&self.application, &self.group)
    }
}

/// The progress that CodeDeploy must have made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// It waits before it moves callers.
    Ready,
    /// It moves callers, and has not gone back by itself.
    Some,
    /// All callers are moved.
    #[default]
    All,
}

impl Moved {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

/// The goal of a target whose callers CodeDeploy moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal<Of> {
    /// The goal without CodeDeploy.
    #[serde(flatten)]
    pub of: Of,
    /// The progress that CodeDeploy must have made.
    #[serde(default, skip_serializing_if = "Moved::is_all")]
    pub moved: Moved,
}

impl<Of> Goal<Of> {
    /// Returns this goal, to be reached with all callers moved.
    pub fn to(of: Of) -> Self {
        Self { of, moved: Moved::All }
    }
}

/// A deployment, or the stop of one, that this deployment has asked CodeDeploy for, answered or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentRequest {
    /// The version or the task definition that callers were to leave.
    pub from: String,
    /// The one that all callers were to get.
    pub to: String,
    /// The time at which it was asked for.
    pub at: Time,
    /// The deployment of CodeDeploy that was to be stopped; `None` if one was to be created.
    pub stop: Option<String>,
    /// The newest deployment of CodeDeploy by this one that was known when another was to be created.
    pub after: Option<String>,
}

impl DeploymentRequest {
    /// Reads what a change asks for. `None` for a change that names nothing that callers get.
    pub fn of(record: &ChangeRecord) -> Option<Self> {
        let text = |of: &Value| of.as_str().map(str::to_owned);
        let stop = text(&record.change["stop"]);
        let way = match &stop {
            Some(_) => &record.change,
            None => record.change.get("begin")?,
        };
        Some(Self { from: text(&way["from"])?, to: text(&way["to"])?, at: record.at, after: text(&way["after"]), stop })
    }

    /// Returns the deployments that these changes ask for, in their order.
    pub fn begun<'a>(
        changes: impl DoubleEndedIterator<Item = &'a ChangeRecord>,
    ) -> impl DoubleEndedIterator<Item = Self> {
        changes.filter_map(Self::of).filter(|asked| asked.stop.is_none())
    }
}

/// A deployment of CodeDeploy that Windlass has created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The deployment, as CodeDeploy returns it.
    pub is: Deployed,
    /// True if this deployment of Windlass has created it, false if an earlier one has; false as well if it was over
    /// before others touched the target, behind which the wave or the undo is.
    pub is_own: bool,
    /// The deployment by which CodeDeploy takes it back.
    pub rollback: Option<Deployed>,
    /// The progress that it has made; none is read of one that has succeeded.
    pub lifecycle: Lifecycle,
    /// True if it keeps the former tasks for a while once all callers are moved.
    pub keeps_former: bool,
    /// The sends of its stop.
    pub stops: Option<SentCalls>,
    /// The sends of the call that lets it move callers.
    pub goes: Option<SentCalls>,
    /// The sends of the call that lets it end the former tasks.
    pub ends: Option<SentCalls>,
}

impl Followed {
    /// True while CodeDeploy takes it back, or may be about to.
    pub(in crate::kinds) fn is_returning(&self, now: Time) -> bool {
        let stopped = self.stops.map(|sent| sent.last);
        is_returning(&self.is, self.rollback.as_ref(), stopped, now)
    }

    /// True if all callers are moved, its hooks have run, and it only waits until it ends the former tasks.
    pub(in crate::kinds) fn is_ending(&self) -> bool {
        self.keeps_former && is_ending(&self.is, &self.lifecycle)
    }

    /// True while it may still change what callers get, because it moves them or goes back.
    fn is_moving(&self, now: Time) -> bool {
        let is_stopped = self.stops.is_some_and(|sent| sent.may_reach(now));
        let is_left = self.is.is_over() || self.is_ending() && !is_stopped;
        self.is_returning(now) || !is_left
    }

    /// Returns the time at which its last lifecycle event ended.
    pub(in crate::kinds) fn last_event(&self) -> Option<Time> {
        self.lifecycle.events.iter().filter_map(|event| event.ended).max()
    }
}

/// Returns whether a deployment of a service only waits until it ends the former tasks. It need not say so itself,
/// because CodeDeploy does not always say it.
pub(in crate::kinds) fn is_ending(is: &Deployed, lifecycle: &Lifecycle) -> bool {
    let is_through = |name: &str| {
        let mut own = lifecycle.events.iter().filter(|event| event.name == name);
        own.any(LifecycleEvent::is_through)
    };
    let is_done = is_through("AllowTraffic") && is_through("AfterAllowTraffic");
    ["InProgress", "Baking"].contains(&is.status.as_str()) && (is.ends || is_done)
}

/// The result of one look at a target, and at what CodeDeploy does with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen<Of> {
    /// The time at which the look began.
    pub now: Time,
    /// The target, as it is seen without CodeDeploy. Of a service these are its tasks of the task definition that
    /// callers get, or will get.
    pub of: Of,
    /// The task sets of a service.
    pub task_sets: Vec<TaskSet>,
    /// The last deployment, or stop of one, that this deployment has asked CodeDeploy for.
    pub asked: Option<DeploymentRequest>,
    /// The version or the task definition that it has sent forward last, under whichever token of the lock.
    pub forward: Option<String>,
    /// The one for which it has sent a deployment last, in the same direction and under the same token as the last
    /// change that was sent.
    pub sent: Option<String>,
    /// The newest deployment of CodeDeploy that Windlass has to do with.
    pub followed: Option<Followed>,
    /// Somebody else's deployment in the same group that is not over.
    pub other: Option<Deployed>,
    /// True if this look has no goal, and somebody else's deployment may still change what callers get.
    pub other_moves: bool,
}

impl<Of> Seen<Of> {
    /// Returns the deployment that may still change what callers get.
    pub(in crate::kinds) fn moving(&self) -> Option<&Deployed> {
        let own = self.followed.as_ref();
        let own = own.filter(|own| own.is_moving(self.now));
        let own = own.map(|own| own.rollback.as_ref().unwrap_or(&own.is));
        let other = self.other.as_ref().filter(|_| self.other_moves);
        own.or(other)
    }
}

impl Seen<()> {
    /// Returns the look with what was seen of the target itself.
    pub(in crate::kinds) fn with<Of>(self, of: Of, task_sets: Vec<TaskSet>) -> Seen<Of> {
        let Self { now, asked, forward, sent, followed, other, other_moves, .. } = self;
        Seen { now, of, task_sets, asked, forward, sent, followed, other, other_moves }
    }
}

/// The thing that callers leave, and the one that all of them get for it in the end: a version each, or a task
/// definition by its ARN.
#[derive(Debug, Clone, PartialEq)]
pub struct Replacement {
    /// The one that callers leave.
    pub from: String,
    /// The one that callers get.
    pub to: String,
    /// The images in the latter, by container; none of a function.
    pub images: BTreeMap<String, String>,
}

/// One change of a target whose callers CodeDeploy moves.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<Of> {
    /// A change that needs no CodeDeploy.
    Of(Of),
    /// Creates a deployment of CodeDeploy.
    Begin {
        /// The things that callers leave and get.
        way: Replacement,
        /// The newest deployment of CodeDeploy by this one that is known, of a service.
        after: Option<String>,
        /// True if all callers are moved at once, whatever the group's configuration says.
        at_once: bool,
    },
    /// Stops a deployment of CodeDeploy, which takes it back by one of its own.
    Stop {
        /// Its id.
        deployment: String,
        /// The things that callers leave and get again; `None` if the deployment that was asked for says it.
        way: Option<Replacement>,
        /// The number of times that it was sent before.
        again: u32,
    },
    /// Ends a wait of a deployment of CodeDeploy: before it moves callers, or before it ends the former tasks.
    Continue {
        /// Its id.
        deployment: String,
        /// The wait.
        waiting: DeploymentWait,
        /// The number of times that it was sent before.
        again: u32,
    },
}

impl<Of> Change<Of> {
    /// Returns the change as the ledger records it. One that needs no CodeDeploy has a form of its own.
    pub fn value(&self) -> Value {
        match self {
            Self::Of(_) => Value::Null,
            Self::Begin { way: Replacement { from, to, .. }, after, .. } => {
                json!({"begin": {"from": from, "to": to, "after": after}})
            }
            Self::Stop { deployment, way: Some(Replacement { from, to, .. }), again } => {
                json!({"stop": deployment, "from": from, "to": to, "again": again})
            }
            Self::Stop { deployment, way: None, again } => json!({"stop": deployment, "again": again}),
            Self::Continue { deployment, waiting: DeploymentWait::Ready, again } => {
                json!({"go": deployment, "again": again})
            }
            Self::Continue { deployment, waiting: DeploymentWait::Termination, again } => {
                json!({"end": deployment, "again": again})
            }
        }
    }
}
