use super::Result;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use windlass_domain::declaration::kinds::external::{Act, Observe};
use windlass_domain::text::fault::Fault;

/// The seconds for which the answer to a look is waited for. So a look and the longest change fit in one invocation of
/// a deployer.
pub const LOOK_S: u64 = 12;

/// The seconds beyond its own timeout for which the answer of a function is waited for when it acts: before it runs it
/// may be initialized for up to 10 s (AWS Lambda Developer Guide, "Understanding the Lambda execution environment
/// lifecycle").
pub const STARTS_S: u64 = 10;

/// A published version of a user's function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedFunction {
    /// The function's name.
    pub name: String,
    /// The version's number. Only a number is called: an alias could have moved.
    pub version: String,
    /// The time that Lambda lets this version run, in seconds: at most 30.
    pub timeout_s: u64,
}

/// The answer of a function to its one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalAnswer {
    /// It answered this. Nobody has read it yet, and it may have a secret in it: it is not logged.
    Answered(Bytes),
    /// It failed, or its timeout ended it: the error's type alone, as its runtime names it. What it did is not known
    /// (AWS Lambda API Reference, Invoke, `X-Amz-Function-Error`).
    Failed(String),
}

/// Looks by a user's function, and nothing else: who has only this port has no word that changes anything.
///
/// One synchronous call of one version (Invoke with `InvocationType` `RequestResponse` and `Qualifier`), sent once. Any
/// fault but `Unavailable` means that the function was not run: `Throttled`, `StillInProgress` for an error of
/// [`crate::ports::NOT_READY`], `AccessDenied`, `NotFound`, `Refused`. `Unavailable` means that no answer came.
pub trait ExternalLookApi {
    /// Asks what is there, and waits for the answer for [`LOOK_S`].
    async fn look(&self, function: &PinnedFunction, request: &Observe) -> Result<ExternalAnswer>;
}

/// Acts by a user's function. A deployer alone has this port.
///
/// Calls and faults are those of [`ExternalLookApi`]. After `Unavailable`, and after [`ExternalAnswer::Failed`], what
/// was asked for may be done, may not be, and may be going on until the function's timeout.
pub trait ExternalActApi {
    /// Asks for a preparation or for the change, and waits for the answer for the version's timeout and [`STARTS_S`].
    async fn act(&self, function: &PinnedFunction, request: &Act) -> Result<ExternalAnswer>;
}

/// The port of those who may only look.
#[derive(Debug, Clone, Copy)]
pub struct OnlyLooks;

impl ExternalActApi for OnlyLooks {
    async fn act(&self, _: &PinnedFunction, _: &Act) -> Result<ExternalAnswer> {
        Err(Fault::internal("who only looks asked for a change"))
    }
}
