//! The start of a Lambda function: the runtime, logs, metrics, and faults as Step Functions error names. All functions
//! do this in the same way, so that a `main.rs` is a few lines.

mod logs;
mod metrics;
mod serve;

pub use metrics::EndingMetrics;
pub use serve::serve;
