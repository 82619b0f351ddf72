//! CloudWatch in memory.

/// The state of the service.
#[derive(Debug, Clone, Default)]
pub struct State {}
