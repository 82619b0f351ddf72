//! Users' functions that are components: one call of one version, sent once.

use crate::error::{code, fault};
use crate::lambda::{error_type, not_ready, once};
use crate::{Aws, limits};
use aws_sdk_lambda::primitives::Blob;
use serde_json::Value;
use std::time::Duration;
use windlass_domain::declaration::kinds::external::{Act, Observe};
use windlass_engine::ports::{
    ExternalActApi, ExternalAnswer, ExternalLookApi, LOOK_S, PinnedFunction, Result, STARTS_S,
};

/// The longest type of an error that is kept, in bytes.
const LONGEST_TYPE: usize = 100;

impl ExternalLookApi for Aws {
    async fn look(&self, function: &PinnedFunction, request: &Observe) -> Result<ExternalAnswer> {
        self.ask_external(function, request.json(), LOOK_S).await
    }
}

impl ExternalActApi for Aws {
    async fn act(&self, function: &PinnedFunction, request: &Act) -> Result<ExternalAnswer> {
        let within_s = function.timeout_s.saturating_add(STARTS_S);
        self.ask_external(function, request.json(), within_s).await
    }
}

impl Aws {
    /// Invokes a version and waits so many seconds for its answer. Nothing but the type of an error is read of it here.
    async fn ask_external(&self, function: &PinnedFunction, request: &Value, within_s: u64) -> Result<ExternalAnswer> {
        let called = format!("{}:{}", function.name, function.version);
        let sent = self
            .clients
            .lambda()
            .invoke()
            .function_name(&function.name)
            .qualifier(&function.version)
            .payload(Blob::new(request.to_string()))
            .customize()
            .config_override(once(limits::switching_within(Duration::from_secs(within_s))))
            .send()
            .await;
        let answer = sent.map_err(|error| not_ready(fault(&error, "Invoke", &called), code(&error)))?;
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        Ok(match answer.function_error {
            Some(error) => ExternalAnswer::Failed(plain_type(error_type(Some(&error), &payload), error)),
            None => ExternalAnswer::Answered(payload.into()),
        })
    }
}

/// Returns the type of an error where it is a name, and else what Lambda says of it: a text of the function's own may
/// have a secret in it.
fn plain_type(named: String, of_lambda: String) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    let is_plain = !named.is_empty() && named.len() <= LONGEST_TYPE && named.chars().all(is_name);
    if is_plain { named } else { of_lambda }
}
