use super::Result;
use serde_json::Value;

/// One call of a service that speaks AWS's JSON protocol (Smithy, "AWS JSON 1.1 protocol"), as the
/// service's API Reference has it.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonCall {
    /// The service's name in its endpoint and in signatures, such as `logs`.
    pub service: &'static str,
    /// The operation with the service's prefix, which is the header `X-Amz-Target`, such as
    /// `Logs_20140328.StartQuery`. A whole literal: the permissions of a function are compared with the
    /// operations that its binary names (decision 0140).
    pub target: &'static str,
    /// The request.
    pub body: Value,
}

/// Services of AWS that need no adapter of their own, because only a few calls of them are made.
pub trait JsonServices {
    /// Makes a call, with retries as of any read. A parameter or a query that the service refuses is `Refused`, a
    /// resource that does not exist `NotFound`.
    async fn json_call(&self, call: JsonCall) -> Result<Value>;
}
