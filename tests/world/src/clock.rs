//! Time that moves only when something waits.

use crate::World;
use windlass_domain::time::Time;
use windlass_engine::ports::Clock;

/// The time.
#[derive(Debug, Clone)]
pub struct State {
    /// The time now; tests may move it.
    pub now: Time,
}

impl Default for State {
    fn default() -> Self {
        // 2026-11-20T14:00:00Z
        Self {
            now: Time(1_795_183_200_000),
        }
    }
}

impl Clock for World {
    fn now(&self) -> Time {
        self.clock().now
    }

    async fn sleep_ms(&self, ms: u64) {
        let mut clock = self.clock();
        clock.now = clock.now.plus_ms(ms);
    }
}
