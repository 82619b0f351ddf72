//! A deployment of CodeDeploy in memory: waiting for its hooks, moving callers, over; or on its way back.

use crate::codedeploy_documents::{member, pending, percent, text};
use crate::deployment_group::{Group, taken_back};
use crate::live_function::LiveFunction;
use crate::live_rollout::rings;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{AlarmChange, Deployed, LifecycleEvent, NewDeployed, Revision, Routing};

/// The time before it begins to do anything, in seconds.
const CREATED_S: u64 = 1;
/// The time that a stop takes, in seconds.
const STOPS_S: u64 = 3;
/// The time until the rollback of an ended deployment is created, in seconds.
const RETURNS_S: u64 = 2;
/// The time that a rollback takes, in seconds.
const BACK_S: u64 = 8;

/// An alias's routing: the version that gets the rest, and the versions that get a share.
type Traffic = (String, Vec<(String, String)>);

/// A deployment that lives.
#[derive(Debug, Clone)]
pub struct LiveDeployment {
    /// The deployment as CodeDeploy describes it.
    pub described: Deployed,
    /// Its lifecycle events.
    pub events: Vec<LifecycleEvent>,
    application: String,
    group: Group,
    function: String,
    alias: String,
    from: String,
    to: String,
    hooks: Vec<String>,
    created: Time,
    stopped: Option<Time>,
    forgets: bool,
    /// The routing that it has given the alias last, once it has begun.
    left: Option<Traffic>,
}

impl LiveDeployment {
    /// Makes a deployment that begins.
    pub(crate) fn begin(id: &str, new: &NewDeployed, group: &Group, revision: Revision, now: Time) -> Self {
        let document: Value = serde_json::from_str(&new.content).unwrap_or_default();
        let resource = &member(&document, "Resources")[0];
        let resource = resource.as_object().and_then(|named| named.values().next());
        let properties = member(resource.unwrap_or(&Value::Null), "Properties");
        let hooks = member(&document, "Hooks").as_array();
        let hooks = hooks.into_iter().flatten().filter_map(Value::as_object);
        let hooks: Vec<String> = hooks.flat_map(|hook| hook.keys()).cloned().collect();
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
            events: ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"].map(pending).into(),
            application: new.application.clone(),
            group: group.clone(),
            function: text(properties, "Name"),
            alias: text(properties, "Alias"),
            from: text(properties, "CurrentVersion"),
            to: text(properties, "TargetVersion"),
            hooks,
            created: now,
            stopped: None,
            forgets: false,
            left: None,
        }
    }

    pub(crate) fn is_of(&self, application: &str, group: &str) -> bool {
        self.application == application && self.group.name == group
    }

    /// True where it is not over.
    pub fn is_active(&self) -> bool {
        !["Succeeded", "Failed", "Stopped"].contains(&self.described.status.as_str())
    }

    /// True where it is over, and the deployment that takes it back is not there yet.
    pub(crate) fn will_return(&self) -> bool {
        let is_gone = ["Failed", "Stopped"].contains(&self.described.status.as_str());
        is_gone
            && !self.forgets
            && self.described.rolls_back
            && self.described.rolled_back_by.is_none()
            && !self.is_back()
    }

    /// Returns whether it deploys this function, and its own alarm or hook has ended it.
    pub(crate) fn gave_up(&self, function: &str) -> bool {
        let is_own = self.function == function && self.stopped.is_none() && !self.is_back();
        is_own && !self.forgets && ["Failed", "Stopped"].contains(&self.described.status.as_str())
    }

    fn is_back(&self) -> bool {
        self.described.rollback_of.is_some()
    }

    /// Returns the version that all callers of the function will get by it.
    pub(crate) fn moves_to(&self, function: &LiveFunction) -> Option<String> {
        let alias = function.aliases.get(&self.alias)?;
        let alone = || (self.from.clone(), vec![]);
        let left = self.left.clone().unwrap_or_else(alone);
        let is_ours = self.function == function.name && (alias.version.clone(), alias.weights.clone()) == left;
        let is_under_way = is_ours && (self.is_active() || self.will_return());
        let goes_back = self.is_back() || self.stopped.is_some() || self.will_return();
        is_under_way.then(|| if goes_back { &self.from } else { &self.to }.clone())
    }

    /// Stops it. Returns whether that could be done.
    pub fn stop(&mut self, now: Time) -> bool {
        if !self.is_active() {
            return false;
        }
        self.stopped = self.stopped.or(Some(now));
        // It is asked for with the stop, whatever the group says.
        self.described.rolls_back = true;
        true
    }

    /// Ends it as if by hand, unless it is over, and lets nothing take it back.
    pub fn end_by_hand(&mut self, now: Time) {
        self.forgets = true;
        if self.is_active() {
            self.end(now, "Stopped", Some(("MANUAL_STOP", "stopped by a user")));
        }
    }

    /// Lets CodeDeploy begin no rollback of it, also where it is stopped with one.
    pub fn forgets_its_rollback(&mut self) {
        self.forgets = true;
    }

    fn hook_s(&self, name: &str) -> u64 {
        let is_there = self.hooks.iter().any(|hook| hook == name);
        if is_there { self.group.hook_s } else { 0 }
    }

    fn is(&mut self, event: usize, status: &str) {
        if let Some(event) = self.events.get_mut(event) {
            status.clone_into(&mut event.status);
        }
    }

    fn end(&mut self, at: Time, status: &str, why: Option<(&str, &str)>) {
        status.clone_into(&mut self.described.status);
        self.described.completed = Some(at);
        self.described.error = why.map(|(code, words)| (code.to_owned(), words.to_owned()));
    }

    /// Lets time pass.
    pub(crate) fn go_on(
        &mut self,
        functions: &mut BTreeMap<String, LiveFunction>,
        alarms: &BTreeMap<String, Vec<AlarmChange>>,
        now: Time,
    ) {
        let begins = self.created.plus_s(CREATED_S);
        if !self.is_active() || now < begins {
            return;
        }
        if self.is_back() {
            self.go_back(functions, now);
            return;
        }
        if self.described.status == "Created" {
            self.described.status = "InProgress".into();
            let alone = (self.from.clone(), vec![]);
            if traffic(functions, &self.function, &self.alias) != Some(alone.clone()) {
                let why = "The Lambda function alias version does not match the current version in AppSpec file";
                let why = ("INVALID_LAMBDA_CONFIGURATION", why);
                self.end(begins, "Failed", Some(why));
                // Nothing was moved.
                self.described.rolls_back = false;
                return;
            }
            self.left = Some(alone);
        }
        let monitors = self.group.monitors.iter();
        let rung = monitors.filter_map(|name| rings(alarms.get(name)?, self.created, now));
        let rung = rung.min().filter(|_| self.stopped.is_none());
        let until = now.min(self.stopped.unwrap_or(now)).min(rung.unwrap_or(now));
        let ended = self.at(until);
        if !self.send(functions, until) {
            let why = ("INVALID_LAMBDA_CONFIGURATION", "the alias was changed");
            self.end(until, "Failed", Some(why));
            self.described.rolls_back = false;
            return;
        }
        if ended {
            return;
        }
        if let Some(at) = rung {
            let why = ("ALARM_ACTIVE", "One or more alarms have been activated");
            self.end(at, "Stopped", Some(why));
        } else if let Some(at) = self.stopped.filter(|at| now >= at.plus_s(STOPS_S)) {
            let why = Some(("MANUAL_STOP", "The deployment was stopped by a user"));
            self.end(at.plus_s(STOPS_S), "Stopped", why);
        }
    }

    fn starts(&self) -> Time {
        let begins = self.created.plus_s(CREATED_S);
        begins.plus_s(self.hook_s("BeforeAllowTraffic"))
    }

    /// Returns the percentage of callers that have been moved at a time.
    fn percent(&self, at: Time) -> u64 {
        let starts = self.starts();
        let is_held = self.group.fails_at == Some("BeforeAllowTraffic");
        if at < starts || is_held {
            return 0;
        }
        let passed_min = at.ms_since(starts) / 60_000;
        percent(&self.group.routing, passed_min)
    }

    /// Sets its state as of a time when nobody has stopped it. Returns whether it is over.
    fn at(&mut self, at: Time) -> bool {
        let starts = self.starts();
        if at < starts {
            self.is(0, "InProgress");
            return false;
        }
        if self.group.fails_at == Some("BeforeAllowTraffic") {
            self.is(0, "Failed");
            self.end(starts, "Failed", Some(("HOOK_EXECUTION_FAILURE", "a hook failed")));
            return true;
        }
        self.is(0, "Succeeded");
        if self.percent(at) < 100 {
            self.is(1, "InProgress");
            return false;
        }
        self.is(1, "Succeeded");
        let minutes = match self.group.routing {
            Routing::Canary(_, minutes) => minutes,
            Routing::Linear(percent, minutes) => minutes * (100_u64.div_ceil(percent.max(1)) - 1),
            _ => 0,
        };
        let ends = starts.plus_s(minutes * 60).plus_s(self.hook_s("AfterAllowTraffic"));
        if at < ends {
            self.is(2, "InProgress");
            return false;
        }
        if self.group.fails_at == Some("AfterAllowTraffic") {
            self.is(2, "Failed");
            self.end(ends, "Failed", Some(("HOOK_EXECUTION_FAILURE", "a hook failed")));
        } else {
            self.is(2, "Succeeded");
            self.end(ends, "Succeeded", None);
        }
        true
    }

    /// Sends the callers to the versions that are due at a time. Returns `false` where somebody else has moved the
    /// alias.
    fn send(&mut self, functions: &mut BTreeMap<String, LiveFunction>, at: Time) -> bool {
        let to = match self.percent(at) {
            0 => (self.from.clone(), vec![]),
            100 => (self.to.clone(), vec![]),
            percent => {
                #[allow(clippy::cast_precision_loss, reason = "at most a hundred")]
                let share = format!("{}", percent as f64 / 100.0);
                (self.from.clone(), vec![(self.to.clone(), share)])
            }
        };
        self.leave(functions, to)
    }

    fn leave(&mut self, functions: &mut BTreeMap<String, LiveFunction>, to: Traffic) -> bool {
        if traffic(functions, &self.function, &self.alias) != self.left {
            return false;
        }
        if self.left.as_ref() != Some(&to) {
            let function = functions.get_mut(&self.function);
            let alias = function.and_then(|function| function.aliases.get_mut(&self.alias));
            if let Some(alias) = alias {
                alias.point(&to.0, to.1.clone());
            }
            self.left = Some(to);
        }
        true
    }

    fn go_back(&mut self, functions: &mut BTreeMap<String, LiveFunction>, now: Time) {
        self.described.status = "InProgress".into();
        let ends = self.created.plus_s(BACK_S);
        if now < ends {
            return;
        }
        if self.leave(functions, (self.from.clone(), vec![])) {
            self.end(ends, "Succeeded", None);
        } else {
            self.end(ends, "Failed", Some(("INVALID_LAMBDA_CONFIGURATION", "the alias was changed")));
        }
    }

    /// Returns the deployment that takes it back, once it is time for one.
    pub(crate) fn rollback(&mut self, id: &str, now: Time) -> Option<Self> {
        let ended = self.described.completed.filter(|_| self.will_return())?;
        let begins = ended.plus_s(RETURNS_S);
        if now < begins {
            return None;
        }
        Some(Self {
            described: taken_back(&mut self.described, id, begins),
            events: vec![],
            stopped: None,
            created: begins,
            ..self.clone()
        })
    }
}

fn traffic(functions: &BTreeMap<String, LiveFunction>, function: &str, alias: &str) -> Option<Traffic> {
    let alias = functions.get(function)?.aliases.get(alias)?;
    Some((alias.version.clone(), alias.weights.clone()))
}
