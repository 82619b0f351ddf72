use windlass_domain::time::Time;

/// The clock. The only source of time in the engine.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Time;

    /// Waits; at most 20 s, longer waiting is the state machine's.
    async fn sleep_ms(&self, ms: u64);
}
