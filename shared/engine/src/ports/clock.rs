use windlass_domain::time::Time;

/// The clock. The only source of time in the engine.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Time;

    /// Waits; at most 20 s, longer waiting is the state machine's.
    async fn sleep_ms(&self, ms: u64);

    /// Waits before something is tried again that others were in the way of: at most so long, and of a random length
    /// where there are others, so that those who met do not meet again.
    async fn back_off_ms(&self, at_most: u64) {
        self.sleep_ms(at_most).await;
    }
}
