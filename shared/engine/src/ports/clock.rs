use windlass_domain::time::Time;

/// The clock. The only source of time in the engine.
pub trait Clock {
    /// Returns the time now.
    fn now(&self) -> Time;

    /// Waits at most 20 s; the state machine does any longer waiting.
    async fn sleep_ms(&self, ms: u64);

    /// Waits before a new try of something that others were in the way of: at most this long, and for a random time if
    /// there are others, so that those who met do not meet again.
    async fn back_off_ms(&self, at_most: u64) {
        self.sleep_ms(at_most).await;
    }
}
