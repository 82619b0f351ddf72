//! A task of a service in memory: placed, pulled, running, stopped.

use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{ServiceTask, TaskContainer};

/// The age at which a task is placed, in seconds.
const PLACED_S: u64 = 1;
/// The age at which its image is pulled, or cannot be, in seconds.
const PULLED_S: u64 = 2;
/// The time for which a bad container runs, in seconds.
const CRASHES_S: u64 = 1;

/// The digest of an image that no registry of this world has.
pub(crate) fn digest_of(image: &str) -> String {
    match image.split_once('@') {
        Some((_, digest)) => digest.to_owned(),
        None => format!("sha256:{}", Digest::of(image.as_bytes())),
    }
}

/// A task that lives.
#[derive(Debug, Clone)]
pub struct LiveTask {
    /// The task as ECS describes it.
    pub task: ServiceTask,
    pub(crate) deployment: String,
    pub(crate) created: Time,
    pub(crate) started: Option<Time>,
    /// The container that exits.
    pub(crate) crashes: Option<usize>,
    /// The container whose image cannot be pulled, and why.
    pub(crate) pull_error: Option<(usize, String)>,
    pub(crate) no_room: bool,
}

impl LiveTask {
    /// Makes a task that runs.
    pub fn running(
        number: u64,
        deployment: &str,
        task_definition: &str,
        containers: &[(String, String)],
        digest: &str,
        now: Time,
    ) -> Self {
        let mut task = Self::created(number, deployment, task_definition, containers, now);
        task.task.last_status = "RUNNING".into();
        for (shown, (_, image)) in task.task.containers.iter_mut().zip(containers) {
            shown.image_digest = Some(digest_of(image));
        }
        task.task.containers[0].image_digest = Some(digest.to_owned());
        task.started = Some(now);
        task
    }

    pub(crate) fn created(
        number: u64,
        deployment: &str,
        task_definition: &str,
        containers: &[(String, String)],
        now: Time,
    ) -> Self {
        let container = |(name, _): &(String, String)| TaskContainer {
            name: name.clone(),
            image_digest: None,
            exit_code: None,
            reason: String::new(),
        };
        Self {
            task: ServiceTask {
                arn: format!("arn:aws:ecs:eu-west-1:111111111111:task/shop/{number:032x}"),
                task_definition: task_definition.to_owned(),
                last_status: "PROVISIONING".into(),
                health: "UNKNOWN".into(),
                stop_code: String::new(),
                stopped_reason: String::new(),
                stopped_at: None,
                containers: containers.iter().map(container).collect(),
            },
            deployment: deployment.to_owned(),
            created: now,
            started: None,
            crashes: None,
            pull_error: None,
            no_room: false,
        }
    }

    pub(crate) fn lives(&self) -> bool {
        self.task.last_status != "STOPPED"
    }

    pub(crate) fn stop(&mut self, code: &str, reason: &str, now: Time) {
        self.task.last_status = "STOPPED".into();
        code.clone_into(&mut self.task.stop_code);
        reason.clone_into(&mut self.task.stopped_reason);
        self.task.stopped_at = Some(now);
    }

    /// Goes one step. Returns whether the task failed in it.
    pub(crate) fn step(&mut self, now: Time) -> bool {
        let age_s = now.ms_since(self.created) / 1000;
        if let Some(started) = self.started {
            let is_due = now.ms_since(started) >= CRASHES_S * 1000;
            if let Some(container) = self.crashes.filter(|_| is_due && self.lives()) {
                self.task.containers[container].exit_code = Some(1);
                let reason = "Essential container in task exited";
                self.stop("EssentialContainerExited", reason, now);
                return true;
            }
            return false;
        }
        if !self.lives() || self.no_room {
            return false;
        }
        if age_s >= PULLED_S {
            if let Some((container, error)) = self.pull_error.clone() {
                self.task.containers[container].reason.clone_from(&error);
                self.stop("TaskFailedToStart", &error, now);
                return true;
            }
            self.task.last_status = "RUNNING".into();
            self.started = Some(now);
        } else if age_s >= PLACED_S {
            self.task.last_status = "PENDING".into();
        }
        false
    }
}
