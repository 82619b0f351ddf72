//! Calls of functions that take long: the event that asks for one, and the one call.

use crate::Aws;
use crate::error::{OrFault, code, fault};
use crate::lambda::not_ready;
use crate::limits;
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::time::Duration;
use windlass_engine::ports::{CallAnswer, LambdaInvokeApi, OneCall, Result};

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

fn once(limits: aws_config::timeout::TimeoutConfig) -> Builder {
    Builder::new().retry_config(limits::one_attempt()).timeout_config(limits)
}

/// Returns the error's type alone: its message and the rest of the answer may have a secret in them.
fn error_type(error: Option<&str>, payload: &[u8]) -> String {
    let told = error.and_then(|_| serde_json::from_slice::<Value>(payload).ok());
    let told = told.and_then(|told| told["errorType"].as_str().map(str::to_owned));
    told.unwrap_or_default()
}

/// Decodes the end of a log, which comes in Base64; empty where it cannot be read.
fn tail(encoded: &str) -> String {
    let bytes = STANDARD.decode(encoded).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
