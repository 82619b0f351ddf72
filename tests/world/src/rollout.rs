//! The motion of a service in ECS: tasks start, run, stop; a deployment gets steady or fails; the circuit breaker gives
//! it up and goes back (Amazon ECS Developer Guide, "Deploy Amazon ECS services by replacing tasks" and "How the Amazon
//! ECS deployment circuit breaker detects failures").

pub use crate::live_task::LiveTask;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{LifecycleHook, OnFailure, Service, ServiceDeployment, ServiceEvent, ServiceRollout};

/// The time that a task must run to count as steady, in seconds.
const STEADY_S: u64 = 2;
/// The time for which a failed deployment stays listed after its last task has stopped, in seconds.
const LISTED_S: u64 = 30;
/// The time for which stopped tasks are listed, in seconds.
const STOPPED_LISTED_S: u64 = 3600;

/// The number of events that are listed (Amazon ECS API Reference, Service, `events`).
const EVENTS: usize = 100;

/// A reason for which ECS gives a deployment up.
pub(crate) struct Trips {
    by: &'static str,
    why: &'static str,
    rolls_back: bool,
}

/// The way in which a pause was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pausing {
    /// It was answered by a call of the port.
    Called {
        /// True if the deployment went on.
        goes_on: bool,
    },
    /// A person answered it.
    ByHand {
        /// True if the deployment went on.
        goes_on: bool,
    },
}

/// A pause that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The time of the answer.
    pub at: Time,
    /// The deployment's ARN.
    pub rollout: String,
    /// Its stage.
    pub stage: String,
    /// The hook's id.
    pub hook: String,
    /// The one who answered, and the answer.
    pub by: Pausing,
}

/// Early success criteria of a service that rolls, on scarce capacity: ECS calls a deployment complete once a part of
/// its tasks is healthy. It ends the former tasks, and starts the others in the background (Amazon ECS Developer Guide,
/// "Complete Amazon ECS rolling deployments early with early success criteria").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlySuccess {
    /// The part of the wanted tasks that must be healthy, in percent.
    pub healthy_percent: usize,
    /// The number of tasks of the newest deployment for which there is capacity now, if a call has begun it. Who
    /// deploys by hand has made room first.
    pub room: usize,
}

/// A task that dies after an early success. No circuit breaker watches the deployment any more then (the same page).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyDeath {
    /// None dies.
    No,
    /// One of the next deployment dies that a call has begun and ECS has called complete.
    Comes,
    /// It has died at this time.
    Came(Time),
}

/// A service that lives.
#[derive(Debug, Clone)]
pub struct LiveService {
    /// The service as ECS describes it.
    pub service: Service,
    /// Its tasks, also stopped ones.
    pub tasks: Vec<LiveTask>,
    /// The task definition of the last deployment that completed.
    pub completed: String,
    /// The lifecycle hooks that hold its deployment: nothing moves until it is continued.
    pub held: Vec<LifecycleHook>,
    /// The outcome of each UpdateService, newest first.
    pub rollouts: Vec<ServiceRollout>,
    /// The answered pauses of its deployments, oldest first.
    pub pauses: Vec<Answered>,
    /// The time at which each of its deployments was successful, by ARN.
    pub succeeded: BTreeMap<String, Time>,
    /// The deployments that a call of the port has begun, by ARN; nobody else's.
    pub called: BTreeSet<String>,
    /// True if the alarm was red when the newest deployment began. ECS does not look at it then, and another deployment
    /// can mend the cause (Amazon ECS Developer Guide, "How CloudWatch alarms detect Amazon ECS deployment failures").
    pub(crate) rang: bool,
    /// True if ECS is about to make another step of the same shift.
    pub(crate) is_next_step: bool,
    /// The time since which the newest deployment is at its stage.
    pub(crate) stage_since: Time,
    /// True if one of the alarms that give deployments up is red.
    pub alarm: bool,
    /// Its early success criteria, if it has some.
    pub early: Option<EarlySuccess>,
    /// The task that dies after an early success.
    pub early_death: EarlyDeath,
    /// The time of the last step.
    pub(crate) at: Time,
    /// The time at which a deployment failed, by id.
    failed_at: Vec<(String, Time)>,
}

impl LiveService {
    /// Makes a service as it is now.
    pub fn new(service: Service, now: Time) -> Self {
        Self {
            completed: service.task_definition.clone(),
            alarm: false,
            early: None,
            early_death: EarlyDeath::No,
            held: vec![],
            rollouts: vec![],
            pauses: vec![],
            succeeded: BTreeMap::new(),
            called: BTreeSet::new(),
            rang: false,
            is_next_step: false,
            stage_since: now,
            service,
            tasks: vec![],
            at: now,
            failed_at: vec![],
        }
    }

    /// Returns the service as ECS describes it.
    pub(crate) fn described(&self) -> Service {
        Service { completes_early: self.early.is_some(), ..self.service.clone() }
    }

    /// Returns the deployment that ECS steers towards.
    pub fn primary(&self) -> Option<&ServiceDeployment> {
        let mut deployments = self.service.deployments.iter();
        deployments.find(|d| d.status == "PRIMARY")
    }

    /// Begins a deployment; the former ones become ACTIVE.
    pub fn begin(&mut self, id: &str, task_definition: &str, reason: &str, now: Time) {
        self.at = self.at.max(now);
        for deployment in &mut self.service.deployments {
            deployment.status = "ACTIVE".into();
        }
        let deployment = ServiceDeployment {
            id: id.to_owned(),
            status: "PRIMARY".into(),
            task_definition: task_definition.to_owned(),
            rollout: "IN_PROGRESS".into(),
            reason: reason.to_owned(),
            desired: self.service.desired,
            running: 0,
            pending: 0,
            failed: 0,
        };
        self.service.deployments.insert(0, deployment);
        task_definition.clone_into(&mut self.service.task_definition);
    }

    pub(crate) fn is_quiet(&self) -> bool {
        if self.is_shifting() {
            return false;
        }
        if self.is_of_task_sets() {
            return self.are_task_sets_steady();
        }
        let complete = self.primary().is_some_and(|p| p.rollout == "COMPLETED");
        let wanted = self.service.desired as usize;
        let running = self.tasks.iter().filter(|t| t.lives() && t.started.is_some()).count();
        complete && running == wanted && self.service.deployments.len() == 1
    }

    pub(crate) fn count_failures(&mut self, now: Time) {
        for task in &mut self.tasks {
            if !task.step(now) {
                continue;
            }
            let mut deployments = self.service.deployments.iter_mut();
            if let Some(own) = deployments.find(|d| d.id == task.deployment) {
                own.failed += 1;
            }
        }
        let listed = |at: Time| now.ms_since(at) < STOPPED_LISTED_S * 1000;
        self.tasks.retain(|t| t.task.stopped_at.is_none_or(listed));
    }

    /// Returns the reason for which ECS gives the PRIMARY deployment up, and whether it rolls back; `None` if it goes
    /// on (Amazon ECS Developer Guide, "How CloudWatch alarms detect Amazon ECS deployment failures"). An alarm gives
    /// up no rollback.
    pub(crate) fn trips(&self) -> Option<Trips> {
        let primary = self.primary().filter(|p| p.rollout == "IN_PROGRESS")?;
        if self.goes_back() {
            return None;
        }
        let threshold = self.service.desired.div_ceil(2).clamp(3, 200);
        let (breaker, alarms) = (self.service.breaker, self.service.alarms);
        let tripped = breaker != OnFailure::GoesOn && primary.failed >= threshold;
        let is_rollback = self.completed == self.service.task_definition;
        let alarmed = alarms != OnFailure::GoesOn && self.alarm && !is_rollback && !self.rang;
        match (tripped, alarmed) {
            (true, _) => Some(Trips {
                by: "deployment circuit breaker",
                why: "tasks failed to start",
                rolls_back: breaker == OnFailure::RollsBack,
            }),
            (_, true) => Some(Trips {
                by: "deployment alarms",
                why: "alarm detected",
                rolls_back: alarms == OnFailure::RollsBack,
            }),
            _ => None,
        }
    }

    pub(crate) fn trip(&mut self, trips: &Trips, rollback_id: &str, now: Time) {
        let Trips { by, why, rolls_back } = trips;
        let Some(failed) = self.service.deployments.first_mut() else {
            return;
        };
        failed.rollout = "FAILED".into();
        failed.reason = format!("ECS {by}: {why}.");
        failed.desired = 0;
        let id = failed.id.clone();
        self.failed_at.push((id.clone(), now));
        self.say(now, format!("(deployment {id}) deployment failed: {why}."));
        if self.shifts() {
            let why = format!("Service deployment stopped because {by}: {why}.");
            self.end_shifting(*rolls_back, &why, now);
            return;
        }
        if !rolls_back || self.completed == self.service.task_definition {
            self.turn("IN_PROGRESS", "STOPPED");
            self.turn("ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED");
            return;
        }
        self.turn("IN_PROGRESS", "ROLLBACK_IN_PROGRESS");
        self.stop_others("", &id, now);
        let to = self.completed.clone();
        let mut known = self.service.deployments.iter();
        let former = known.find(|d| d.task_definition == to && d.rollout == "COMPLETED");
        let former = former.map(|d| d.id.clone()).unwrap_or_default();
        let reason = format!("ECS {by}: rolling back to deploymentId {former}.");
        self.begin(rollback_id, &to, &reason, now);
        for task in self.tasks.iter_mut().filter(|t| t.deployment == former) {
            rollback_id.clone_into(&mut task.deployment);
        }
        self.service.deployments.retain(|d| d.id != former);
    }

    /// Lists an event first, as the newest.
    pub(crate) fn say(&mut self, at: Time, message: String) {
        self.service.events.insert(0, ServiceEvent { at, message });
        self.service.events.truncate(EVENTS);
    }

    /// Stops the tasks of all deployments but `keep`, or only those of `only`.
    pub(crate) fn stop_others(&mut self, keep: &str, only: &str, now: Time) {
        let concerned =
            |t: &&mut LiveTask| t.lives() && t.deployment != keep && (only.is_empty() || t.deployment == only);
        for task in self.tasks.iter_mut().filter(concerned) {
            let reason = format!("Scaling activity initiated by (deployment {keep})");
            task.stop("ServiceSchedulerInitiated", &reason, now);
        }
    }

    pub(crate) fn complete(&mut self, now: Time) {
        if self.shifts() {
            self.shift(now);
            return;
        }
        let Some(primary) = self.primary().filter(|p| p.rollout == "IN_PROGRESS") else {
            return;
        };
        let id = primary.id.clone();
        if !self.is_up(&id, now) {
            return;
        }
        self.stop_others(&id, "", now);
        self.turn("IN_PROGRESS", "SUCCESSFUL");
        self.turn("ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL");
        self.completed = self.service.task_definition.clone();
        for deployment in &mut self.service.deployments {
            if deployment.id == id {
                deployment.rollout = "COMPLETED".into();
                deployment.reason = format!("ECS deployment {id} completed.");
            }
        }
    }

    /// Lets the oldest tasks of a deployment have the capacity that there is.
    pub(crate) fn share_room(&mut self, id: &str) {
        let Some(EarlySuccess { room, .. }) = self.early else {
            return;
        };
        let is_called = self.rollouts.first().is_none_or(|newest| self.called.contains(&newest.arn));
        let own = self.tasks.iter_mut().filter(|t| t.lives() && t.deployment == id);
        for (nth, task) in own.enumerate() {
            task.no_room = is_called && nth >= room;
        }
    }

    /// Lets a running task of the newest deployment die, as its process does. ECS counts it in no `failedTasks`, which
    /// stops being evaluated once a task runs (Amazon ECS API Reference, Deployment).
    ///
    /// # Panics
    /// If none runs.
    pub fn kill_one(&mut self, now: Time) {
        let newest = self.primary().map(|primary| primary.id.clone());
        let mut running = self.tasks.iter_mut().filter(|t| t.lives() && t.started.is_some());
        match running.find(|t| Some(&t.deployment) == newest.as_ref()) {
            Some(task) => task.stop("EssentialContainerExited", "Essential container in task exited", now),
            None => panic!("no task of the newest deployment runs"),
        }
    }

    /// Returns whether as many tasks of a deployment as it needs have run for long enough.
    pub(crate) fn is_up(&self, id: &str, now: Time) -> bool {
        let steady = |t: &&LiveTask| {
            let runs = t.started.is_some_and(|at| now.ms_since(at) >= STEADY_S * 1000);
            t.lives() && t.deployment == id && runs
        };
        let desired = self.service.desired as usize;
        let needed = self.early.map_or(desired, |early| (desired * early.healthy_percent).div_ceil(100));
        self.tasks.iter().filter(steady).count() >= needed
    }

    pub(crate) fn recount(&mut self, now: Time) {
        for deployment in &mut self.service.deployments {
            let own = self.tasks.iter().filter(|t| t.deployment == deployment.id);
            let (mut running, mut pending) = (0, 0);
            for task in own {
                match task.task.last_status.as_str() {
                    "RUNNING" => running += 1,
                    "STOPPED" => {}
                    _ => pending += 1,
                }
            }
            deployment.running = running;
            deployment.pending = pending;
        }
        self.service.running = self.service.deployments.iter().map(|d| d.running).sum();
        let listed = |id: &str| {
            let failed = self.failed_at.iter().find(|(failed, _)| failed == id);
            failed.is_some_and(|(_, at)| now.ms_since(*at) < LISTED_S * 1000)
        };
        self.service.deployments.retain(|d| d.status == "PRIMARY" || d.running + d.pending > 0 || listed(&d.id));
    }
}
