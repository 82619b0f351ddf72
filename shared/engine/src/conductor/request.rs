//! The request of an execution, what becomes of it, and the ports that the conductor needs for it.

use crate::config::Configured;
use crate::payload::{AdmitTransition, Answer, ExecutionRef};
use crate::ports::{Clock, DynamoDbApi, EcrApi, S3Api, StepFunctionsApi};
use serde_json::Value;
use std::ops::Deref;
use windlass_domain::access::Rules;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::release::request::{Request, Requester, Route};

/// Reads the request of an execution as it came. Somebody who starts an execution by hand is known only by it, and each
/// execution that they start is a request of its own.
pub fn request_of(execution: &ExecutionRef, input: &Value) -> Result<Request, PartialDocument<Request>> {
    let mut request = Request::read(input)?;
    if request.requester.is_none() {
        let arn = &execution.arn;
        request.idempotency_key.get_or_insert_with(|| arn.clone());
        request.requester = Some(Requester::new(Route::Console, Some(arn.clone())));
    }
    Ok(request)
}

/// The execution that brings a request which is admitted for the first time.
pub struct Asker<'a> {
    /// The execution.
    pub execution: &'a ExecutionRef,
    /// True if the requester of its input is vouched for, or nobody is claimed to be it
    /// ([`is_vouched`](crate::vouch::is_vouched)).
    pub vouched: bool,
    /// The rules in force when it was admitted.
    pub rules: Rules,
}

impl Deref for Asker<'_> {
    type Target = ExecutionRef;

    fn deref(&self) -> &ExecutionRef {
        self.execution
    }
}

/// The next thing that the execution of a request does.
pub enum Admitted {
    /// It goes on with the new deployment, which takes its turn.
    New(DeploymentId),
    /// It ends with this answer: the request made no new deployment.
    Answer(Answer<AdmitTransition>),
}

impl<T> From<Answer<T>> for Admitted
where
    AdmitTransition: From<T>,
{
    fn from(answer: Answer<T>) -> Self {
        Self::Answer(answer.widened())
    }
}

/// The ports that the conductor needs.
pub trait Ports: DynamoDbApi + S3Api + EcrApi + StepFunctionsApi + Clock + Configured {}
impl<P: DynamoDbApi + S3Api + EcrApi + StepFunctionsApi + Clock + Configured> Ports for P {}
