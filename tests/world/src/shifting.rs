//! A service whose traffic ECS shifts: blue/green, canary and linear service deployments go through their lifecycle
//! stages, one a second or for as long as they bake, and back where they are stopped (Amazon ECS Developer Guide,
//! "Amazon ECS blue/green service deployments workflow").

use crate::rollout::{LiveService, LiveTask};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{ServiceRollout, ShiftedTargetGroups};

/// The stages in their order.
const STAGES: [&str; 11] = [
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
];

/// The index of the stage in which new tasks start.
const SCALE_UP: usize = 2;

/// All traffic, in tenths of a percent.
const ALL: u32 = 1000;

impl LiveService {
    /// Returns whether its strategy shifts traffic.
    pub(crate) fn shifts(&self) -> bool {
        self.service.strategy != "ROLLING"
    }

    fn has_status(&self, words: &[&str]) -> bool {
        let newest = self.rollouts.first();
        newest.is_some_and(|newest| words.contains(&newest.status.as_str()))
    }

    /// Returns whether its newest deployment is not over.
    pub(crate) fn is_shifting(&self) -> bool {
        self.shifts() && (self.goes_back() || self.has_status(&["PENDING", "IN_PROGRESS"]))
    }

    /// Returns whether it goes back from its newest deployment.
    pub(crate) fn goes_back(&self) -> bool {
        self.shifts() && self.has_status(&["ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"])
    }

    /// Returns whether tasks of the PRIMARY deployment may start.
    pub(crate) fn may_scale_up(&self) -> bool {
        !(self.shifts() && self.has_status(&["PENDING", "IN_PROGRESS"]))
            || self.rank().is_some_and(|rank| rank >= SCALE_UP)
    }

    fn rank(&self) -> Option<usize> {
        let stage = &self.rollouts.first()?.stage;
        STAGES.iter().position(|word| word == stage)
    }

    /// Notes that UpdateService has begun a deployment, which ends the one before.
    pub(crate) fn note_rollout(&mut self, id: &str, task_definition: &str, now: Time) {
        let is_over = |status: &str| ["SUCCESSFUL", "STOPPED"].contains(&status);
        if let Some(former) = self.rollouts.first_mut()
            && !is_over(&former.status)
            && !former.status.ends_with("_SUCCESSFUL")
            && !former.status.ends_with("_FAILED")
        {
            "STOPPED".clone_into(&mut former.status);
            "Superseded by a newer service deployment.".clone_into(&mut former.reason);
        }
        let (status, stage) = if self.shifts() { ("PENDING", "") } else { ("IN_PROGRESS", "POST_SCALE_UP") };
        self.stage_since = now;
        self.is_next_step = false;
        self.rang = self.alarm;
        let rollout = ServiceRollout {
            arn: format!("arn:aws:ecs:eu-west-1:111111111111:service-deployment/{id}"),
            created: now,
            finished: None,
            status: status.to_owned(),
            reason: String::new(),
            stage: stage.to_owned(),
            task_definition: task_definition.to_owned(),
            traffic_tenths: self.shifts().then_some(0),
            hooks: vec![],
            target_groups: self.shifts().then(|| self.target_groups()),
        };
        self.rollouts.insert(0, rollout);
    }

    /// Returns the load balancer and the target groups of its revisions. Each revision has a target group of its own,
    /// so that a test can distinguish the calls of each; on AWS two groups take turns.
    fn target_groups(&self) -> ShiftedTargetGroups {
        let group = |number: usize| format!("targetgroup/agent-{number}/1");
        let begun = self.rollouts.len();
        let mut newest_first = self.rollouts.iter();
        let live = newest_first.position(|one| one.status == "SUCCESSFUL");
        ShiftedTargetGroups {
            balancer: "app/shop/1".to_owned(),
            new: group(begun + 1),
            former: group(live.map_or(0, |newer| begun - newer)),
        }
    }

    /// Returns the outcome of each UpdateService since then, newest first.
    pub(crate) fn rollouts_since(&self, since: Time) -> Vec<ServiceRollout> {
        let listed = self.rollouts.iter().filter(|one| one.created >= since);
        let mut listed: Vec<ServiceRollout> = listed.cloned().collect();
        if let Some(newest) = listed.first_mut() {
            newest.hooks.extend(self.held.clone());
        }
        listed
    }

    /// Sets the newest deployment's status to `to` where it is `from`.
    pub(crate) fn turn(&mut self, from: &str, to: &str) {
        let newest = self.rollouts.first_mut().filter(|one| one.status == from);
        if let Some(newest) = newest {
            to.clone_into(&mut newest.status);
            let is_over = to == "STOPPED" || to.ends_with("SUCCESSFUL") || to.ends_with("_FAILED");
            newest.finished = is_over.then_some(self.at);
            if to.starts_with("ROLLBACK_") && newest.reason.is_empty() {
                "Service deployment rolled back because the circuit breaker threshold was exceeded."
                    .clone_into(&mut newest.reason);
            }
        }
    }

    /// Stops the newest deployment as StopServiceDeployment does with `ROLLBACK`. Returns whether that can be done.
    pub(crate) fn stop_rollout(&mut self, now: Time) -> bool {
        if self.has_status(&["PENDING", "IN_PROGRESS"]) && self.shifts() {
            self.end_shifting(true, "Service deployment rolled back by request.", now);
            // A call has taken effect when it is answered: the service is set back at once, and its tasks follow.
            self.go_back(now);
            return true;
        }
        self.goes_back()
    }

    /// Lets ECS give the deployment up, and go back or not.
    pub(crate) fn end_shifting(&mut self, goes_back: bool, why: &str, now: Time) {
        self.stage_since = now;
        self.leave_pauses();
        if let Some(newest) = self.rollouts.first_mut() {
            let status = if goes_back { "ROLLBACK_REQUESTED" } else { "STOPPED" };
            status.clone_into(&mut newest.status);
            why.clone_into(&mut newest.reason);
        }
    }

    fn enter(&mut self, stage: usize, now: Time) {
        self.stage_since = now;
        if let Some(newest) = self.rollouts.first_mut() {
            STAGES[stage].clone_into(&mut newest.stage);
            "IN_PROGRESS".clone_into(&mut newest.status);
        }
        self.pause(STAGES[stage], now);
    }

    /// Makes one step of the newest deployment.
    pub(crate) fn shift(&mut self, now: Time) {
        if self.has_status(&["PENDING"]) {
            let others = self.service.deployments.iter().filter(|d| d.running > 0);
            self.enter(usize::from(others.count() <= 1), now);
        } else if self.has_status(&["ROLLBACK_REQUESTED"]) {
            self.turn("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS");
        } else if self.has_status(&["ROLLBACK_IN_PROGRESS"]) {
            self.go_back(now);
        } else if self.has_status(&["IN_PROGRESS"]) && !self.is_paused(now) {
            self.go_on(now);
        }
    }

    fn go_on(&mut self, now: Time) {
        let (Some(rank), Some(primary)) = (self.rank(), self.primary()) else {
            return;
        };
        let id = primary.id.clone();
        let waited_min = now.ms_since(self.stage_since) / 60_000;
        let shifting = self.service.shifting;
        let is_ready = match STAGES[rank] {
            "SCALE_UP" => self.is_up(&id, now),
            "PRODUCTION_TRAFFIC_SHIFT" => return self.shift_more(rank, waited_min, now),
            "BAKE_TIME" => waited_min >= u64::from(shifting.bake_min),
            "CLEAN_UP" => {
                self.stop_others(&id, "", now);
                return self.succeed(&id, now);
            }
            _ => true,
        };
        if is_ready {
            self.enter(rank + 1, now);
        }
    }

    /// Makes the next step of production traffic, each with its time. The stage is over once all traffic is shifted.
    fn shift_more(&mut self, rank: usize, waited_min: u64, now: Time) {
        let shifting = self.service.shifting;
        let is_canary = self.service.strategy == "CANARY";
        let Some(newest) = self.rollouts.first() else {
            return;
        };
        let has = newest.traffic_tenths.unwrap_or_default();
        if has >= ALL {
            return self.enter(rank + 1, now);
        }
        if has > 0 && !self.is_next_step {
            // After each step but the last, ECS is once more at the stage before it.
            if waited_min >= u64::from(shifting.step_min) {
                self.is_next_step = true;
                self.enter(rank - 1, now);
            }
            return;
        }
        self.is_next_step = false;
        let Some(newest) = self.rollouts.first_mut() else {
            return;
        };
        let next = match (has, shifting.step_tenths) {
            (0, step @ 1..) => step,
            (_, step @ 1..) if !is_canary => has + step,
            _ => ALL,
        };
        newest.traffic_tenths = Some(next.min(ALL));
        self.stage_since = now;
    }

    fn succeed(&mut self, id: &str, now: Time) {
        self.turn("IN_PROGRESS", "SUCCESSFUL");
        if let Some(newest) = self.rollouts.first() {
            self.succeeded.insert(newest.arn.clone(), now);
        }
        self.completed = self.service.task_definition.clone();
        for deployment in &mut self.service.deployments {
            if deployment.id == id {
                deployment.rollout = "COMPLETED".into();
                deployment.reason = format!("ECS deployment {id} completed.");
            }
        }
    }

    /// Goes back to the last revision that was complete: its deployment is PRIMARY again, and its tasks still run.
    pub(crate) fn go_back(&mut self, now: Time) {
        if let Some(newest) = self.rollouts.first_mut() {
            newest.traffic_tenths = Some(0);
        }
        let to = self.completed.clone();
        let primary = self.primary().map(|p| p.id.clone()).unwrap_or_default();
        if self.service.task_definition != to {
            for deployment in &mut self.service.deployments {
                let is_back = deployment.task_definition == to;
                let status = if is_back { "PRIMARY" } else { "ACTIVE" };
                status.clone_into(&mut deployment.status);
                if !is_back {
                    "FAILED".clone_into(&mut deployment.rollout);
                    deployment.desired = 0;
                }
            }
            self.service.task_definition.clone_from(&to);
            let back = self.primary().map(|p| p.id.clone()).unwrap_or_default();
            self.stop_others(&back, "", now);
            return;
        }
        let lives = |t: &LiveTask| t.lives() && t.deployment != primary;
        let is_alone = !self.tasks.iter().any(lives);
        if !self.is_up(&primary, now) {
            return;
        }
        if is_alone {
            self.turn("ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL");
            for deployment in self.service.deployments.iter_mut().filter(|it| it.id == primary) {
                "COMPLETED".clone_into(&mut deployment.rollout);
            }
        } else {
            // It was to go to what it now goes back to, and another one's tasks are left.
            self.stop_others(&primary, "", now);
        }
    }
}
