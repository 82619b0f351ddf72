//! A deployment of CodeDeploy that deploys a service, in memory: new tasks beside the former ones, a wait before
//! callers are moved, steps, a wait before the former tasks are ended; or on its way back.
//!
//! It goes on by seconds, together with the tasks.

#[path = "live_service_way_back.rs"]
mod way_back;

use crate::codedeploy_documents::{member, pending, percent, text};
use crate::deployment_group::Group;
use crate::live_rollout::rings;
use crate::rollout::LiveService;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{
    AlarmChange, Deployed, DeploymentWait, Lifecycle, LifecycleEvent, NewDeployed, Revision, Routing, Share,
};

/// The time before it begins to do anything, in seconds.
const CREATED_S: u64 = 1;
/// The time that a stop, or a way back, takes, in seconds.
const STOPS_S: u64 = 3;
/// The time that it still takes once the wait before the end of the former tasks is over, in seconds.
const ENDS_S: u64 = 2;

/// The lifecycle events in their order; hooks of the user's run at those without work of their own.
const EVENTS: [&str; 8] = [
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
];
const INSTALL: usize = 1;
const READY: usize = 5;
const ALLOW: usize = 6;

/// A deployment of a service that lives.
#[derive(Debug, Clone)]
pub struct ServiceDeployed {
    /// The deployment as CodeDeploy describes it.
    pub described: Deployed,
    /// The cluster and the service.
    pub service: (String, String),
    /// The task definition that callers are to get, by ARN.
    pub to: String,
    /// The task definition that they leave, by ARN; empty before it has begun.
    pub from: String,
    /// True where a call of the port has let it move callers.
    pub called: bool,
    /// The time at which the new tasks got the callers for good.
    pub promoted: Option<Time>,
    application: String,
    group: Group,
    events: Vec<LifecycleEvent>,
    hooks: Vec<String>,
    routing: Routing,
    /// The task sets, former and new, once they are known.
    sets: (Option<String>, Option<String>),
    percent: u64,
    created: Time,
    /// The time since which it is at its event, or waits.
    since: Time,
    phase: usize,
    stopped: Option<Time>,
    went: bool,
    ended: Option<Time>,
    forgets: bool,
    /// The time up to which it has gone on.
    at: Time,
}

impl ServiceDeployed {
    /// Makes a deployment that begins.
    pub(crate) fn begin(id: &str, new: &NewDeployed, group: &Group, revision: Revision, now: Time) -> Self {
        let document: Value = serde_json::from_str(&new.content).unwrap_or_default();
        let resource = &member(&document, "Resources")[0];
        let resource = resource.as_object().and_then(|named| named.values().next());
        let properties = member(resource.unwrap_or(&Value::Null), "Properties");
        let hooks = member(&document, "Hooks").as_array();
        let hooks = hooks.into_iter().flatten().filter_map(Value::as_object);
        let at_once = new.configuration.is_some();
        Self {
            described: Deployed {
                id: id.to_owned(),
                status: "Created".into(),
                description: new.description.clone(),
                creator: "user".into(),
                created: Some(now),
                rolls_back: group.rolls_back,
                revision: Some(revision),
                ..Deployed::default()
            },
            service: group.service.clone().unwrap_or_default(),
            to: text(properties, "TaskDefinition"),
            from: String::new(),
            called: false,
            promoted: None,
            application: new.application.clone(),
            group: group.clone(),
            events: EVENTS.map(pending).into(),
            hooks: hooks.flat_map(|hook| hook.keys()).cloned().collect(),
            routing: if at_once { Routing::AllAtOnce } else { group.routing.clone() },
            sets: (None, None),
            percent: 0,
            created: now,
            since: now,
            phase: 0,
            stopped: None,
            went: false,
            ended: None,
            forgets: false,
            at: now,
        }
    }

    pub(crate) fn is_of(&self, application: &str, group: &str) -> bool {
        self.application == application && self.group.name == group
    }

    /// True where it is not over.
    pub fn is_active(&self) -> bool {
        !["Succeeded", "Failed", "Stopped"].contains(&self.described.status.as_str())
    }

    fn is_back(&self) -> bool {
        self.described.rollback_of.is_some()
    }

    /// Returns the task definition that all callers of its service will get by it; `None` where it is over.
    pub fn steers_to(&self) -> Option<&str> {
        let is_under_way = self.is_active() || self.will_return();
        let goes_back = self.is_back() || self.stopped.is_some() || self.will_return();
        let to = if goes_back { &self.from } else { &self.to };
        (is_under_way && !to.is_empty()).then_some(to)
    }

    /// Ends it as if by hand, unless it is over, and lets nothing take it back.
    pub fn end_by_hand(&mut self, now: Time) {
        self.forgets = true;
        if self.is_active() {
            self.end(now, "Stopped", Some(("MANUAL_STOP", "stopped by a user")));
        }
    }

    /// True while it only keeps the former tasks.
    pub fn is_ending(&self) -> bool {
        self.described.status == "InProgress" && !self.is_back() && self.phase >= EVENTS.len()
    }

    /// Returns its lifecycle events so far, and the share of callers that each task set has.
    pub(crate) fn lifecycle(&self) -> Lifecycle {
        let shares = [(&self.sets.0, 100 - self.percent), (&self.sets.1, self.percent)];
        let share = |(id, percent): (&Option<String>, u64)| Some(Share { id: id.clone()?, percent: Some(percent) });
        let has_begun = !self.from.is_empty() && !self.is_back();
        Lifecycle {
            events: if has_begun { self.events.clone() } else { vec![] },
            task_sets: shares.into_iter().filter_map(share).collect(),
        }
    }

    /// Stops it. Returns whether that could be done.
    pub fn stop(&mut self, now: Time) -> bool {
        if !self.is_active() {
            return false;
        }
        self.stopped = self.stopped.or(Some(now));
        self.described.rolls_back = true;
        true
    }

    /// Ends a wait. Returns whether it was waiting for that.
    pub fn go(&mut self, waiting: DeploymentWait, now: Time) -> bool {
        match waiting {
            DeploymentWait::Ready if self.described.status == "Ready" => self.went = true,
            DeploymentWait::Termination if self.is_ending() => {
                self.ended = self.ended.or(Some(now));
            }
            _ => return false,
        }
        true
    }

    fn hook_s(&self) -> u64 {
        let is_there = self.hooks.iter().any(|hook| *hook == EVENTS[self.phase]);
        if is_there { self.group.hook_s } else { 0 }
    }

    fn end(&mut self, at: Time, status: &str, why: Option<(&str, &str)>) {
        status.clone_into(&mut self.described.status);
        self.described.completed = Some(at);
        self.described.error = why.map(|(code, words)| (code.to_owned(), words.to_owned()));
    }

    /// Returns the time up to which it has gone on.
    pub(crate) fn at(&self) -> Time {
        self.at
    }

    /// Goes on for a second.
    pub(crate) fn step(
        &mut self,
        live: &mut LiveService,
        alarms: &BTreeMap<String, Vec<AlarmChange>>,
        set: &str,
        now: Time,
    ) {
        self.at = now;
        if !self.is_active() || now < self.created.plus_s(CREATED_S) {
            return;
        }
        if self.is_back() {
            self.go_back(live, now);
            return;
        }
        if self.from.is_empty() {
            let Some(primary) = live.primary_tasks() else {
                let why = ("INVALID_ECS_SERVICE", "it has no primary task set");
                return self.end(now, "Failed", Some(why));
            };
            self.from.clone_from(&primary.task_definition);
            self.sets.0 = Some(primary.id.clone());
            self.described.status = "InProgress".into();
            self.since = now;
        }
        let mut monitors = self.group.monitors.iter();
        let rings_now = |name: &String| {
            let history = alarms.get(name);
            history.is_some_and(|history| rings(history, self.created, now).is_some())
        };
        if monitors.any(rings_now) {
            let why = ("ALARM_ACTIVE", "One or more alarms have been activated");
            self.end(now, "Stopped", Some(why));
        } else if let Some(stopped) = self.stopped {
            if now >= stopped.plus_s(STOPS_S) {
                let why = ("MANUAL_STOP", "The deployment was stopped by a user");
                self.end(now, "Stopped", Some(why));
            }
        } else if self.phase >= EVENTS.len() {
            self.wait_to_end(live, now);
        } else {
            self.work(live, set, now);
        }
    }

    fn wait_to_end(&mut self, live: &mut LiveService, now: Time) {
        let Some(ends_min) = self.group.ends_min else {
            return self.end(now, "Succeeded", None);
        };
        let by_itself = self.since.plus_s(ends_min * 60);
        let ends = self.ended.map_or(by_itself, |at| at.plus_s(ENDS_S).min(by_itself));
        if now >= ends {
            if let Some(former) = &self.sets.0 {
                live.end_task_set(former, now);
            }
            self.end(now, "Succeeded", None);
        }
    }

    fn work(&mut self, live: &mut LiveService, set: &str, now: Time) {
        if self.phase == READY && !self.went {
            match self.group.ready_min {
                Some(minutes) if now >= self.since.plus_s(minutes * 60) => {
                    let why = ("MANUAL_STOP", "The wait time before traffic is rerouted is over");
                    return self.end(now, "Stopped", Some(why));
                }
                Some(_) => {
                    self.described.status = "Ready".into();
                    return;
                }
                None => {}
            }
        }
        self.described.status = "InProgress".into();
        self.events[self.phase].status = "InProgress".into();
        let is_done = match self.phase {
            INSTALL => self.install(live, set, now),
            ALLOW => self.allow(live, now),
            _ => now >= self.since.plus_s(self.hook_s()),
        };
        if is_done && self.group.fails_at == Some(EVENTS[self.phase]) {
            self.events[self.phase].status = "Failed".into();
            let why = ("HOOK_EXECUTION_FAILURE", "a hook failed");
            self.end(now, "Failed", Some(why));
        } else if is_done {
            let event = &mut self.events[self.phase];
            event.status = "Succeeded".into();
            event.ended = Some(now);
            self.phase += 1;
            self.since = now;
        }
    }

    /// Starts the new tasks. Returns whether they run.
    fn install(&mut self, live: &mut LiveService, set: &str, now: Time) -> bool {
        let new = self.sets.1.get_or_insert_with(|| {
            live.put_task_set(set, &self.to);
            set.to_owned()
        });
        live.is_up(new, now)
    }

    /// Moves callers. Returns whether all callers are moved and the new task set is the primary one.
    fn allow(&mut self, live: &mut LiveService, now: Time) -> bool {
        let passed_min = now.ms_since(self.since) / 60_000;
        let was = self.percent;
        self.percent = percent(&self.routing, passed_min);
        // All traffic is moved a moment before the task set is the primary one.
        let new = self.sets.1.as_ref().filter(|_| was == 100);
        let is_primary = new.is_some_and(|new| live.promote(new));
        self.promoted = is_primary.then_some(now);
        is_primary
    }
}
