//! Time limits and attempts of calls. They fit in the functions' timeouts, so that a call never outlives the invocation
//! that made it.
//!
//! Retries of the SDK and those of the caller that invokes the function add up, and do not multiply. Throttles that the
//! engine answers itself are not retried here.

// While an operation is refused it is sent once for each call, so that the tries of the SDK and of the state add up
// and do not multiply. The SDK's own quota of tries is shared by all operations of a service, and reads that succeed
// fill it up again.

use crate::error::name_of;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::operation::copy_object::CopyObjectError;
use aws_sdk_s3::operation::delete_object::DeleteObjectError;
use aws_sdk_s3::operation::delete_objects::DeleteObjectsError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::operation::upload_part::UploadPartError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, Error, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use windlass_domain::text::fault::FaultName;

const CONNECT: Duration = Duration::from_secs(3);

/// Reading and additive changes: three attempts within 20 s.
pub(crate) fn attempts() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3)
}

/// Reading and additive changes: 8 s an attempt, 20 s with all attempts.
pub(crate) fn ordinary() -> TimeoutConfig {
    times(8, 20)
}

/// Objects' bytes, but for those of a switching write: 25 s an attempt, 50 s with all attempts.
pub(crate) fn transfer() -> TimeoutConfig {
    times(25, 50)
}

/// Objects' bytes where a person or a CI job waits, whose line may be slow: an hour.
pub(crate) fn patient() -> TimeoutConfig {
    times(3600, 3600)
}

/// A switching change is sent once: a second send could arrive after somebody else's decision. The
/// engine observes before it asks again.
pub(crate) fn one_attempt() -> RetryConfig {
    RetryConfig::disabled()
}

/// A switching change: 10 s, well within the 15 s for which an open call is recorded.
pub(crate) fn switching() -> TimeoutConfig {
    times(10, 10)
}

/// A switching write of an object, of which one change has many. Its caller gives the limit, so that all of them end
/// within the time for which their open call is recorded.
pub(crate) fn switching_within(limit: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(limit).operation_timeout(limit).build()
}

/// A read between the record of a switching change and its send: 2 s, so that the send still begins and ends in its
/// time.
pub(crate) fn look() -> TimeoutConfig {
    times(2, 2)
}

/// An invocation of a function under test: its answer may take 50 s.
pub(crate) fn invocation() -> TimeoutConfig {
    times(50, 50)
}

fn times(attempt_s: u64, operation_s: u64) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(Duration::from_secs(attempt_s))
        .operation_timeout(Duration::from_secs(operation_s))
        .build()
}

/// The time for which a refusal of AWS is remembered. It is longer than the longest pause of a state, a minute. A
/// function's sandbox may be frozen for much longer than AWS refuses.
const KNOWN_FOR: Duration = Duration::from_mins(2);

/// Lets the SDK try again only while AWS is not known to refuse. Where every try of a call was throttled or not
/// answered, each further call of that operation is sent once. This ends when one is answered, be it with a definite
/// refusal, or when two minutes are over. The state that invokes the function again (or the queue, or the stream) then
/// asks as often as it invokes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Retries {
    /// Operations, with the time of the last refusal: the wall clock's, because the monotonic clock
    /// need not go on while a sandbox is frozen. Where the wall clock was set back, a mark is
    /// forgotten as well.
    refused: Arc<Mutex<BTreeMap<String, SystemTime>>>,
}

impl Retries {
    fn refused(&self) -> MutexGuard<'_, BTreeMap<String, SystemTime>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_refused(&self, operation: &str, now: SystemTime) -> bool {
        let refused = self.refused();
        let known = refused.get(operation);
        known.is_some_and(|at| now.duration_since(*at).is_ok_and(|age| age < KNOWN_FOR))
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Retries {
    fn name(&self) -> &'static str {
        "windlass::Patience"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let now = now(components);
        if operation(config).is_some_and(|name| self.is_refused(&name, now)) {
            config.interceptor_state().store_put(RetryConfig::disabled());
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(operation) = operation(config) else { return Ok(()) };
        let now = now(components);
        let tries = config.load::<RequestAttempts>();
        let again = tries.is_some_and(|tries| tries.attempts() > 1);
        match last_answer(context.inner(), components) {
            RetryAction::RetryIndicated(_) if again || self.is_refused(&operation, now) => {
                self.refused().insert(operation, now);
            }
            RetryAction::NoActionIndicated => {
                self.refused().remove(&operation);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Returns what the SDK's own retries make of the last answer. A throttle, a failure of AWS's and no answer at all are
/// to be tried again; about all else there is nothing to do.
fn last_answer(context: &InterceptorContext, components: &RuntimeComponents) -> RetryAction {
    components.retry_classifiers().fold(RetryAction::NoActionIndicated, |action, classifier| {
        match classifier.classify_retry_v2(context, &action) {
            RetryAction::NoActionIndicated => action,
            other => other,
        }
    })
}

fn now(components: &RuntimeComponents) -> SystemTime {
    let source = components.time_source();
    source.map_or_else(SystemTime::now, |source| source.now())
}

/// Returns the service and the operation of a call, which are known from serialization on.
fn operation(config: &ConfigBag) -> Option<String> {
    let metadata = config.load::<Metadata>()?;
    Some(format!("{} {}", metadata.service(), metadata.name()))
}

/// Returns a throttle to the caller at once. If the SDK tried again, the throttle would look like an answer that took
/// long, and a caller that makes many calls at a time would make more of them instead of fewer.
#[derive(Debug)]
pub(crate) struct ThrottleClassifier;

impl ClassifyRetry for ThrottleClassifier {
    fn name(&self) -> &'static str {
        "windlass::ThrottleClassifier"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let code = context.output_or_error().and_then(Result::err).and_then(|error| code(error.as_operation_error()?));
        match code.map(|code| name_of(Some(code), None)) {
            Some(FaultName::Throttled) => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }
}

/// Returns the error code of a call that writes an object.
fn code(error: &Error) -> Option<&str> {
    code_of::<PutObjectError>(error)
        .or_else(|| code_of::<CopyObjectError>(error))
        .or_else(|| code_of::<UploadPartError>(error))
        .or_else(|| code_of::<DeleteObjectError>(error))
        .or_else(|| code_of::<DeleteObjectsError>(error))
}

fn code_of<E>(error: &Error) -> Option<&str>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    error.downcast_ref::<E>().and_then(ProvideErrorMetadata::code)
}
