//! The goal of a service that CodeDeploy deploys, what is seen of it, and the changes of it.

use crate::kinds::codedeploy::{SentCalls, is_returning};
use crate::kinds::ecs::state::{self as ecs, Target};
use crate::kinds::ecs::wording::short;
use crate::ports::{Deployed, Lifecycle, TaskSet};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::text::time::Time;

/// The progress that CodeDeploy must have made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// It waits before it moves callers.
    Ready,
    /// It moves callers.
    Some,
    /// The new tasks have all callers.
    #[default]
    All,
}

impl Moved {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

/// The goal of a service that CodeDeploy deploys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The goal of any service.
    #[serde(flatten)]
    pub of: ecs::Goal,
    /// The progress that CodeDeploy must have made.
    #[serde(default, skip_serializing_if = "Moved::is_all")]
    pub moved: Moved,
}

impl Goal {
    /// Returns this goal, to be reached with all callers moved.
    pub fn to(of: ecs::Goal) -> Self {
        Self { of, moved: Moved::All }
    }
}

/// The last deployment, or stop of one, that this deployment has asked CodeDeploy for, answered or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentRequest {
    /// The task definition that callers were to leave, by ARN.
    pub from: String,
    /// The task definition that all callers were to get.
    pub to: String,
    /// The time at which it was asked for.
    pub at: Time,
    /// The deployment of CodeDeploy that was to be stopped; `None` if one was to be created.
    pub stop: Option<String>,
    /// The newest deployment of CodeDeploy by this one that was known when another was to be created.
    pub after: Option<String>,
}

impl DeploymentRequest {
    /// Reads what a change asks for. `None` for a change that only lets a deployment go on.
    pub(super) fn of(record: &ChangeRecord) -> Option<Self> {
        let text = |of: &Value| of.as_str().map(str::to_owned);
        let stop = text(&record.change["stop"]);
        let way = match &stop {
            Some(_) => &record.change,
            None => record.change.get("begin")?,
        };
        Some(Self { from: text(&way["from"])?, to: text(&way["to"])?, at: record.at, after: text(&way["after"]), stop })
    }
}

/// A deployment of CodeDeploy that Windlass has created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The deployment, as CodeDeploy returns it.
    pub is: Deployed,
    /// True if this deployment of Windlass has created it, false if an earlier one has.
    pub is_own: bool,
    /// The deployment by which CodeDeploy takes it back.
    pub rollback: Option<Deployed>,
    /// The progress that it has made.
    pub lifecycle: Lifecycle,
    /// The sends of its stop.
    pub stops: Option<SentCalls>,
    /// The sends of the call that lets it move callers.
    pub goes: Option<SentCalls>,
    /// The sends of the call that lets it end the former tasks.
    pub ends: Option<SentCalls>,
}

impl Followed {
    /// Returns whether its description says that it deploys this task definition.
    pub(super) fn is_to(&self, task_definition: &str) -> bool {
        let to = self.is.description.rsplit(": ").next();
        to == Some(short(task_definition))
    }

    /// True while CodeDeploy takes it back, or may be about to.
    pub(super) fn is_returning(&self, now: Time) -> bool {
        let stopped = self.stops.map(|sent| sent.last);
        is_returning(&self.is, self.rollback.as_ref(), stopped, now)
    }

    /// True if all callers are moved, its hooks have run, and it only waits until it ends the former tasks. It need not
    /// say so itself, because for a service CodeDeploy does not always say it.
    pub(super) fn is_ending(&self) -> bool {
        is_ending(&self.is, &self.lifecycle)
    }

    /// True while it may still change what callers get, because it moves them or goes back.
    fn is_moving(&self, now: Time) -> bool {
        let is_stopped = self.stops.is_some_and(|sent| sent.may_reach(now));
        let is_left = self.is.is_over() || self.is_ending() && !is_stopped;
        self.is_returning(now) || !is_left
    }

    /// Returns the time at which its last lifecycle event ended.
    pub(super) fn last_event(&self) -> Option<Time> {
        self.lifecycle.events.iter().filter_map(|event| event.ended).max()
    }
}

/// Returns whether a deployment only waits until it ends the former tasks.
pub(super) fn is_ending(is: &Deployed, lifecycle: &Lifecycle) -> bool {
    let is_through = |name: &str| {
        let mut own = lifecycle.events.iter().filter(|event| event.name == name);
        own.any(|event| ["Succeeded", "Skipped"].contains(&event.status.as_str()))
    };
    let is_done = is_through("AllowTraffic") && is_through("AfterAllowTraffic");
    ["InProgress", "Baking"].contains(&is.status.as_str()) && (is.ends || is_done)
}

/// Returns the time that a deployment may take, in seconds: for the new tasks, the steps, the wait before them, and an
/// hour for each hook (AWS CodeDeploy User Guide, "`AppSpec` 'hooks' section").
pub(super) fn patience_s(target: &Target) -> u64 {
    let of_group = target.codedeploy.as_ref().map_or(0, |group| {
        let hooks = group.appspec.hooks().len() as u64;
        (group.minutes + group.ready_min.unwrap_or(0) + hooks * 60) * 60
    });
    target.steady_within_s.saturating_add(of_group)
}

/// The result of one look at a service, and at what CodeDeploy does with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The time at which the look began.
    pub now: Time,
    /// The service, and its tasks of the task definition that callers get, or will get.
    pub service: ecs::Seen,
    /// Its task sets.
    pub task_sets: Vec<TaskSet>,
    /// The last deployment, or stop of one, that this deployment has asked CodeDeploy for.
    pub asked: Option<DeploymentRequest>,
    /// The task definition that it has sent forward, by ARN.
    pub forward: Option<String>,
    /// The task definition for which it has sent a deployment in this direction under this token of the lock.
    pub sent: Option<String>,
    /// The newest deployment of CodeDeploy that Windlass has to do with.
    pub followed: Option<Followed>,
    /// Somebody else's deployment in the same group that is not over.
    pub other: Option<Deployed>,
    /// True if this look has no goal, and somebody else's deployment may still change what callers get.
    pub other_moves: bool,
    /// True if this look has no goal: somebody only looks.
    pub only_looks: bool,
}

/// One change of a service that CodeDeploy deploys.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A change that needs no CodeDeploy.
    Service(ecs::Change),
    /// Creates a deployment of CodeDeploy.
    Begin {
        /// The task definition that callers get now, by ARN.
        from: String,
        /// The task definition that all callers get in the end, by ARN.
        to: String,
        /// The images in that, by container.
        images: BTreeMap<String, String>,
        /// The newest deployment of CodeDeploy by this one that is known.
        after: Option<String>,
        /// True if all callers are moved at once, whatever the group's configuration says.
        at_once: bool,
    },
    /// Stops a deployment of CodeDeploy, which takes it back.
    Stop {
        /// Its id.
        deployment: String,
        /// The task definition that callers leave, by ARN.
        from: String,
        /// The task definition that callers get again, by ARN.
        to: String,
        /// The images in that, by container.
        images: BTreeMap<String, String>,
        /// The number of times that it was sent before.
        again: u32,
    },
    /// Lets a deployment of CodeDeploy move callers.
    Go {
        /// Its id.
        deployment: String,
        /// The number of times that it was sent before.
        again: u32,
    },
    /// Lets a deployment of an earlier release end the former tasks.
    End {
        /// Its id.
        deployment: String,
        /// The number of times that it was sent before.
        again: u32,
    },
}

impl Change {
    /// Returns the change as the ledger records it.
    pub fn value(&self) -> Value {
        match self {
            // The kind of the service names it.
            Self::Service(_) => Value::Null,
            Self::Begin { from, to, after, .. } => json!({"begin": {"from": from, "to": to, "after": after}}),
            Self::Stop { deployment, from, to, again, .. } => {
                json!({"stop": deployment, "from": from, "to": to, "again": again})
            }
            Self::Go { deployment, again } => json!({"go": deployment, "again": again}),
            Self::End { deployment, again } => json!({"end": deployment, "again": again}),
        }
    }
}

/// Returns the task set with the production traffic.
pub(super) fn primary(task_sets: &[TaskSet]) -> Option<&TaskSet> {
    task_sets.iter().find(|one| one.status == "PRIMARY")
}

/// Returns the task definition that callers get, as if nothing moved by itself. While CodeDeploy moves callers between
/// two that were asked for, it is the one that all callers will get. A stop counts only once it was answered or has
/// taken effect, because otherwise it may not reach the deployment before that succeeds.
pub(super) fn callers(runs: &str, asked: Option<&DeploymentRequest>, followed: Option<&Followed>, now: Time) -> String {
    let (Some(asked), Some(followed)) = (asked, followed) else {
        return runs.to_owned();
    };
    let is_of_it = match &asked.stop {
        Some(stop) => *stop == followed.is.id,
        None => followed.is_own && followed.is_to(&asked.to),
    };
    let is_between = [&asked.from, &asked.to].into_iter().any(|one| one == runs);
    let is_on_its_way = !followed.is.is_over() || followed.is_returning(now);
    let is_stopped = followed.is.is_gone() || followed.stops.is_some_and(|sent| sent.answered);
    match is_of_it && is_between && is_on_its_way {
        true if asked.stop.is_none() || is_stopped => asked.to.clone(),
        true => asked.from.clone(),
        false => runs.to_owned(),
    }
}

impl Seen {
    /// Returns the deployment that may still change what callers get.
    pub(super) fn moving(&self) -> Option<&Deployed> {
        let own = self.followed.as_ref();
        let own = own.filter(|own| own.is_moving(self.now));
        let own = own.map(|own| own.rollback.as_ref().unwrap_or(&own.is));
        let other = self.other.as_ref().filter(|_| self.other_moves);
        own.or(other)
    }

    /// Returns whether somebody else has moved callers to a task definition that CodeDeploy cannot have left.
    pub(super) fn is_elsewhere(&self) -> bool {
        let runs = primary(&self.task_sets).map(|one| &one.task_definition);
        let asked = self.asked.as_ref();
        asked.zip(runs).is_some_and(|(asked, runs)| *runs != asked.from && *runs != asked.to)
    }

    /// Returns the percent of the traffic that the tasks of a task definition get, as the followed deployment says.
    pub(super) fn percent(&self, task_definition: &str) -> Option<u64> {
        let followed = self.followed.as_ref()?;
        let own = |one: &&TaskSet| one.task_definition == task_definition;
        let ids: Vec<&str> = self.task_sets.iter().filter(own).map(|one| one.id.as_str()).collect();
        let mut shares = followed.lifecycle.task_sets.iter();
        shares.find(|one| ids.contains(&one.id.as_str())).and_then(|one| one.percent)
    }

    /// True if former tasks of this task definition still run beside those that callers get.
    pub(super) fn still_has(&self, task_definition: &str) -> bool {
        let mut former = self.task_sets.iter().filter(|one| one.status == "ACTIVE");
        former.any(|one| one.task_definition == task_definition && one.running > 0)
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
