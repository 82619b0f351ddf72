//! A call of the API and the answer to it, which every path takes and gives.

use crate::kinds::KindPorts;
use crate::pin;
use crate::ports::{Clock, Result, StepFunctionsApi};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::request::{Requester, Route};
use windlass_domain::secret;
use windlass_domain::syntax;

/// The largest body, in bytes.
const LARGEST_BODY: usize = 256 * 1024;

/// The ports that the API needs.
pub trait Ports: pin::Ports + KindPorts + StepFunctionsApi + Clock {}
impl<P: pin::Ports + KindPorts + StepFunctionsApi + Clock> Ports for P {}

/// A call of the API.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Call {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// The path without the stage, such as `/apps/shop/environments/prod/releases`.
    pub path: String,
    /// The query's parameters.
    pub query: BTreeMap<String, String>,
    /// The body, if any.
    pub body: Option<String>,
    /// The header `Idempotency-Key`, if any.
    pub key: Option<String>,
    /// The caller, as API Gateway's authorizer tells it: an ARN.
    pub caller: Option<String>,
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// `application/json`, or `application/problem+json` (RFC 9457) for an error.
    pub content_type: &'static str,
    /// The body.
    pub body: Value,
}

impl Reply {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self { status, content_type: "application/json", body }
    }
}

/// The reason why a call is not served.
#[derive(Debug, Clone, PartialEq)]
pub enum Unserved {
    /// Something went wrong while serving it.
    Fault(Fault),
    /// Something is wrong with the call. The reply tells all of it.
    Refused(Reply),
}

impl Unserved {
    /// Returns the reply to the caller.
    ///
    /// # Errors
    /// The fault.
    pub fn reply(self) -> Result<Reply> {
        match self {
            Self::Refused(reply) => Ok(reply),
            Self::Fault(fault) => Err(fault),
        }
    }
}

impl From<Fault> for Unserved {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Reply> for Unserved {
    fn from(reply: Reply) -> Self {
        Self::Refused(reply)
    }
}

/// Reads the body as an object; no body counts as an empty object. If the body has a secret, only that is told.
pub fn body(call: &Call) -> Result<Map<String, Value>, Vec<Finding>> {
    let text = call.body.as_deref().unwrap_or_default();
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    let body = syntax::json("the body", text, LARGEST_BODY).map_err(|finding| vec![finding])?;
    let secrets = secret::findings(&body);
    if !secrets.is_empty() {
        return Err(secrets);
    }
    match body {
        Value::Object(body) => Ok(body),
        _ => Err(vec![Finding::new(
            FindingName::NotWellFormed,
            "the body",
            "the body is not an object.",
            "Write a JSON object, `{…}`.",
        )]),
    }
}

/// Returns who calls. API Gateway tells it, never the body.
pub fn requester(call: &Call) -> Result<Value> {
    let requester = Requester { route: Route::Api, principal: call.caller.clone() };
    serde_json::to_value(requester).map_err(|error| Fault::new(FaultName::Internal, format!("the caller: {error}")))
}
