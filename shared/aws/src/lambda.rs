//! AWS Lambda, and the calls of functions that take long: the event that asks for one, and the one call.

use crate::document::AnswerBody;
use crate::error::{OrFault, code, fault, message};
use crate::function_document::{function_of, text};
use crate::{Aws, limits, web};
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{AliasRoutingConfiguration, CodeSigningPolicy, InvocationType, LogType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{
    Alias, CallAnswer, Code, CodeRoom, Function, Invoked, LambdaApi, LambdaInvokeApi, NOT_READY, OneCall, Provisioned,
    Result,
};

impl LambdaApi for Aws {
    async fn function(&self, name: &str, qualifier: Option<&str>) -> Result<Function> {
        let answer = AnswerBody::default();
        let request = self.clients.lambda().get_function().function_name(name);
        let sent =
            request.set_qualifier(qualifier.map(str::to_owned)).customize().interceptor(answer.clone()).send().await;
        sent.or_fault("GetFunction", name)?;
        let document = answer.json()?;
        let mut function = function_of(&document["Configuration"]);
        function.image = text(&document["Code"]["ResolvedImageUri"]);
        function.code_location = text(&document["Code"]["Location"]);
        function.code_key = text(&document["Code"]["SourceKMSKeyArn"]);
        let reserved = document["Concurrency"]["ReservedConcurrentExecutions"].as_u64();
        function.reserved = reserved.and_then(|reserved| u32::try_from(reserved).ok());
        Ok(function)
    }

    async fn update_code(&self, name: &str, code: Code, code_key: Option<&str>, revision_id: &str) -> Result<Function> {
        let answer = AnswerBody::default();
        let request = self
            .clients
            .lambda()
            .update_function_code()
            .function_name(name)
            .set_source_kms_key_arn(code_key.map(str::to_owned))
            .revision_id(revision_id);
        let request = match code {
            Code::Zip(bytes) => request.zip_file(Blob::new(bytes)),
            Code::Object { bucket, key, version_id } => {
                request.s3_bucket(bucket).s3_key(key).s3_object_version(version_id)
            }
            Code::Image(uri) => request.image_uri(uri),
        };
        let sent =
            request.customize().config_override(once(limits::switching())).interceptor(answer.clone()).send().await;
        sent.or_fault("UpdateFunctionCode", name)?;
        Ok(function_of(&answer.json()?))
    }

    async fn publish_version(
        &self,
        name: &str,
        code_sha256: &str,
        revision_id: &str,
        description: &str,
    ) -> Result<Function> {
        let answer = AnswerBody::default();
        let request = self.clients.lambda().publish_version().function_name(name);
        let sent = request
            .code_sha256(code_sha256)
            .revision_id(revision_id)
            .description(description)
            .customize()
            .interceptor(answer.clone())
            .send()
            .await;
        match sent {
            Ok(_) => Ok(function_of(&answer.json()?)),
            // Lambda has no code of its own for a CodeSha256 that is not the present one.
            Err(error)
                if code(&error) == Some("InvalidParameterValueException")
                    && message(&error).to_ascii_lowercase().contains("codesha256") =>
            {
                Err(Fault::new(
                    FaultName::Conflict,
                    format!("PublishVersion {name}: the function's code is not {code_sha256} any more"),
                ))
            }
            Err(error) => Err(fault(&error, "PublishVersion", name)),
        }
    }

    async fn versions(&self, name: &str) -> Result<Vec<Function>> {
        let mut versions = Vec::new();
        let mut marker = None;
        loop {
            let answer = AnswerBody::default();
            let request = self.clients.lambda().list_versions_by_function();
            let sent =
                request.function_name(name).set_marker(marker).customize().interceptor(answer.clone()).send().await;
            let page = sent.or_fault("ListVersionsByFunction", name)?;
            let document = answer.json()?;
            let listed = document["Versions"].as_array().into_iter().flatten();
            versions.extend(listed.map(function_of).filter(|f| f.version != "$LATEST"));
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                versions.sort_by_key(|f| f.version.parse::<u64>().unwrap_or(u64::MAX));
                return Ok(versions);
            }
        }
    }

    async fn alias(&self, name: &str, alias: &str) -> Result<Alias> {
        let sent = self.clients.lambda().get_alias().function_name(name).name(alias).send().await;
        let answer = sent.or_fault("GetAlias", &format!("{name}:{alias}"))?;
        Ok(alias_of(answer.function_version, answer.routing_config, answer.revision_id))
    }

    async fn update_alias(
        &self,
        name: &str,
        alias: &str,
        version: &str,
        weights: &[(String, String)],
        revision_id: &str,
    ) -> Result<Alias> {
        let request = self.clients.lambda().update_alias().function_name(name);
        let sent = request
            .name(alias)
            .function_version(version)
            .routing_config(routing(weights)?)
            .revision_id(revision_id)
            .customize()
            .config_override(once(limits::switching()))
            .send()
            .await;
        let answer = sent.or_fault("UpdateAlias", &format!("{name}:{alias}"))?;
        Ok(alias_of(answer.function_version, answer.routing_config, answer.revision_id))
    }

    async fn code_room(&self) -> Result<CodeRoom> {
        let sent = self.clients.lambda().get_account_settings().send().await;
        let answer = sent.or_fault("GetAccountSettings", "of AWS Lambda")?;
        let bytes = |size: Option<i64>| size.and_then(|bytes| u64::try_from(bytes).ok());
        let used = bytes(answer.account_usage.map(|usage| usage.total_code_size));
        let total = bytes(answer.account_limit.map(|limit| limit.total_code_size));
        used.zip(total).map(|(used, total)| CodeRoom { used, total }).ok_or_else(|| {
            let message = "GetAccountSettings of AWS Lambda: the answer shows no sizes of code";
            Fault::new(FaultName::Unavailable, message)
        })
    }

    async fn takes_only_signed(&self, name: &str) -> Result<bool> {
        let sent = self.clients.lambda().get_function_code_signing_config().function_name(name).send().await;
        // A function without a configuration has an empty one here.
        let arn = sent.or_fault("GetFunctionCodeSigningConfig", name)?.code_signing_config_arn;
        if arn.is_empty() {
            return Ok(false);
        }
        let sent = self.clients.lambda().get_code_signing_config().code_signing_config_arn(&arn).send().await;
        let config = sent.or_fault("GetCodeSigningConfig", &arn)?.code_signing_config;
        let policies = config.and_then(|config| config.code_signing_policies);
        let policy = policies.and_then(|policies| policies.untrusted_artifact_on_deployment);
        Ok(policy == Some(CodeSigningPolicy::Enforce))
    }

    async fn provisioned(&self, name: &str, qualifier: &str) -> Result<Option<Provisioned>> {
        let request = self.clients.lambda().get_provisioned_concurrency_config();
        let sent = request.function_name(name).qualifier(qualifier).send().await;
        let (none, named) = (["ProvisionedConcurrencyConfigNotFoundException"], format!("{name}:{qualifier}"));
        let found = sent.or_none("GetProvisionedConcurrencyConfig", &named, &none)?;
        Ok(found.map(|config| Provisioned {
            status: config.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            reason: config.status_reason.unwrap_or_default(),
        }))
    }

    async fn invoke(&self, name: &str, qualifier: &str, payload: &Value) -> Result<Invoked> {
        let request = self.clients.lambda().invoke().function_name(name);
        let started = Instant::now();
        let sent = request
            .qualifier(qualifier)
            .payload(Blob::new(payload.to_string()))
            .customize()
            .config_override(once(limits::invocation()))
            .send()
            .await;
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let called = format!("{name}:{qualifier}");
        let answer = sent.map_err(|error| not_ready(fault(&error, "Invoke", &called), code(&error)))?;
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        Ok(Invoked { error: answer.function_error, payload: json_or_text(&payload), ms })
    }

    async fn function_tags(&self, arn: &str) -> Result<BTreeMap<String, String>> {
        let answer = self.clients.lambda().list_tags().resource(arn).send().await.or_fault("ListTags", arn)?;
        Ok(answer.tags.unwrap_or_default().into_iter().collect())
    }

    async fn download(&self, code_location: &str) -> Result<Bytes> {
        web::download(code_location).await
    }
}

/// Returns the fault, as `StillInProgress` where Lambda says that it cannot run the function yet.
pub(crate) fn not_ready(fault: Fault, code: Option<&str>) -> Fault {
    if code.is_some_and(|code| NOT_READY.contains(&code)) {
        Fault::new(FaultName::StillInProgress, fault.message)
    } else {
        fault
    }
}

fn json_or_text(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}

/// Returns the routing with these weights. An empty map clears them; without the member they would stay (AWS Lambda API
/// Reference, UpdateAlias).
fn routing(weights: &[(String, String)]) -> Result<AliasRoutingConfiguration> {
    let mut shares = HashMap::new();
    for (version, share) in weights {
        let share = share
            .parse::<f64>()
            .map_err(|_| Fault::internal(format!("the weight `{share}` of version {version} is no number")))?;
        shares.insert(version.clone(), share);
    }
    Ok(AliasRoutingConfiguration::builder().set_additional_version_weights(Some(shares)).build())
}

fn alias_of(version: Option<String>, routing: Option<AliasRoutingConfiguration>, revision_id: Option<String>) -> Alias {
    let shares = routing.and_then(|routing| routing.additional_version_weights);
    let shares: BTreeMap<String, f64> = shares.unwrap_or_default().into_iter().collect();
    Alias {
        version: version.unwrap_or_default(),
        weights: shares.into_iter().map(|(version, share)| (version, share.to_string())).collect(),
        revision_id: revision_id.unwrap_or_default(),
    }
}

impl LambdaInvokeApi for Aws {
    async fn ask_runner(&self, ask: &Value) -> Result<()> {
        let runner = self.settings().runner()?;
        let request = self.clients.lambda().invoke().function_name(runner);
        let sent = request
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(ask.to_string()))
            .customize()
            .config_override(once(limits::switching()))
            .send()
            .await;
        sent.or_fault("Invoke", runner).map(drop)
    }

    async fn call_once(&self, call: &OneCall) -> Result<CallAnswer> {
        let request = self.clients.lambda().invoke().function_name(&call.name);
        let within = Duration::from_secs(call.within_s);
        let sent = request
            .qualifier(&call.version)
            .set_log_type(call.wants_log.then_some(LogType::Tail))
            .payload(Blob::new(call.payload.to_string()))
            .customize()
            .config_override(once(limits::switching_within(within)))
            .send()
            .await;
        let called = format!("{}:{}", call.name, call.version);
        let answer = sent.map_err(|error| not_ready(fault(&error, "Invoke", &called), code(&error)))?;
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        Ok(CallAnswer {
            error_type: error_type(answer.function_error.as_deref(), &payload),
            error: answer.function_error,
            tail: answer.log_result.as_deref().map(tail).unwrap_or_default(),
        })
    }
}

/// Returns a configuration by which a call is sent once: see [`limits::one_attempt`].
pub(crate) fn once(limits: aws_config::timeout::TimeoutConfig) -> Builder {
    Builder::new().retry_config(limits::one_attempt()).timeout_config(limits)
}

/// Returns the error's type alone: its message and the rest of the answer may have a secret in them.
pub(crate) fn error_type(error: Option<&str>, payload: &[u8]) -> String {
    let document = error.and_then(|_| serde_json::from_slice::<Value>(payload).ok());
    document.and_then(|document| document["errorType"].as_str().map(str::to_owned)).unwrap_or_default()
}

/// Decodes the end of a log, which comes in Base64; empty where it cannot be read.
fn tail(encoded: &str) -> String {
    let bytes = STANDARD.decode(encoded).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
