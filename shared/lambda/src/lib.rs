//! The start of a Lambda function: the runtime, logs, metrics, and faults as Step Functions error names. All functions
//! do this in the same way, so that a `main.rs` is a few lines.

mod ending_metrics;
mod failure;
mod invocation_deployments;
mod logs;
mod metrics;
mod serve;

pub use ending_metrics::EndingMetrics;
pub use failure::Failure;
pub use serve::serve;
