//! The passing of time in ECS: each service goes one step a second, made when somebody looks.

use crate::ecr;
use crate::ecs::State;
use crate::rollout::{EarlyDeath, LiveService, LiveTask};
use windlass_domain::text::time::Time;

/// The time after an early success at which a task dies, in seconds.
const DIES_S: u64 = 10;
/// The time after that death at which there is capacity for all wanted tasks, in seconds. Reads that are behind show
/// the death by then.
const ROOM_S: u64 = 30;

impl State {
    /// Lets time pass for every service.
    pub(crate) fn roll(&mut self, registry: &ecr::State, now: Time) {
        let keys: Vec<(String, String)> = self.services.keys().cloned().collect();
        for key in keys {
            let Some(mut live) = self.services.remove(&key) else {
                continue;
            };
            while live.at.plus_s(1) <= now {
                let is_held = !live.held.is_empty() && !live.goes_back();
                if live.is_quiet() || is_held {
                    live.at = now;
                    break;
                }
                live.at = live.at.plus_s(1);
                self.step(&mut live, registry);
            }
            self.services.insert(key, live);
        }
    }

    fn step(&mut self, live: &mut LiveService, registry: &ecr::State) {
        let now = live.at;
        live.die_early(now);
        live.count_failures(now);
        if live.is_of_task_sets() {
            self.run_task_sets(live, registry, now);
            return;
        }
        if let Some(why) = live.trips() {
            self.deployments += 1;
            live.trip(&why, &format!("ecs-svc/{}", self.deployments), now);
        }
        self.start_tasks(live, registry);
        live.complete(now);
        live.recount(now);
    }

    fn start_tasks(&mut self, live: &mut LiveService, registry: &ecr::State) {
        let now = live.at;
        let Some(primary) = live.primary().filter(|p| p.rollout != "FAILED") else {
            return;
        };
        if !live.may_scale_up() {
            return;
        }
        let (id, task_definition) = (primary.id.clone(), primary.task_definition.clone());
        let own = |t: &&LiveTask| t.lives() && t.deployment == id;
        let missing = (live.service.desired as usize).saturating_sub(live.tasks.iter().filter(own).count());
        for _ in 0..missing {
            let task = self.start(&id, &task_definition, registry, now);
            live.tasks.push(task);
        }
        live.share_room(&id);
        if missing > 0 && self.no_room {
            let why = "was unable to place a task because no container instance met all of its requirements";
            live.say(now, format!("(service agent) {why}."));
        }
    }
}

impl LiveService {
    /// Lets a task die some seconds after an early success where that is to come, and makes room for all of them later.
    fn die_early(&mut self, now: Time) {
        match self.early_death {
            EarlyDeath::No => {}
            EarlyDeath::Comes => {
                let newest =
                    self.rollouts.first().filter(|it| it.status == "SUCCESSFUL" && self.called.contains(&it.arn));
                if newest.and_then(|it| it.finished).is_some_and(|at| now >= at.plus_s(DIES_S)) {
                    self.early_death = EarlyDeath::Came(now);
                    self.kill_one(now);
                }
            }
            EarlyDeath::Came(at) => {
                if let Some(early) = self.early.as_mut().filter(|_| now >= at.plus_s(ROOM_S)) {
                    early.room = self.service.desired as usize;
                }
            }
        }
    }
}
