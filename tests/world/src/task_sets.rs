//! The task sets of a service that CodeDeploy deploys: tasks beside each other, of which one set has the production
//! traffic (Amazon ECS API Reference, `TaskSet`).

use crate::ecr;
use crate::ecs::State;
use crate::rollout::LiveService;
use windlass_domain::declaration::appspec::TaskSetShape;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{OnFailure, TaskSet};

impl LiveService {
    /// Gives a service to CodeDeploy, as it is: its tasks are a task set, and ECS lists no deployment.
    pub fn give_to_codedeploy(&mut self, shape: TaskSetShape) {
        self.service.controller = "CODE_DEPLOY".into();
        self.service.breaker = OnFailure::GoesOn;
        let Some(primary) = self.service.deployments.drain(..).next() else {
            return;
        };
        self.service.task_sets = vec![TaskSet {
            id: primary.id,
            status: "PRIMARY".into(),
            task_definition: primary.task_definition,
            stability: "STEADY_STATE".into(),
            desired: primary.desired,
            running: primary.running,
            pending: 0,
            shape,
        }];
    }

    pub(crate) fn is_of_task_sets(&self) -> bool {
        self.service.controller == "CODE_DEPLOY"
    }

    pub(crate) fn are_task_sets_steady(&self) -> bool {
        let mut all = self.service.task_sets.iter();
        all.all(|one| one.running == one.desired && one.stability == "STEADY_STATE")
    }

    /// Returns the task set with the production traffic.
    pub fn primary_tasks(&self) -> Option<&TaskSet> {
        let mut all = self.service.task_sets.iter();
        all.find(|one| one.status == "PRIMARY")
    }

    /// Puts another task set beside the others.
    pub(crate) fn put_task_set(&mut self, id: &str, task_definition: &str) {
        let shape = self.primary_tasks().map(|one| one.shape.clone());
        self.service.task_sets.push(TaskSet {
            id: id.to_owned(),
            status: "ACTIVE".into(),
            task_definition: task_definition.to_owned(),
            stability: "STABILIZING".into(),
            desired: self.service.desired,
            running: 0,
            pending: 0,
            shape: shape.unwrap_or_default(),
        });
    }

    /// Gives a task set the production traffic. Returns whether the set is there.
    pub(crate) fn promote(&mut self, id: &str) -> bool {
        let found = self.service.task_sets.iter().find(|one| one.id == id);
        let Some(found) = found.filter(|one| one.status != "DRAINING") else {
            return false;
        };
        self.service.task_definition = found.task_definition.clone();
        for one in &mut self.service.task_sets {
            let status = if one.id == id { "PRIMARY" } else { "ACTIVE" };
            status.clone_into(&mut one.status);
        }
        true
    }

    /// Ends the tasks of a task set.
    pub(crate) fn end_task_set(&mut self, id: &str, now: Time) {
        self.service.task_sets.retain(|one| one.id != id);
        let own = |task: &&mut crate::rollout::LiveTask| task.deployment == id && task.lives();
        for task in self.tasks.iter_mut().filter(own) {
            let reason = format!("Scaling activity initiated by (taskSet {id})");
            task.stop("ServiceSchedulerInitiated", &reason, now);
        }
    }

    fn count_task_sets(&mut self, now: Time) {
        let up: Vec<String> = self.service.task_sets.iter().map(|one| one.id.clone()).collect();
        let up: Vec<bool> = up.iter().map(|id| self.is_up(id, now)).collect();
        for (one, is_up) in self.service.task_sets.iter_mut().zip(up) {
            let own = self.tasks.iter().filter(|task| task.deployment == one.id);
            (one.running, one.pending) = (0, 0);
            for task in own {
                match task.task.last_status.as_str() {
                    "RUNNING" => one.running += 1,
                    "STOPPED" => {}
                    _ => one.pending += 1,
                }
            }
            let stability = if is_up { "STEADY_STATE" } else { "STABILIZING" };
            stability.clone_into(&mut one.stability);
        }
        self.service.running = self.service.task_sets.iter().map(|one| one.running).sum();
    }
}

impl State {
    /// Goes one step with all task sets of a service.
    pub(crate) fn run_task_sets(&mut self, live: &mut LiveService, registry: &ecr::State, now: Time) {
        for one in live.service.task_sets.clone() {
            let own = live.tasks.iter();
            let own = own.filter(|task| task.lives() && task.deployment == one.id);
            for _ in own.count()..one.desired as usize {
                let task = self.start(&one.id, &one.task_definition, registry, now);
                live.tasks.push(task);
            }
        }
        live.count_task_sets(now);
    }
}
