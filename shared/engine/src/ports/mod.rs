//! Ports: what the engine needs of AWS, in the shape that AWS has. One service, one trait. A large service has a file
//! of its own, and small ones that are used for the same share one.
//!
//! A port imitates the service and not our own verbs, conditions included: otherwise a forgotten condition could never
//! be caught by the in-memory world. Every method may answer with the transient faults `Throttled` and `Unavailable`,
//! and with `AccessDenied`.

mod appconfig;
mod cloudformation;
mod cloudfront;
mod cloudwatch;
mod codedeploy;
mod dynamodb;
mod ecr;
mod ecs;
mod ecs_tasks;
mod external;
mod json_services;
mod lambda;
mod probe;
mod s3;
mod ways_out;

pub use appconfig::*;
pub use cloudformation::*;
pub use cloudfront::*;
pub use cloudwatch::*;
pub use codedeploy::*;
pub use dynamodb::*;
pub use ecr::*;
pub use ecs::*;
pub use ecs_tasks::*;
pub use external::*;
pub use json_services::*;
pub use lambda::*;
pub use probe::*;
pub use s3::*;
pub use ways_out::*;
use windlass_domain::declaration::resolved::Place;
pub use windlass_domain::text::fault::Result;
use windlass_domain::text::time::Time;

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

/// Everything that targets are looked at and changed by: the one list of the ports that kinds need.
pub trait TargetPorts:
    Clock
    + AssumeRole
    + S3Api
    + EcrApi
    + LambdaApi
    + CodeDeployApi
    + EcsApi
    + EcsTasksApi
    + LambdaInvokeApi
    + ExternalLookApi
    + DynamoDbApi
    + CloudFrontApi
    + CloudFormationApi
    + AppConfigApi
    + JsonServices
    + CloudWatchApi
    + ProbeApi
{
}

/// Reaching the targets of another account or region.
pub trait AssumeRole: Sized {
    /// Returns the same ports at another place: with the role assumed and the region set. Credentials are fetched at
    /// the first call, whose fault is `AccessDenied` if the role may not be assumed.
    #[must_use]
    fn at(&self, place: &Place) -> Self;
}
