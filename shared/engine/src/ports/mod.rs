//! Ports: what the engine needs of AWS, in the shape that AWS has. One service, one file; the adapter in `shared/aws`
//! and the in-memory service in `tests/world` carry the same file name.
//!
//! A port imitates the service and not our own verbs, conditions included: otherwise a forgotten condition could never
//! be caught by the in-memory world. Every method may answer with the transient faults `Throttled` and `Unavailable`,
//! and with `AccessDenied`.

mod appconfig;
mod clock;
mod cloudfront;
mod cloudwatch;
mod codedeploy;
mod dynamodb;
mod ecr;
mod ecs;
mod ecs_tasks;
mod eventbridge;
mod iam;
mod json_services;
mod lambda;
mod lambda_invoke;
mod probe;
mod s3;
mod sns;
mod stepfunctions;
mod sts;

pub use appconfig::*;
pub use clock::*;
pub use cloudfront::*;
pub use cloudwatch::*;
pub use codedeploy::*;
pub use dynamodb::*;
pub use ecr::*;
pub use ecs::*;
pub use ecs_tasks::*;
pub use eventbridge::*;
pub use iam::*;
pub use json_services::*;
pub use lambda::*;
pub use lambda_invoke::*;
pub use probe::*;
pub use s3::*;
pub use sns::*;
pub use stepfunctions::*;
pub use sts::*;

use windlass_domain::fault::Fault;

/// The answer of a port.
pub type Result<T, E = Fault> = std::result::Result<T, E>;
