//! Starting a Lambda function: the runtime, logs, metrics, and faults as Step Functions error
//! names. Everything that all functions do the same way, so that a `main.rs` is a few lines.

mod failure;
mod logs;
mod metrics;
mod named;
mod serve;

pub use failure::Failure;
pub use metrics::Counted;
pub use serve::serve;
