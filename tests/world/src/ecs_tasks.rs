//! Tasks of ECS that no service keeps running, in memory: run once by a client token, as long as ECS knows that, and
//! shown for an hour once they have stopped (Amazon ECS API Reference, "Ensuring idempotency" and DescribeTasks).

use crate::World;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{Cluster, EcsTasksApi, Launch, NewRun, Result, Run, RunContainer};

/// The ages at which a task is placed, and at which its containers run or cannot, in seconds.
const PLACED_S: u64 = 1;
const STARTED_S: u64 = 3;
/// The time for which it runs, where nobody says otherwise, in seconds.
const LASTS_S: u64 = 10;
/// The time between the two signals that end its containers, in seconds.
const STOPPING_S: u64 = 5;
/// The time for which a task is shown, and its token known, once it has stopped, in seconds.
const REMEMBERED_S: u64 = 3600;
/// The time for which a token is known at most, in seconds.
const TOKEN_S: u64 = 24 * 3600;

/// The tasks, and the behaviour of commands, each as one text.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// All tasks that ever were, oldest first.
    pub live: Vec<LiveRun>,
    /// The exit code of a command; 0 if it is not here.
    pub exits: BTreeMap<String, i32>,
    /// The time for which a command runs, in seconds; 10 if it is not here.
    pub lasts_s: BTreeMap<String, u64>,
    /// Commands whose task never starts.
    pub never_start: BTreeSet<String>,
    /// Commands whose task does not stop when ECS asks it to.
    pub stubborn: BTreeSet<String>,
    /// The place at which each service's tasks are run, by cluster and name; on EC2 if it is not here.
    pub launches: BTreeMap<(String, String), Launch>,
    /// The clusters beside those of services, by name.
    pub clusters: BTreeMap<String, Cluster>,
}

/// A task that was run.
#[derive(Debug, Clone)]
pub struct LiveRun {
    /// The run that was asked for.
    pub asked: NewRun,
    /// Its ARN.
    pub arn: String,
    /// The image of its container.
    pub image: String,
    /// The time at which it was created.
    pub created: Time,
    exit: i32,
    lasts_s: u64,
    starts: bool,
    is_stubborn: bool,
    others: Vec<String>,
    stopped: Option<(Time, String)>,
}

impl LiveRun {
    /// Returns the time at which it ends by itself, or cannot start.
    fn ends(&self) -> Time {
        let lasts_s = if self.starts { self.lasts_s } else { 0 };
        self.created.plus_s(STARTED_S + lasts_s)
    }

    /// Returns the time at which ECS asks it to stop before that, and the reason.
    fn asked_to_stop(&self) -> Option<&(Time, String)> {
        self.stopped.as_ref().filter(|(at, _)| *at < self.ends())
    }

    /// Returns the time at which it has stopped; `None` if it never stops.
    fn over(&self) -> Option<Time> {
        match self.asked_to_stop() {
            Some(_) if self.is_stubborn => None,
            Some((at, _)) => Some(at.plus_s(STOPPING_S)),
            None => Some(self.ends()),
        }
    }

    /// Returns whether it has done its work by then.
    pub fn succeeded(&self, now: Time) -> bool {
        let ended = self.asked_to_stop().is_none() && self.ends() <= now;
        ended && self.starts && self.exit == 0
    }

    /// Returns whether its container has run by then.
    pub fn began(&self, now: Time) -> bool {
        let started = self.created.plus_s(STARTED_S);
        let stopped = self.asked_to_stop().is_some_and(|(at, _)| *at < started);
        self.starts && started <= now && !stopped
    }

    /// Returns whether ECS shows it at that time.
    pub fn is_shown(&self, now: Time) -> bool {
        self.described(now).is_some()
    }

    /// Returns whether it runs at that time, or will.
    pub fn lives(&self, now: Time) -> bool {
        self.over().is_none_or(|over| now < over)
    }

    /// Returns ECS's description of it; `None` where ECS has forgotten it.
    fn described(&self, now: Time) -> Option<Run> {
        let over = self.over().filter(|over| *over <= now);
        if over.is_some_and(|over| over.plus_s(REMEMBERED_S) <= now) {
            return None;
        }
        let age_s = now.ms_since(self.created) / 1000;
        let began = self.began(now);
        let (status, code, reason) = match (over, self.asked_to_stop()) {
            (Some(_), Some((_, why))) => ("STOPPED", "UserInitiated", why.as_str()),
            (Some(_), None) if self.starts => {
                ("STOPPED", "EssentialContainerExited", "Essential container in task exited")
            }
            (Some(_), None) => ("STOPPED", "TaskFailedToStart", "CannotPullContainerError: the image is not there"),
            (None, Some((at, why))) if *at <= now => ("STOPPING", "UserInitiated", why.as_str()),
            _ if age_s < PLACED_S => ("PROVISIONING", "", ""),
            _ if age_s < STARTED_S => ("PENDING", "", ""),
            _ => ("RUNNING", "", ""),
        };
        let exit_code = match (over, self.asked_to_stop()) {
            (Some(_), Some(_)) if began => Some(137),
            (Some(_), None) if self.starts => Some(self.exit),
            _ => None,
        };
        let own = RunContainer { name: self.asked.container.clone(), exit_code, reason: String::new() };
        let others = self.others.iter().map(|name| RunContainer {
            name: name.clone(),
            exit_code: exit_code.map(|_| 137),
            reason: String::new(),
        });
        Some(Run {
            arn: self.arn.clone(),
            started_by: self.asked.started_by.clone(),
            last_status: status.into(),
            created: Some(self.created),
            started: began.then(|| self.created.plus_s(STARTED_S)),
            stopped: over,
            stop_code: code.into(),
            stopped_reason: reason.into(),
            containers: others.chain([own]).collect(),
        })
    }

    /// Returns whether ECS still knows the token that it was run with.
    fn knows_token(&self, now: Time) -> bool {
        let is_fresh = now < self.created.plus_s(TOKEN_S);
        let over = self.over();
        is_fresh && over.is_none_or(|over| now < over.plus_s(REMEMBERED_S))
    }
}

impl State {
    /// Runs a task as anyone may. Returns its ARN.
    fn run(&mut self, asked: &NewRun, document: &Value, now: Time) -> Result<String> {
        let same = |live: &&LiveRun| {
            let one = &live.asked;
            one.cluster == asked.cluster && one.token == asked.token && live.knows_token(now)
        };
        if let Some(known) = self.live.iter().rfind(same) {
            if known.asked == *asked {
                return Ok(known.arn.clone());
            }
            let message = format!("ConflictException: the token was used for {}", known.arn);
            return Err(Fault::new(FaultName::Conflict, message));
        }
        let containers = document["containerDefinitions"].as_array();
        let containers = containers.into_iter().flatten();
        let (own, others): (Vec<&Value>, Vec<&Value>) =
            containers.partition(|one| one["name"] == asked.container.as_str());
        let Some(own) = own.first() else {
            let why = format!("Override for container named {} is not valid", asked.container);
            return Err(refused(&why));
        };
        let needs_network = document["networkMode"] == "awsvpc";
        if needs_network != asked.launch.network.is_some() {
            return Err(refused("Network Configuration does not fit the network mode"));
        }
        let command = asked.command.join(" ");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let number = self.live.len() + 1;
        let arn = format!("arn:aws:ecs:eu-west-1:111111111111:task/{}/run{number:029x}", asked.cluster);
        self.live.push(LiveRun {
            asked: asked.clone(),
            arn: arn.clone(),
            image: text(&own["image"]),
            created: now,
            exit: self.exits.get(&command).copied().unwrap_or(0),
            lasts_s: self.lasts_s.get(&command).copied().unwrap_or(LASTS_S),
            starts: !self.never_start.contains(&command),
            is_stubborn: self.stubborn.contains(&command),
            others: others.iter().map(|one| text(&one["name"])).collect(),
            stopped: None,
        });
        Ok(arn)
    }

    /// Stops a task as anyone may.
    ///
    /// # Errors
    /// If it is not known.
    pub fn stop(&mut self, arn: &str, why: &str, now: Time) -> Result<()> {
        let mut known = self.live.iter_mut();
        let known = known.find(|live| live.arn == arn && live.described(now).is_some());
        let Some(live) = known else {
            return Err(refused("The referenced task was not found."));
        };
        if live.lives(now) {
            live.stopped.get_or_insert((now, why.to_owned()));
        }
        Ok(())
    }
}

fn refused(why: &str) -> Fault {
    Fault::new(FaultName::Refused, format!("ClientException: {why}"))
}

/// `family` of `arn:aws:ecs:…:task-definition/family:7`.
fn family_of(arn: &str) -> Option<&str> {
    let (_, name) = arn.rsplit_once('/')?;
    Some(name.rsplit_once(':')?.0)
}

impl EcsTasksApi for World {
    async fn launch(&self, cluster: &str, service: &str) -> Result<Launch> {
        let call = self.call("ecs_tasks.launch").await?;
        let key = (cluster.to_owned(), service.to_owned());
        if !self.ecs().services.contains_key(&key) {
            let message = format!("{service} does not exist");
            return Err(Fault::new(FaultName::NotFound, message));
        }
        let known = self.ecs_tasks().launches.get(&key).cloned();
        let launch = known.unwrap_or_else(|| Launch { launch_type: Some("EC2".into()), ..Launch::default() });
        call.answer(launch).await
    }

    async fn cluster(&self, name: &str) -> Result<Cluster> {
        let call = self.call("ecs_tasks.cluster").await?;
        let found = self.ecs_tasks().clusters.get(name).cloned();
        let found = found.ok_or_else(|| {
            let message = format!("DescribeClusters {name}: there is none");
            Fault::new(FaultName::NotFound, message)
        })?;
        call.answer(found).await
    }

    async fn run_task(&self, run: &NewRun) -> Result<String> {
        let call = self.call("ecs_tasks.run_task").await?;
        let document = {
            let services = self.ecs();
            let found = services.task_definitions.get(&run.task_definition);
            found
                .map(|found| found.document.clone())
                .filter(|document| document["status"] == "ACTIVE")
                .ok_or_else(|| refused("TaskDefinition not found."))?
        };
        if self.ecs().no_room {
            return Err(refused("RESOURCE:MEMORY"));
        }
        let now = self.true_time();
        let arn = self.ecs_tasks().run(run, &document, now)?;
        call.answer(arn).await
    }

    async fn stop_task(&self, _cluster: &str, task: &str, reason: &str) -> Result<()> {
        let call = self.call("ecs_tasks.stop_task").await?;
        let now = self.true_time();
        self.ecs_tasks().stop(task, reason, now)?;
        call.answer(()).await
    }

    async fn runs(&self, cluster: &str, family: &str, _: &[String]) -> Result<Vec<Run>> {
        let call = self.call("ecs_tasks.runs").await?;
        let found: Vec<Run> = {
            let seen = call.seen();
            let now = seen.true_time();
            let state = seen.ecs_tasks();
            let of_family = state.live.iter().filter(|live| {
                let asked = &live.asked;
                asked.cluster == cluster && family_of(&asked.task_definition) == Some(family)
            });
            of_family.filter_map(|live| live.described(now)).collect()
        };
        call.answer(found).await
    }
}
