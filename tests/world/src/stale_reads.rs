//! Reads of the past. AWS promises no consistent reads for some services; they answer with what they were a while ago.

use crate::World;
use crate::mishaps::Call;
use windlass_domain::text::time::Time;

/// The time for which former states of the services are kept, in milliseconds: no read is further behind.
const REMEMBERED_MS: u64 = 20_000;

/// The least time between two states that are kept, in milliseconds: a read may be behind by so much less.
const EVERY_MS: u64 = 200;

impl World {
    /// Keeps the present state of the services whose reads need not be consistent, unless one was kept a moment ago.
    pub(crate) fn remember(&self) {
        let now = self.true_time();
        let last = self.mishaps().past.back().map(Self::true_time);
        if last.is_some_and(|last| now.ms_since(last) < EVERY_MS) {
            return;
        }
        self.remember_now();
        let oldest = Time(now.0.saturating_sub(REMEMBERED_MS));
        let past = &mut self.mishaps().past;
        while past.get(1).is_some_and(|next| next.true_time() <= oldest) {
            past.pop_front();
        }
    }

    /// Keeps the present state in any case, before something changes by itself.
    pub fn remember_now(&self) {
        let sketch = self.sketch(self.true_time());
        self.mishaps().past.push_back(sketch);
    }

    /// Returns another world with these services alone, at a time.
    fn sketch(&self, now: Time) -> Self {
        let sketch = Self { place: self.place.clone(), ..Self::default() };
        sketch.clock().now = now;
        sketch.cloudwatch().clone_from(&self.cloudwatch());
        sketch.appconfig().clone_from(&self.appconfig());
        sketch.codedeploy().clone_from(&self.codedeploy());
        sketch.cloudfront().clone_from(&self.cloudfront());
        sketch.cloudformation().clone_from(&self.cloudformation());
        sketch.stepfunctions().clone_from(&self.stepfunctions());
        sketch.lambda().clone_from(&self.lambda());
        sketch.ecr().clone_from(&self.ecr());
        sketch.external().clone_from(&self.external());
        sketch.ecs_tasks().clone_from(&self.ecs_tasks());
        sketch.ecs().clone_from(&self.ecs());
        sketch
    }

    /// Returns the world as it was at a time, or a little later where no state of that time was kept. So a read is
    /// never further behind than was asked for.
    fn then(&self, at: Time) -> Self {
        let past = &self.mishaps().past;
        let known = past.iter().find(|sketch| sketch.true_time() >= at);
        match known {
            Some(sketch) => sketch.sketch(at),
            None => self.sketch(at),
        }
    }
}

impl Call<'_> {
    /// Returns the world as this call sees it, where AWS promises no consistent answer.
    pub(crate) fn seen(&self) -> World {
        if self.late_ms() == 0 {
            return self.world().clone();
        }
        let then = self.world().then(self.as_of());
        // Nobody has looked yet at what CodeDeploy had done by then.
        then.deploy_on();
        then
    }
}
