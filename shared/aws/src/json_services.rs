//! Services that speak AWS's JSON protocol, without a client of their own: a client for two operations of a service
//! would compile and carry all of its hundred. Retries, limits, credentials and signatures are the SDK's.

use crate::clients::Clients;
use crate::error::OrFault;
use crate::{Aws, api, limits};
use aws_config::SdkConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime::client::retries::classifiers::TransientErrorClassifier;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthScheme};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use serde_json::Value;
use windlass_domain::text::partition::Partition;
use windlass_engine::ports::{JsonCall, JsonServices, Result};

impl JsonServices for Aws {
    async fn json_call(&self, call: JsonCall) -> Result<Value> {
        let (_, operation) = call.target.split_once('.').unwrap_or(("", call.target));
        let made = operation_of(&self.clients, &call, operation)?;
        made.invoke(call.body.to_string()).await.or_fault(operation, call.service)
    }
}

type Made = Operation<String, Value, ErrorMetadata>;

fn operation_of(clients: &Clients, call: &JsonCall, operation: &'static str) -> Result<Made> {
    let config = clients.config().0;
    let region = api::region(config)?;
    let endpoint = endpoint(config, call.service, &region);
    let (target, version) = (call.target, version_of(call.service));
    let made = configured(clients, (call.service, operation), &endpoint, region)
        .serializer(move |body: String| request(target, version, body))
        .deserializer(answer);
    Ok(made.build())
}

/// Makes an operation of a service without a client of its own, with all that the SDK's clients have.
pub(crate) fn configured(
    clients: &Clients,
    (service, operation): (&'static str, &'static str),
    endpoint: &str,
    region: String,
) -> OperationBuilder {
    let (config, patience) = clients.config();
    let mut builder = Operation::builder()
        .service_name(service)
        .operation_name(operation)
        .endpoint_url(endpoint)
        .standard_retry(&config.retry_config().cloned().unwrap_or_else(limits::attempts))
        .timeout_config(config.timeout_config().cloned().unwrap_or_else(limits::ordinary))
        .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
        .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
        .interceptor(patience)
        .runtime_plugin(signed(config, service, region));
    if let Some(client) = config.http_client() {
        builder = builder.http_client(client);
    }
    if let Some(sleep) = config.sleep_impl() {
        builder = builder.sleep_impl(sleep);
    }
    if let Some(time) = config.time_source() {
        builder = builder.time_source(time);
    }
    builder
}

/// Returns the configured endpoint, such as a local cloud's, else the service's own (AWS General Reference, "AWS
/// service endpoints").
pub(crate) fn endpoint(config: &SdkConfig, service: &str, region: &str) -> String {
    if let Some(url) = config.endpoint_url() {
        return url.to_owned();
    }
    format!("https://{service}.{region}.{}", Partition::of(region).suffix)
}

/// Makes the part that signs with the credentials of the place.
fn signed(config: &SdkConfig, service: &'static str, region: String) -> StaticRuntimePlugin {
    let region = aws_config::Region::new(region);
    let mut layer = Layer::new("windlass::signed");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigningName::from_static(service));
    layer.store_put(SigningRegion::from(region.clone()));
    layer.store_put(SigV4OperationSigningConfig {
        region: Some(SigningRegion::from(region)),
        name: Some(SigningName::from_static(service)),
        signing_options: SigningOptions::default(),
        ..SigV4OperationSigningConfig::default()
    });
    let options = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
    let mut components = RuntimeComponentsBuilder::new("windlass::signed")
        .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
        .with_auth_scheme_option_resolver(Some(options))
        .with_identity_cache(config.identity_cache());
    if let Some(credentials) = config.credentials_provider() {
        components = components.with_identity_resolver(SCHEME_ID, credentials);
    }
    StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
}

/// Returns the content type of the version of the protocol that a service speaks (Smithy, "AWS JSON 1.0 protocol").
fn version_of(service: &str) -> &'static str {
    match service {
        "dynamodb" | "sqs" | "states" => "application/x-amz-json-1.0",
        _ => "application/x-amz-json-1.1",
    }
}

fn request(target: &'static str, version: &'static str, body: String) -> Result<HttpRequest, BoxError> {
    let mut request = post(version, body)?;
    request.headers_mut().insert("x-amz-target", target);
    Ok(request)
}

/// Makes a request with a body of this type.
pub(crate) fn post(content_type: &'static str, body: String) -> Result<HttpRequest, BoxError> {
    let length = body.len().to_string();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.insert("content-type", content_type);
    headers.insert("content-length", length);
    Ok(request)
}

/// Reads an answer. A success is a JSON document; an error names its code as `__type`, with or without a namespace.
fn answer(answer: &HttpResponse) -> Result<Value, OrchestratorError<ErrorMetadata>> {
    let body = answer.body().bytes().unwrap_or_default();
    let document: Result<Value, _> = serde_json::from_slice(body);
    if answer.status().is_success() {
        return document.map_err(|error| OrchestratorError::other(format!("no JSON: {error}")));
    }
    let document = document.unwrap_or_default();
    let code = document["__type"].as_str().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default();
    let message = ["message", "Message"].iter().find_map(|name| document[name].as_str());
    Err(refusal(Some(code).filter(|code| !code.is_empty()), message))
}

/// Makes the error of an answer, as far as it has a code and a message.
pub(crate) fn refusal(code: Option<&str>, message: Option<&str>) -> OrchestratorError<ErrorMetadata> {
    let mut error = ErrorMetadata::builder();
    if let Some(code) = code {
        error = error.code(code);
    }
    if let Some(message) = message {
        error = error.message(message);
    }
    OrchestratorError::operation(error.build())
}
