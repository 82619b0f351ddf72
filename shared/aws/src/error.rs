//! Every error of the SDK as a [`Fault`], in one place.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;
use windlass_domain::text::fault::{Fact, Fault, FaultName};
use windlass_engine::ports::Result;

/// AWS's own messages are cut here: they are for a person's eye, and some echo what was sent.
const MESSAGE_CHARACTERS: usize = 300;

/// Turns the SDK's result into the port's.
pub(crate) trait OrFault<T> {
    /// Returns the value, or a fault that names the operation and the resource it was called for.
    fn or_fault(self, operation: &str, resource: &str) -> Result<T>;

    /// Returns the same, and `None` where AWS answers one of these error codes.
    fn or_none(self, operation: &str, resource: &str, codes: &[&str]) -> Result<Option<T>>;
}

impl<T, E> OrFault<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn or_fault(self, operation: &str, resource: &str) -> Result<T> {
        self.map_err(|error| fault(&error, operation, resource))
    }

    fn or_none(self, operation: &str, resource: &str, codes: &[&str]) -> Result<Option<T>> {
        match self {
            Err(error) if code(&error).is_some_and(|code| codes.contains(&code)) => Ok(None),
            answered => answered.or_fault(operation, resource).map(Some),
        }
    }
}

/// Asks for one page of a list after another, and does something with each. The SDK's requests share no trait.
macro_rules! each_page {
    ($request:expr, $operation:expr, $resource:expr, |$page:ident| $take:expr) => {
        let request = $request;
        let mut next = None;
        loop {
            let $page = request.clone().set_next_token(next).send().await.or_fault($operation, $resource)?;
            next = $page.next_token.clone();
            $take;
            if next.is_none() {
                break;
            }
        }
    };
}
pub(crate) use each_page;

/// An answer of AWS with an error, without the operation's own types.
#[derive(Default)]
struct Said<'a> {
    code: Option<&'a str>,
    message: Option<&'a str>,
    status: Option<u16>,
    request_id: Option<&'a str>,
    /// The region of the bucket, if it is not the region that was asked.
    bucket_region: Option<&'a str>,
}

/// Returns the fact that an error of AWS shows by its code and its message. The code alone is not enough: an expired
/// signature and a wrong secret have the same one, and API Gateway's refusals have none.
pub fn fact_of(code: Option<&str>, message: Option<&str>) -> Option<Fact> {
    let said = [code, message].map(Option::unwrap_or_default).join(" ").to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let facts = [
        (code == Some("NoSuchBucket"), Fact::NoBucket),
        (says(&["signature expired", "not yet current", "requesttimetooskewed"]), Fact::WrongClock),
        (says(&["token", "credentials"]) && says(&["expired"]), Fact::ExpiredCredentials),
        (says(&["invalidaccesskeyid", "invalidtoken", "security token", "unrecognizedclient"]), Fact::UnknownKey),
        (says(&["signaturedoesnotmatch", "signature we calculated"]), Fact::WrongSecret),
    ];
    facts.into_iter().find_map(|(is_so, fact)| is_so.then_some(fact))
}

/// Turns the SDK's error into a fault.
pub(crate) fn fault<E>(error: &SdkError<E, HttpResponse>, operation: &str, resource: &str) -> Fault
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let answer = error.raw_response();
    let said = Said {
        code: code(error),
        message: error.as_service_error().and_then(ProvideErrorMetadata::message),
        status: answer.map(|answer| answer.status().as_u16()),
        request_id: answer.and_then(request_id),
        bucket_region: answer.and_then(bucket_region),
    };
    let call = format!("{operation} {resource}");
    if answer.is_none() {
        return unanswered(&call, error);
    }
    Fault::new(name_of(said.code, said.status), sentence(&call, &said)).with_fact(fact_of(said.code, said.message))
}

/// Returns the error code that AWS answered.
pub(crate) fn code<E>(error: &SdkError<E, HttpResponse>) -> Option<&str>
where
    E: ProvideErrorMetadata,
{
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Returns the message that AWS answered.
pub(crate) fn message<E>(error: &SdkError<E, HttpResponse>) -> &str
where
    E: ProvideErrorMetadata,
{
    error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default()
}

fn request_id(answer: &HttpResponse) -> Option<&str> {
    answer.headers().get("x-amzn-requestid").or_else(|| answer.headers().get("x-amz-request-id"))
}

/// Returns the region of a bucket that was asked for in another region. S3 answers such a call with a redirect, which
/// the SDK does not follow, and the header (Amazon S3 User Guide, "Making requests using the REST API"). Other answers
/// carry the header as well.
fn bucket_region(answer: &HttpResponse) -> Option<&str> {
    answer.headers().get("x-amz-bucket-region").filter(|_| matches!(answer.status().as_u16(), 301 | 307))
}

fn sentence(call: &str, said: &Said<'_>) -> String {
    let mut text = match (said.code, said.status) {
        (Some(code), _) => format!("{call}: AWS answered {code}"),
        (None, Some(status @ 200..300)) => {
            format!("{call}: AWS answered HTTP status {status} with a body that cannot be read")
        }
        (None, Some(status)) => format!("{call}: AWS answered HTTP status {status}"),
        (None, None) => format!("{call}: AWS answered an error"),
    };
    if let Some(message) = said.message {
        text.push_str(": ");
        text.extend(message.chars().take(MESSAGE_CHARACTERS));
    }
    if let Some(region) = said.bucket_region {
        text.push_str(&format!(
            "; the bucket is in {region}, and it was asked for in another region: set AWS_REGION (for the target \
             of an environment, its `region`) to {region}, or use a bucket of the region that is set"
        ));
    }
    if let Some(id) = said.request_id {
        text.push_str(&format!(" (request {id})"));
    }
    text
}

/// Returns the engine's name for an error code, or for a status where there is no code.
pub(crate) fn name_of(code: Option<&str>, status: Option<u16>) -> FaultName {
    match (code.and_then(name_of_code), status) {
        (Some(name), _) => name,
        (None, Some(429)) => FaultName::Throttled,
        (None, Some(401 | 403)) => FaultName::AccessDenied,
        (None, Some(404)) => FaultName::NotFound,
        (None, Some(409 | 412)) => FaultName::Conflict,
        // A success that cannot be read may have been done, like an error of AWS's own.
        (None, Some(200..300 | 500..)) => FaultName::Unavailable,
        _ => FaultName::Refused,
    }
}

/// Returns the engine's name for a code whose meaning the HTTP status does not show. Most services answer 400 for all
/// of them.
fn name_of_code(code: &str) -> Option<FaultName> {
    let has = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
    if has(&[
        "Throttl",
        "TooManyRequests",
        "RequestLimitExceeded",
        "ThroughputExceeded",
        "SlowDown",
        "TooManyInvalidationsInProgress",
        // The same transaction is still under way from an earlier send. Asked later, it shows what came of it.
        "TransactionInProgress",
    ]) {
        return Some(FaultName::Throttled);
    }
    // Some services answer this code where only fewer calls help, and the SDK's own retries read it so. The whole code
    // is compared, because the name of another limit may end like it.
    if code == "LimitExceededException" {
        return Some(FaultName::Throttled);
    }
    if has(&["AccessDenied", "NotAuthorized", "Unauthorized", "AuthorizationError"]) {
        return Some(FaultName::AccessDenied);
    }
    if has(&["UnrecognizedClient", "InvalidClientTokenId", "InvalidAccessKeyId"]) {
        return Some(FaultName::AccessDenied);
    }
    if has(&["NotFound", "NoSuch", "DoesNotExist"]) {
        return Some(FaultName::NotFound);
    }
    if has(&[
        "PreconditionFailed",
        "ConditionalCheckFailed",
        "ConditionalRequestConflict",
        "ResourceConflict",
        "TransactionConflict",
        "UpdateInProgress",
        "InvalidIfMatchVersion",
        // The first two codes of CodeDeploy: the group has an active deployment, and the deployment is over.
        "DeploymentLimitExceeded",
        "DeploymentAlreadyCompleted",
        "DeploymentIsNotInReadyState",
        "InvalidDeploymentStatus",
    ]) {
        return Some(FaultName::Conflict);
    }
    if has(&["RequestTimeout", "ServiceUnavailable", "InternalError", "InternalFailure"]) {
        return Some(FaultName::Unavailable);
    }
    None
}

/// Returns the fault of a call without any answer: no credentials, no connection, or no time.
fn unanswered<E>(call: &str, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: Error + Send + Sync + 'static,
{
    if let Some(fault) = no_credentials(call, error) {
        return fault;
    }
    match error {
        SdkError::ConstructionFailure(_) => {
            Fault::new(FaultName::Refused, format!("{call}: the request cannot be built: {}", root(error)))
        }
        SdkError::TimeoutError(_) => {
            Fault::new(FaultName::Unavailable, format!("{call}: no answer in time{}", perhaps_done(call, error)))
        }
        _ => Fault::new(
            FaultName::Unavailable,
            format!("{call}: no answer: {}{}", root(error), perhaps_done(call, error)),
        ),
    }
}

/// The beginnings of the names of operations that only read.
const READS: [&str; 7] = ["BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Query"];

/// Returns a note that a call without an answer may have been done. It is empty for a call that only reads, and for one
/// that never left, because nobody took the connection.
fn perhaps_done(call: &str, error: &(dyn Error + 'static)) -> &'static str {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    let is_unsent = causes.any(|error| {
        let io = error.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
    });
    if is_unsent || READS.iter().any(|read| call.starts_with(read)) { "" } else { "; it may have been done" }
}

/// Returns the fault where the role may not be assumed, or there are no credentials.
fn no_credentials(call: &str, error: &(dyn Error + 'static)) -> Option<Fault> {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.find(|error| error.is::<CredentialsError>())?;
    let refused = causes.find_map(|error| error.downcast_ref::<AssumeRoleError>());
    let Some(refused) = refused else {
        let (why, name) = (root(error), FaultName::Unavailable);
        return Some(Fault::new(name, format!("{call}: no credentials: {why}")).with_fact(fact_of_provider(&why)));
    };
    let said = Said { code: refused.code(), message: refused.message(), ..Said::default() };
    let why = sentence("AssumeRole", &said);
    let fault = Fault::new(name_of(said.code, Some(400)), format!("{call}: {why}"));
    Some(fault.with_fact(fact_of(said.code, said.message)))
}

/// Returns the fact that the SDK shows where it has no credentials. Its reason need not name them.
pub(crate) fn fact_of_provider(why: &str) -> Option<Fact> {
    fact_of(Some("credentials"), Some(why))
}

/// Returns why there are no credentials: AWS's answer about the token of a role, else the innermost reason.
pub(crate) fn of_credentials(error: &CredentialsError) -> String {
    let first: &(dyn Error + 'static) = error;
    let mut causes = std::iter::successors(Some(first), |error| (*error).source());
    let refused = causes.find_map(|error| error.downcast_ref::<AssumeRoleWithWebIdentityError>());
    match refused.and_then(|refused| Some((refused.code()?, refused.message()?))) {
        Some((code, message)) => format!("{code}: {message}"),
        None => root(error),
    }
}

pub(crate) fn root(error: &(dyn Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| (*error).source())
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string)
}
