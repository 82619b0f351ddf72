//! The very bytes that AWS answered, or that are sent to AWS, where the SDK's types would lose the fields that they do
//! not know.

// Bodies are kept as AWS sent them and changed at one place: the SDK's types, or XML that is built anew, would lose
// each member that AWS added later, and a deployer changes only what it owns.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::Result;

/// Keeps the body of a call's answer. Clone it into the call as an interceptor, and read it after.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnswerBody(Arc<Mutex<Vec<u8>>>);

impl AnswerBody {
    /// Returns the body as text.
    pub(crate) fn text(&self) -> Result<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(bytes.clone()).map_err(|_| unreadable("it is not UTF-8"))
    }

    /// Returns the body as a JSON document.
    pub(crate) fn json(&self) -> Result<Value> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::from_slice(&bytes).map_err(|error| unreadable(&error.to_string()))
    }
}

fn unreadable(why: &str) -> Fault {
    Fault::new(FaultName::Unavailable, format!("AWS's answer cannot be read: {why}"))
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for AnswerBody {
    fn name(&self) -> &'static str {
        "windlass::AnswerBody"
    }

    /// The body has been read by now, and is still there.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let bytes = context.response().body().bytes().unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bytes.to_vec();
        Ok(())
    }
}

/// Sends these bytes in place of those that the SDK wrote. Call it in `mutate_request`, which runs before the request
/// is signed.
pub(crate) fn send_instead(request: &mut HttpRequest, body: &str) {
    let length = body.len().to_string();
    *request.body_mut() = SdkBody::from(body);
    request.headers_mut().insert("content-length", length);
}
