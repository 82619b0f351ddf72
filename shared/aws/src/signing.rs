//! The signature of a request's body.

use aws_runtime::auth::PayloadSigningOverride;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use windlass_domain::digest::Digest;

/// Signs a body by the SHA-256 that is sent along, instead of summing it up once more: a signature holds the same sum
/// (AWS Identity and Access Management User Guide, "Create a signed AWS API request", `HashedPayload`). S3 compares the
/// body with both.
#[derive(Debug)]
pub(crate) struct ByChecksum;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for ByChecksum {
    fn name(&self) -> &'static str {
        "windlass::ByChecksum"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(sum) = sum_of_body(context.request()) {
            let signed = PayloadSigningOverride::Precomputed(sum.to_string());
            config.interceptor_state().store_put(signed);
        }
        Ok(())
    }
}

/// Returns the checksum of the body, where the header holds that. The completion of an upload, a POST, has the whole
/// object's checksum there.
fn sum_of_body(request: &HttpRequest) -> Option<Digest> {
    let sum = request.headers().get("x-amz-checksum-sha256")?;
    let raw = STANDARD.decode(sum).ok()?;
    (request.method() == "PUT" && raw.len() == 32).then(|| Digest::from_bytes(&raw))
}
