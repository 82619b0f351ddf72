use crate::kinds::codedeploy::{Sends, is_returning};
use crate::kinds::ecs;
use crate::ports::{Deployed, Lifecycle, TaskSet};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::appspec::AppSpec;
use windlass_domain::step::ChangeRecord;
use windlass_domain::time::Time;

/// A deployment group, with everything that was decided at `Prepare`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its application's name.
    pub application: String,
    /// Its name.
    pub group: String,
    /// The minutes in which it moves all callers.
    pub minutes: u64,
    /// For how many minutes a deployment waits before it moves callers; absent where it waits for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_min: Option<u64>,
    /// For how many minutes the former tasks stay; absent where they stay for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_min: Option<u64>,
    /// Whether Windlass ends the wait before callers are moved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continues: bool,
    /// The document of its last revision: the task definition in it is set for each deployment.
    pub appspec: AppSpec,
}

/// How far CodeDeploy must have come.
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
    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference"
    )]
    const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

/// What is wanted of a service that CodeDeploy deploys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The same as of any service.
    #[serde(flatten)]
    pub of: ecs::Goal,
    /// How far CodeDeploy must have come.
    #[serde(default, skip_serializing_if = "Moved::is_all")]
    pub moved: Moved,
}

impl Goal {
    /// This goal to its end.
    pub fn to(of: ecs::Goal) -> Self {
        Self {
            of,
            moved: Moved::All,
        }
    }
}

/// What this deployment has asked CodeDeploy for last, whether or not it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The task definition that callers were to leave, by ARN.
    pub from: String,
    /// The task definition that all callers were to get.
    pub to: String,
    /// When.
    pub at: Time,
    /// The deployment of CodeDeploy that was to be stopped; none where one was to be created.
    pub stop: Option<String>,
    /// The newest one of this deployment's that was known when another was to be created.
    pub after: Option<String>,
}

impl Asked {
    /// What a change asks for; nothing of what lets a deployment go on.
    pub(super) fn of(record: &ChangeRecord) -> Option<Self> {
        let text = |of: &Value| of.as_str().map(str::to_owned);
        let stop = text(&record.change["stop"]);
        let way = match &stop {
            Some(_) => &record.change,
            None => record.change.get("begin")?,
        };
        Some(Self {
            from: text(&way["from"])?,
            to: text(&way["to"])?,
            at: record.at,
            after: text(&way["after"]),
            stop,
        })
    }
}

/// A deployment of CodeDeploy that Windlass has created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// It.
    pub is: Deployed,
    /// Whether this deployment of Windlass has created it, and not an earlier one.
    pub is_own: bool,
    /// The one by which CodeDeploy takes it back.
    pub rollback: Option<Deployed>,
    /// How far it has come.
    pub lifecycle: Lifecycle,
    /// The sends of its stop.
    pub stops: Option<Sends>,
    /// The same of what lets it move callers.
    pub goes: Option<Sends>,
    /// The same of what lets it end the former tasks.
    pub ends: Option<Sends>,
}

impl Followed {
    /// Whether the description tells that it deploys this task definition.
    pub(super) fn is_to(&self, task_definition: &str) -> bool {
        let to = self.is.description.rsplit(": ").next();
        to == Some(ecs::tell::short(task_definition))
    }

    /// True while CodeDeploy takes it back, or may be about to begin it.
    pub(super) fn is_returning(&self, now: Time) -> bool {
        let stopped = self.stops.map(|sent| sent.last);
        is_returning(&self.is, self.rollback.as_ref(), stopped, now)
    }

    /// True where all callers are moved, its hooks have run, and it only waits until it ends the former tasks. That it
    /// tells so itself is not waited for: of a service it does not always.
    pub(super) fn is_ending(&self) -> bool {
        is_ending(&self.is, &self.lifecycle)
    }

    /// True while it may still change what callers get: it moves them, or goes back.
    fn is_moving(&self, now: Time) -> bool {
        let is_stopped = self.stops.is_some_and(|sent| sent.may_reach(now));
        let is_left = self.is.is_over() || self.is_ending() && !is_stopped;
        self.is_returning(now) || !is_left
    }

    /// When its last lifecycle event ended.
    pub(super) fn last_event(&self) -> Option<Time> {
        let events = self.lifecycle.events.iter();
        events.filter_map(|event| event.ended).max()
    }
}

/// Whether a deployment only waits until it ends the former tasks.
pub(super) fn is_ending(is: &Deployed, lifecycle: &Lifecycle) -> bool {
    let is_through = |name: &str| {
        let mut own = lifecycle.events.iter().filter(|event| event.name == name);
        own.any(|event| ["Succeeded", "Skipped"].contains(&event.status.as_str()))
    };
    let is_done = is_through("AllowTraffic") && is_through("AfterAllowTraffic");
    ["InProgress", "Baking"].contains(&is.status.as_str()) && (is.ends || is_done)
}

/// A service, and what CodeDeploy does with it, as one look shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// When.
    pub now: Time,
    /// The service, and its tasks of the task definition that callers get, or will get.
    pub service: ecs::Seen,
    /// Its task sets.
    pub task_sets: Vec<TaskSet>,
    /// What this deployment has asked CodeDeploy for last.
    pub asked: Option<Asked>,
    /// The task definition that it has sent forward, by ARN.
    pub forward: Option<String>,
    /// The task definition for which it has sent a deployment in this direction under this token of the lock.
    pub sent: Option<String>,
    /// The newest deployment of CodeDeploy that Windlass has to do with.
    pub followed: Option<Followed>,
    /// Somebody else's in the same group that is not over.
    pub other: Option<Deployed>,
    /// True where it is only looked, and that one may still change what callers get.
    pub other_moves: bool,
    /// Whether it is only looked, and nothing is gone for.
    pub only_looks: bool,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A change that needs no CodeDeploy.
    Service(ecs::Change),
    /// A deployment of CodeDeploy.
    Begin {
        /// The task definition that callers get, by ARN.
        from: String,
        /// The one that they all get in the end.
        to: String,
        /// The images in that.
        images: BTreeMap<String, String>,
        /// The newest deployment of this one's that is known.
        after: Option<String>,
        /// Whether all callers are moved at once, whatever the group's configuration says.
        at_once: bool,
    },
    /// Stops a deployment of CodeDeploy, which takes it back.
    Stop {
        /// Its id.
        deployment: String,
        /// The task definition that callers leave, by ARN.
        from: String,
        /// The one that they get again.
        to: String,
        /// The images in that.
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
    /// The change as the ledger records it.
    pub fn value(&self) -> Value {
        match self {
            // The kind of the service tells it.
            Self::Service(_) => Value::Null,
            Self::Begin {
                from, to, after, ..
            } => json!({"begin": {"from": from, "to": to, "after": after}}),
            Self::Stop {
                deployment,
                from,
                to,
                again,
                ..
            } => json!({"stop": deployment, "from": from, "to": to, "again": again}),
            Self::Go { deployment, again } => json!({"go": deployment, "again": again}),
            Self::End { deployment, again } => json!({"end": deployment, "again": again}),
        }
    }
}

/// The task set with the production traffic.
pub(super) fn primary(task_sets: &[TaskSet]) -> Option<&TaskSet> {
    task_sets.iter().find(|one| one.status == "PRIMARY")
}

/// The task definition that callers get, without what moves by itself: as long as CodeDeploy moves them between two that
/// were asked for, it is the one that all will get. A stop that was not answered may not reach it before it succeeds.
pub(super) fn callers(
    runs: &str,
    asked: Option<&Asked>,
    followed: Option<&Followed>,
    now: Time,
) -> String {
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
    /// The deployment because of which what callers get is not final.
    pub(super) fn moving(&self) -> Option<&Deployed> {
        let own = self.followed.as_ref();
        let own = own.filter(|own| own.is_moving(self.now));
        let own = own.map(|own| own.rollback.as_ref().unwrap_or(&own.is));
        let other = self.other.as_ref().filter(|_| self.other_moves);
        own.or(other)
    }

    /// Whether somebody else has moved callers to what CodeDeploy cannot have left.
    pub(super) fn is_elsewhere(&self) -> bool {
        let runs = primary(&self.task_sets).map(|one| &one.task_definition);
        let asked = self.asked.as_ref();
        asked
            .zip(runs)
            .is_some_and(|(asked, runs)| *runs != asked.from && *runs != asked.to)
    }

    /// The percent of the traffic that the tasks of a task definition get, as the deployment that is followed tells.
    pub(super) fn percent(&self, task_definition: &str) -> Option<u64> {
        let followed = self.followed.as_ref()?;
        let own = |one: &&TaskSet| one.task_definition == task_definition;
        let ids: Vec<&str> = self
            .task_sets
            .iter()
            .filter(own)
            .map(|one| one.id.as_str())
            .collect();
        let mut shares = followed.lifecycle.task_sets.iter();
        shares
            .find(|one| ids.contains(&one.id.as_str()))
            .and_then(|one| one.percent)
    }

    /// True where former tasks of this task definition still stand beside those that callers get.
    pub(super) fn still_has(&self, task_definition: &str) -> bool {
        let mut former = self.task_sets.iter().filter(|one| one.status == "ACTIVE");
        former.any(|one| one.task_definition == task_definition && one.running > 0)
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
