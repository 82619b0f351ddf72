//! The endpoint of S3.

use aws_sdk_s3::config::endpoint::{DefaultResolver, EndpointFuture, InvalidParams, Params, ResolveEndpoint};

/// Finds the endpoint of a bucket. The SDK remembers the last endpoint that it found, by all its parameters, and the
/// object's key is one of them. So it would walk its rules anew for each object, although no rule looks at a key.
#[derive(Debug, Default)]
pub(crate) struct OfBucket(DefaultResolver);

impl ResolveEndpoint for OfBucket {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        match without_key(params) {
            Ok(params) => EndpointFuture::new(async move { ResolveEndpoint::resolve_endpoint(&self.0, &params).await }),
            Err(error) => EndpointFuture::ready(Err(error.into())),
        }
    }
}

/// Returns all parameters but key, prefix and source of a copy.
fn without_key(params: &Params) -> Result<Params, InvalidParams> {
    let text = |text: Option<&str>| text.map(str::to_owned);
    Params::builder()
        .set_bucket(text(params.bucket()))
        .set_region(text(params.region()))
        .set_endpoint(text(params.endpoint()))
        .set_use_fips(params.use_fips())
        .set_use_dual_stack(params.use_dual_stack())
        .set_force_path_style(params.force_path_style())
        .set_accelerate(params.accelerate())
        .set_use_global_endpoint(params.use_global_endpoint())
        .set_use_object_lambda_endpoint(params.use_object_lambda_endpoint())
        .set_disable_access_points(params.disable_access_points())
        .set_disable_multi_region_access_points(params.disable_multi_region_access_points())
        .set_use_arn_region(params.use_arn_region())
        .set_use_s3_express_control_endpoint(params.use_s3_express_control_endpoint())
        .set_disable_s3_express_session_auth(params.disable_s3_express_session_auth())
        .build()
}
