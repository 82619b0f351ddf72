//! Time that moves only when something waits.

use crate::World;
use std::future::poll_fn;
use std::task::{Poll, Waker};
use windlass_domain::text::time::Time;
use windlass_engine::ports::Clock;

/// The time.
#[derive(Debug, Clone)]
pub struct State {
    /// The time now; tests may move it.
    pub now: Time,
    /// The milliseconds by which the clock of the present runner is ahead; behind if it is negative.
    pub ahead_ms: i64,
    /// The first time that the present runner waits for, where there is a gate.
    pub wake: Option<Time>,
    waiting: Vec<Waker>,
}

impl Default for State {
    fn default() -> Self {
        // 2026-11-20T14:00:00Z
        Self { now: Time(1_795_183_200_000), ahead_ms: 0, wake: None, waiting: Vec::new() }
    }
}

impl State {
    /// Wakes all who wait: they look at the clock again, also within the future that runs them.
    pub fn ring(&mut self) {
        self.wake = None;
        for waker in self.waiting.drain(..) {
            waker.wake();
        }
    }
}

impl World {
    /// Returns the time as AWS's own services have it.
    pub fn true_time(&self) -> Time {
        self.clock().now
    }

    /// Waits while somebody else moves the clock. The mover finds the awaited time in `wake`.
    pub async fn wait_until(&self, at: Time) {
        poll_fn(|context| {
            let mut clock = self.clock();
            if clock.now >= at {
                return Poll::Ready(());
            }
            clock.wake = Some(clock.wake.map_or(at, |wake| wake.min(at)));
            clock.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Clock for World {
    fn now(&self) -> Time {
        let clock = self.clock();
        Time(clock.now.0.saturating_add_signed(clock.ahead_ms))
    }

    async fn sleep_ms(&self, ms: u64) {
        let until = self.true_time().plus_ms(ms);
        if self.mishaps().gate.is_some() {
            return self.wait_until(until).await;
        }
        self.clock().now = until;
    }
}
