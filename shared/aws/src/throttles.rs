//! Throttles that the engine answers itself.

use crate::error::name_of;
use aws_sdk_s3::operation::copy_object::CopyObjectError;
use aws_sdk_s3::operation::delete_object::DeleteObjectError;
use aws_sdk_s3::operation::delete_objects::DeleteObjectsError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::operation::upload_part::UploadPartError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, InterceptorContext};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use windlass_domain::fault::FaultName;

/// Returns a throttle to the caller at once. If the SDK tried again, the throttle would look like an answer that took
/// long, and a caller that makes many calls at a time would make more of them instead of fewer.
#[derive(Debug)]
pub(crate) struct ThrottleClassifier;

impl ClassifyRetry for ThrottleClassifier {
    fn name(&self) -> &'static str {
        "windlass::ThrottleClassifier"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let answered = context.output_or_error().and_then(Result::err);
        let code = answered.and_then(|error| code(error.as_operation_error()?));
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
