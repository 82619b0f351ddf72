//! Retries of the SDK and of whoever invokes the function: they add up, and do not multiply.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lets the SDK try again only while AWS is not known to refuse: an operation of which every try of a
/// call has failed is sent once by each further call, until one succeeds. The state that invokes the
/// function again (or the queue, or the stream) then asks as often as it invokes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patience {
    refused: Arc<Mutex<BTreeSet<String>>>,
}

impl Patience {
    fn refused(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Patience {
    fn name(&self) -> &'static str {
        "windlass::Patience"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_refused = operation(config).is_some_and(|name| self.refused().contains(&name));
        if is_refused {
            config
                .interceptor_state()
                .store_put(RetryConfig::disabled());
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(operation) = operation(config) else {
            return Ok(());
        };
        let tries = config.load::<RequestAttempts>();
        match context.output_or_error() {
            Some(Ok(_)) => {
                self.refused().remove(&operation);
            }
            Some(Err(_)) if tries.is_some_and(|tries| tries.attempts() > 1) => {
                self.refused().insert(operation);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Which operation of which service it is; known from serialization on.
fn operation(config: &ConfigBag) -> Option<String> {
    let metadata = config.load::<Metadata>()?;
    Some(format!("{} {}", metadata.service(), metadata.name()))
}
