//! The token of OpenID Connect that GitHub gives a job with `id-token: write` (GitHub Docs, "OpenID Connect
//! reference").

use crate::web;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::time::Duration;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::Result;

const LARGEST_ANSWER: u64 = 64 * 1024;
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// Asks the token service of a run for a token for AWS, and returns the token's subject, which the trust policies of
/// roles compare. Address and secret are those that the job finds in its environment; the token itself is kept nowhere.
///
/// # Errors
/// No answer in time, or one without a token.
pub async fn subject_of_run(address: &str, secret: &str) -> Result<String> {
    let what = "the token service of this run";
    let none = |why: String| Fault::new(FaultName::Unavailable, format!("{what}: {why}"));
    let mut url = web::http_address(address).ok_or_else(|| none("its address is none of HTTP".to_owned()))?;
    url.query_pairs_mut().append_pair("audience", "sts.amazonaws.com");
    let mut request = HttpRequest::get(url.as_str()).map_err(|error| none(error.to_string()))?;
    let named = request.headers_mut().try_insert("authorization", format!("bearer {secret}"));
    named.map_err(|error| none(error.to_string()))?;
    let answer = web::answer(request, &url, what, (ANSWERS_WITHIN, LARGEST_ANSWER)).await?;
    let subject = subject(&answer.body).filter(|_| answer.status == 200);
    subject.ok_or_else(|| none(format!("HTTP status {} and no token", answer.status)))
}

fn subject(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let claims = answer["value"].as_str()?.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims["sub"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_read_of_the_claims_of_a_token_and_of_nothing_else() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"sub": "repo:acme/shop:pull_request"}"#);
        let subject_of = |value: &str| subject(format!(r#"{{"value": "{value}"}}"#).as_bytes());
        let wanted = Some("repo:acme/shop:pull_request".to_owned());
        assert_eq!(subject_of(&format!("e30.{claims}.x")), wanted);
        assert_eq!(subject_of(&format!("e30.{claims}=.x")), wanted);
        for none in ["", "e30", "e30.e30.x", "e30.?.x"] {
            assert_eq!(subject_of(none), None, "{none}");
        }
        assert_eq!(subject(b"<html>"), None);
    }
}
