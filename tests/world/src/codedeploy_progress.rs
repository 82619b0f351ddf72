//! Lets time happen to the deployments of CodeDeploy.

use crate::World;
use crate::codedeploy::ServiceDeployed;
use windlass_domain::text::time::Time;

impl World {
    /// Lets the time that has passed since the last look happen to every deployment.
    pub fn deploy_on(&self) {
        let now = self.true_time();
        self.deploy_functions(now);
        self.deploy_services(now);
    }

    fn deploy_functions(&self, now: Time) {
        if self.codedeploy().deployments.is_empty() {
            return;
        }
        let alarms = self.cloudwatch().history.clone();
        let mut state = self.codedeploy();
        let mut functions = self.lambda();
        for at in 0..state.deployments.len() {
            let id = state.next_id();
            let live = &mut state.deployments[at];
            live.go_on(&mut functions.functions, &alarms, now);
            if let Some(mut back) = live.rollback(&id, now) {
                back.go_on(&mut functions.functions, &alarms, now);
                state.deployments.push(back);
            }
        }
    }

    /// Moves services and their deployments on together, second by second.
    fn deploy_services(&self, now: Time) {
        let mut state = self.codedeploy();
        let goes_on = |live: &&ServiceDeployed| live.is_active() || live.will_return();
        let since = state.of_services.iter().filter(goes_on).map(ServiceDeployed::at);
        let Some(mut at) = since.min() else {
            return;
        };
        let (registry, alarms) = (self.ecr().clone(), self.cloudwatch().history.clone());
        let mut services = self.ecs();
        while at.plus_s(1) <= now {
            at = at.plus_s(1);
            services.roll(&registry, at);
            for nth in 0..state.of_services.len() {
                let (id, set) = (state.next_id(), format!("ecs-svc/{}", services.deployments + 1));
                let one = &mut state.of_services[nth];
                let goes_on = one.is_active() || one.will_return();
                if !goes_on || one.at() >= at {
                    continue;
                }
                let Some(live) = services.services.get_mut(&one.service) else {
                    continue;
                };
                let sets = live.service.task_sets.len();
                one.step(live, &alarms, &set, at);
                let back = one.rollback(&id, at);
                let has_new_tasks = live.service.task_sets.len() > sets;
                services.deployments += u64::from(has_new_tasks);
                state.of_services.extend(back);
            }
        }
    }
}
