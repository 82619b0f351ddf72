//! Retries of the SDK beside those of the caller that invokes the function: they add up, and do not multiply.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry as _, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

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
        let Some(operation) = operation(config) else {
            return Ok(());
        };
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
    let classifiers = components.retry_classifiers();
    classifiers.fold(RetryAction::NoActionIndicated, |told, classifier| {
        match classifier.classify_retry_v2(context, &told) {
            RetryAction::NoActionIndicated => told,
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
