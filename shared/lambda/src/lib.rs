//! The start of a Lambda function: the runtime, logs, metrics, and faults as Step Functions error names. All functions
//! do this in the same way, so that a `main.rs` is a few lines.

mod counted;
mod failure;
mod logs;
mod metrics;
mod named;
mod serve;

pub use counted::Counted;
pub use failure::Failure;
pub use serve::serve;
