//! Services without a client of their own: those that speak AWS's JSON protocol, and IAM's simulation.

use crate::ports::Result;
use serde_json::Value;
use std::collections::BTreeMap;

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

/// Calls that a role would make, as IAM is asked about them (AWS Identity and Access Management API Reference,
/// SimulatePrincipalPolicy).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// The role, by ARN (`PolicySourceArn`).
    pub role: String,
    /// The actions, such as `lambda:UpdateAlias` (`ActionNames`).
    pub actions: Vec<String>,
    /// The resource that they are about, by ARN, or `*` (`ResourceArns`).
    pub resource: String,
    /// The context of the calls, by condition keys, such as `aws:ResourceTag/windlass:app` (`ContextEntries`, each of
    /// type `string`).
    pub context: BTreeMap<String, String>,
}

/// IAM's answer on one action (AWS Identity and Access Management API Reference, EvaluationResult).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// The action.
    pub action: String,
    /// `allowed`, `implicitDeny` if no statement allows it, or `explicitDeny` if one denies it.
    pub decision: String,
    /// True if the service control policies of the organization allow it; absent if the account is in none.
    pub by_organization: Option<bool>,
    /// True if the role's permissions boundary allows it; absent if it has none.
    pub by_boundary: Option<bool>,
    /// The condition keys that its policies look at and that the request did not give.
    pub missing: Vec<String>,
}

/// AWS Identity and Access Management, as far as it says what a role may do.
pub trait IamApi {
    /// Asks IAM what a role's policies say of calls, and returns an evaluation for each action, all the pages. IAM
    /// looks at the role's own policies, at its permissions boundary, and at the organization's service control
    /// policies, by the context that it is given. It looks at no policy of a bucket, a key or an endpoint, and at no
    /// resource control policy. `NotFound` if there is no such role.
    async fn simulate(&self, asked: &Simulation) -> Result<Vec<Evaluation>>;
}
