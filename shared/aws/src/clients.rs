//! The SDK's clients for one place, made on first use, with the endpoint of S3 and the signature of a request's body.

use crate::limits::{self, Retries};
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_runtime::auth::PayloadSigningOverride;
use aws_sdk_s3::config::endpoint::{DefaultResolver, EndpointFuture, InvalidParams, Params, ResolveEndpoint};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::cell::OnceCell;
use windlass_domain::text::digest::Digest;

/// The clients of one place. A client that nobody asks for is never made, so that a function's
/// start does nothing unneeded.
pub(crate) struct Clients {
    config: SdkConfig,
    transfer: TimeoutConfig,
    patience: Retries,
    made: MadeClients,
}

/// Makes from the list of services a place for the client of each, and how to get it.
macro_rules! clients {
    ($($name:ident: $sdk:ident),* $(,)?) => {
        /// The clients that somebody has asked for.
        #[derive(Default)]
        struct MadeClients {
            s3: OnceCell<aws_sdk_s3::Client>,
            s3_in_bulk: OnceCell<aws_sdk_s3::Client>,
            s3_of_addresses: OnceCell<aws_sdk_s3::Client>,
            $( $name: OnceCell<$sdk::Client>, )*
        }

        impl Clients {
            $(
                pub(crate) fn $name(&self) -> &$sdk::Client {
                    self.made.$name.get_or_init(|| {
                        let config = $sdk::config::Builder::from(&self.config)
                            .interceptor(self.patience.clone());
                        $sdk::Client::from_conf(config.build())
                    })
                }
            )*
        }
    };
}

clients! {
    appconfig: aws_sdk_appconfig,
    cloudformation: aws_sdk_cloudformation,
    codedeploy: aws_sdk_codedeploy,
    dynamodb: aws_sdk_dynamodb,
    lambda: aws_sdk_lambda,
    ecs: aws_sdk_ecs,
    ecr: aws_sdk_ecr,
    cloudfront: aws_sdk_cloudfront,
    cloudwatch: aws_sdk_cloudwatch,
    sfn: aws_sdk_sfn,
    sns: aws_sdk_sns,
    eventbridge: aws_sdk_eventbridge,
}

impl Clients {
    /// Makes no client yet.
    pub(crate) fn new(config: SdkConfig) -> Self {
        let (transfer, patience) = (limits::transfer(), Retries::default());
        Self { config, transfer, patience, made: MadeClients::default() }
    }

    /// Like [`Clients::new`], for a program that is not a function and has all the time that objects take.
    pub(crate) fn patient(config: SdkConfig) -> Self {
        Self { transfer: limits::patient(), ..Self::new(config) }
    }

    /// Returns the configuration that all clients are made of, for a service that has no client.
    pub(crate) fn config(&self) -> (&SdkConfig, Retries) {
        (&self.config, self.patience.clone())
    }

    /// Returns the client of S3. With a configured endpoint the bucket stands in the path, because an endpoint of one's
    /// own, such as a cloud on this machine, has no name for every bucket.
    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        self.made.s3.get_or_init(|| aws_sdk_s3::Client::from_conf(self.s3_config().build()))
    }

    /// Returns a client of S3 for callers that write many objects at a time, and learn of each throttle.
    pub(crate) fn s3_in_bulk(&self) -> &aws_sdk_s3::Client {
        self.made.s3_in_bulk.get_or_init(|| {
            aws_sdk_s3::Client::from_conf(self.s3_config().retry_classifier(limits::ThrottleClassifier).build())
        })
    }

    /// Returns a client of S3 that signs addresses. An address holds no sum of a body (Amazon S3 API Reference,
    /// "Authenticating Requests: Using Query Parameters": `UNSIGNED-PAYLOAD`), which [`ByChecksum`] would put there.
    pub(crate) fn s3_of_addresses(&self) -> &aws_sdk_s3::Client {
        self.made.s3_of_addresses.get_or_init(|| aws_sdk_s3::Client::from_conf(self.plain_s3_config().build()))
    }

    fn plain_s3_config(&self) -> aws_sdk_s3::config::Builder {
        aws_sdk_s3::config::Builder::from(&self.config)
            .force_path_style(self.config.endpoint_url().is_some())
            .timeout_config(self.transfer.clone())
            .endpoint_resolver(OfBucket::default())
    }

    fn s3_config(&self) -> aws_sdk_s3::config::Builder {
        self.plain_s3_config().interceptor(ByChecksum).interceptor(self.patience.clone())
    }
}

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
