// These errors pass by themselves within minutes, so `unknown.becomes` does not decide on them: `fail` would undo a
// healthy release after a quiet month. What a person has to mend is left out.

use crate::ports::Result;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A function, or one version of it, as Lambda describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Function {
    /// Its ARN, without qualifier for `$LATEST`.
    pub arn: String,
    /// `$LATEST` or a number.
    pub version: String,
    /// The code's SHA-256 in base64, as Lambda writes it.
    pub code_sha256: String,
    /// The size of a zip, in bytes; 0 for an image.
    pub code_bytes: u64,
    /// The time that Lambda lets it run, in seconds (AWS Lambda API Reference, FunctionConfiguration, `Timeout`).
    pub timeout_s: u64,
    /// Changes at every update, and again when an asynchronous update ends.
    pub revision_id: String,
    /// A digest over the configuration that a version freezes (environment, memory, layers, role,
    /// handler, …) without the fields that change with every version.
    pub configuration: String,
    /// The architecture that its code runs on: `x86_64` or `arm64`.
    pub architecture: String,
    /// The runtime, such as `python3.13`; empty for an image.
    pub runtime: String,
    /// The handler, as the runtime reads it; empty for an image.
    pub handler: String,
    /// True if a zip alone does not show whether the function has the code of its handler. It has layers, or its
    /// environment names a variable by which the runtime looks elsewhere (AWS Lambda Developer Guide, "Working with
    /// Lambda environment variables"). Only the names of the variables were looked at.
    pub has_more_code: bool,
    /// `Pending`, `Active`, `Inactive`, `Failed`, `Deleting`, ….
    pub state: String,
    /// `InProgress`, `Successful` or `Failed`.
    pub last_update: String,
    /// The reason of its state, or why the update failed, as Lambda gives it.
    pub reason: String,
    /// Lambda's word for that reason, such as `EniLimitExceeded`; empty if there is none.
    pub reason_code: String,
    /// `Zip` or `Image`.
    pub package: String,
    /// The image by digest, for `Image`; only from `function` (AWS Lambda API Reference,
    /// FunctionCodeLocation, `ResolvedImageUri`).
    pub image: Option<String>,
    /// The version's description.
    pub description: String,
    /// A pre-signed URL of a zip's bytes, valid for ten minutes; only from `function`.
    pub code_location: Option<String>,
    /// The customer's KMS key that the zip is encrypted with; only from `function`.
    pub code_key: Option<String>,
    /// The reserved concurrency: how many may run at the same time, if that is reserved; only from `function`.
    pub reserved: Option<u32>,
    /// The log group that it writes into (AWS Lambda API Reference, LoggingConfig, `LogGroup`).
    pub log_group: Option<String>,
    /// The ARN of the function that this is a replica of, if Lambda@Edge made it.
    pub replica_of: Option<String>,
}

/// Provisioned concurrency (AWS Lambda API Reference, GetProvisionedConcurrencyConfig).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioned {
    /// `IN_PROGRESS`, `READY` or `FAILED`.
    pub status: String,
    /// The reason why it failed, as Lambda gives it.
    #[serde(default)]
    pub reason: String,
}

/// The room for code of all functions and layers of an account in a region (AWS Lambda API Reference,
/// GetAccountSettings, `TotalCodeSize` of AccountUsage and AccountLimit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeRoom {
    /// The number of bytes of it that are used.
    pub used: u64,
    /// The number of bytes that there are: the quota.
    pub total: u64,
}

/// Code to put into a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A zip, sent inline: up to 50 MB (AWS Lambda Developer Guide, "Lambda quotas").
    Zip(Bytes),
    /// A zip in a bucket of the function's region.
    Object {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// The version id.
        version_id: String,
    },
    /// An image by digest.
    Image(String),
}

/// An alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The version that gets all traffic but the weights'.
    pub version: String,
    /// Versions that get a share, from 0 to 1.
    pub weights: Vec<(String, String)>,
    /// Changes at every update.
    pub revision_id: String,
}

/// The answer to an invocation.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoked {
    /// `Handled` or `Unhandled` if the function failed.
    pub error: Option<String>,
    /// The answer, or the error's document.
    pub payload: Value,
    /// The time that it took, in milliseconds.
    pub ms: u64,
}

/// Errors with which Lambda says that it cannot run a function yet. Its network interface, file system, code or
/// snapshot is being made, as after a function in a VPC was idle for long; or another operation is under way (AWS
/// Lambda API Reference, Invoke, "Errors"; AWS Lambda Developer Guide, "Lambda function states" and "Giving Lambda
/// functions access to resources in an Amazon VPC"). They pass by themselves, or when somebody makes room. None of the
/// function's code has run.
pub const NOT_READY: [&str; 15] = [
    // "The function is inactive and its VPC connection is no longer available."
    "ResourceNotReadyException",
    // "… another operation is in progress": such as while the function is `Pending`.
    "ResourceConflictException",
    // "… the elastic network interface … isn't ready yet."
    "ENINotReadyException",
    // "… the limit for network interfaces has been reached": Lambda gives back those of idle functions.
    "ENILimitReachedException",
    // "… one or more configured subnets has no available IP addresses."
    "SubnetIPAddressLimitReachedException",
    // "Amazon EC2 throttled Lambda during Lambda function initialization …"
    "EC2ThrottledException",
    // "Lambda received an unexpected Amazon EC2 client exception while setting up for the Lambda function."
    "EC2UnexpectedException",
    // "The Lambda function couldn't make a network connection to the configured file system."
    "EFSMountConnectivityException",
    // "… the mount operation timed out."
    "EFSMountTimeoutException",
    // The same two of an S3 Files access point.
    "S3FilesMountConnectivityException",
    "S3FilesMountTimeoutException",
    // "… its code artifact user is still being provisioned."
    "CodeArtifactUserPendingException",
    // "Lambda is initializing your function."
    "SnapStartNotReadyException",
    // "Lambda couldn't regenerate the SnapStart snapshot …. Wait for Lambda to retry …"
    "SnapStartRegenerationFailureException",
    // "Lambda couldn't restore the snapshot within the timeout limit."
    "SnapStartTimeoutException",
];

/// AWS Lambda.
pub trait LambdaApi {
    /// Reads a function, or one version of it; `NotFound` if there is none.
    async fn function(&self, name: &str, qualifier: Option<&str>) -> Result<Function>;

    /// Replaces the code of `$LATEST` and nothing else. A zip is encrypted with the customer's key only if `code_key`
    /// names it each time. `Conflict` if `revision_id` is not the present one, or an update is in progress.
    async fn update_code(&self, name: &str, code: Code, code_key: Option<&str>, revision_id: &str) -> Result<Function>;

    /// Publishes `$LATEST` as a version. Nothing new is published if neither code nor configuration changed since the
    /// last one. `Conflict` if `code_sha256` or `revision_id` is not the present one.
    async fn publish_version(
        &self,
        name: &str,
        code_sha256: &str,
        revision_id: &str,
        description: &str,
    ) -> Result<Function>;

    /// Lists all published versions, oldest first, without `$LATEST`.
    async fn versions(&self, name: &str) -> Result<Vec<Function>>;

    /// Reads an alias; `NotFound` if there is none.
    async fn alias(&self, name: &str, alias: &str) -> Result<Alias>;

    /// Sets an alias's version and weights (an empty list clears them). `Conflict` if
    /// `revision_id` is not the present one.
    async fn update_alias(
        &self,
        name: &str,
        alias: &str,
        version: &str,
        weights: &[(String, String)],
        revision_id: &str,
    ) -> Result<Alias>;

    /// Reads the room for code in the account and region.
    async fn code_room(&self) -> Result<CodeRoom>;

    /// Returns whether a code signing configuration of the function refuses code that is not signed (AWS Lambda API
    /// Reference, CodeSigningPolicies, `UntrustedArtifactOnDeployment`: `Enforce`).
    async fn takes_only_signed(&self, name: &str) -> Result<bool>;

    /// Reads the provisioned concurrency of an alias or version; `None` if none is configured.
    async fn provisioned(&self, name: &str, qualifier: &str) -> Result<Option<Provisioned>>;

    /// Invokes one version and waits for the answer. `StillInProgress` if Lambda cannot run it yet ([`NOT_READY`]).
    async fn invoke(&self, name: &str, qualifier: &str, payload: &Value) -> Result<Invoked>;

    /// Reads the function's tags by its ARN.
    async fn function_tags(&self, arn: &str) -> Result<BTreeMap<String, String>>;

    /// Reads the bytes behind a `code_location`.
    async fn download(&self, code_location: &str) -> Result<Bytes>;
}

/// The answer of a function to its one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallAnswer {
    /// `Unhandled` if the function failed (AWS Lambda API Reference, Invoke, `X-Amz-Function-Error`).
    pub error: Option<String>,
    /// The error's type, as the function's runtime names it.
    pub error_type: String,
    /// The last 4 KB of its log, if they were asked for (the same, `X-Amz-Log-Result`).
    pub tail: String,
}

/// A function that is to be called once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneCall {
    /// The function's name.
    pub name: String,
    /// A version's number, or `$LATEST`.
    pub version: String,
    /// The payload of the call.
    pub payload: Value,
    /// True if the end of its log is asked for.
    pub wants_log: bool,
    /// The time that its answer is waited for, in seconds.
    pub within_s: u64,
}

/// Calls of functions that take long, and who makes them.
pub trait LambdaInvokeApi {
    /// Asks the function `run-task` of this installation for a call, by an event that nobody waits for (Invoke with
    /// `InvocationType` `Event`). If its retries are 0, it is delivered at most once as a rule. It may come twice all
    /// the same, and it may never come (AWS Lambda Developer Guide, "Invoking a Lambda function asynchronously").
    async fn ask_runner(&self, ask: &Value) -> Result<()>;

    /// Calls a function and waits for its answer. Sent once. `Throttled`, or `StillInProgress` for an error of
    /// [`crate::ports::NOT_READY`]: it was not run. `Unavailable`: it may have been run.
    async fn call_once(&self, call: &OneCall) -> Result<CallAnswer>;
}
