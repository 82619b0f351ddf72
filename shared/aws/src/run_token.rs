//! The tokens of OpenID Connect that a CI job has: GitHub's token service gives them to a job with `id-token: write`
//! (GitHub Docs, "OpenID Connect reference"), and GitLab puts one into a variable that the job names (GitLab Docs,
//! "OpenID Connect (OIDC) authentication using ID tokens"). A token is kept in memory alone, and is in no text.

use crate::web;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::Result;

const LARGEST_ANSWER: u64 = 64 * 1024;
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// The time for which a token of GitHub's is shown. It lives for some minutes, and a deployment is watched for hours.
const SHOWN_FOR: Duration = Duration::from_mins(4);

/// What a token service is called in a text.
const SERVICE: &str = "the token service of this run";

/// Returns whether this program runs in a CI job that has a token, or may get one.
pub fn has_job_token() -> bool {
    JobTokens::from_env().is_some()
}

/// The place where the tokens of a CI job come from.
pub(crate) enum JobTokens {
    /// GitHub's token service: its address, and the secret by which it knows the job.
    Service(String, String),
    /// A token that was given with the job, as GitLab does.
    Given(String),
}

impl JobTokens {
    pub(crate) fn from_env() -> Option<Self> {
        Self::of(|name| std::env::var(name).ok())
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let named = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let service =
            || Some(Self::Service(named("ACTIONS_ID_TOKEN_REQUEST_URL")?, named("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?));
        named("WINDLASS_ID_TOKEN").map(Self::Given).or_else(service)
    }
}

/// The token of a CI job for one audience, which is fetched anew before it ends.
pub(crate) struct JobToken {
    tokens: JobTokens,
    audience: String,
    kept: Mutex<Option<(Instant, String)>>,
}

impl JobToken {
    pub(crate) fn new(tokens: JobTokens, audience: &str) -> Self {
        Self { tokens, audience: audience.to_owned(), kept: Mutex::new(None) }
    }

    /// Returns a token that is valid now.
    ///
    /// # Errors
    /// No answer in time, or one without a token.
    pub(crate) async fn fresh(&self) -> Result<String> {
        let (address, secret) = match &self.tokens {
            JobTokens::Given(token) => return Ok(token.clone()),
            JobTokens::Service(address, secret) => (address, secret),
        };
        let kept = self.kept.lock().ok().and_then(|kept| kept.clone());
        if let Some((_, token)) = kept.filter(|(since, _)| since.elapsed() < SHOWN_FOR) {
            return Ok(token);
        }
        let token = token_of_run(address, secret, &self.audience).await?;
        if let Ok(mut kept) = self.kept.lock() {
            *kept = Some((Instant::now(), token.clone()));
        }
        Ok(token)
    }
}

/// Asks the token service of a run for a token for AWS, and returns the token's subject, which the trust policies of
/// roles compare. Address and secret are those that the job finds in its environment; the token itself is kept nowhere.
///
/// # Errors
/// No answer in time, or one without a token.
pub async fn subject_of_run(address: &str, secret: &str) -> Result<String> {
    let token = token_of_run(address, secret, "sts.amazonaws.com").await?;
    subject(&token).ok_or_else(|| none("its token names no subject"))
}

fn none(why: &str) -> Fault {
    Fault::new(FaultName::Unavailable, format!("{SERVICE}: {why}"))
}

async fn token_of_run(address: &str, secret: &str, audience: &str) -> Result<String> {
    let mut url = web::http_address(address).ok_or_else(|| none("its address is none of HTTP"))?;
    url.query_pairs_mut().append_pair("audience", audience);
    let mut request = HttpRequest::get(url.as_str()).map_err(|error| none(&error.to_string()))?;
    let named = request.headers_mut().try_insert("authorization", format!("bearer {secret}"));
    named.map_err(|_| none("its secret is no header"))?;
    let answer = web::answer(request, &url, SERVICE, (ANSWERS_WITHIN, LARGEST_ANSWER)).await?;
    let token = token(&answer.body).filter(|_| answer.status == 200);
    token.ok_or_else(|| none(&format!("HTTP status {} and no token", answer.status)))
}

/// Returns the token in an answer: three parts, the second of which has the claims.
fn token(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    answer["value"].as_str().filter(|token| token.split('.').nth(1).is_some()).map(str::to_owned)
}

fn subject(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?;
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
        let subject_of = |value: &str| subject(&token(format!(r#"{{"value": "{value}"}}"#).as_bytes())?);
        let wanted = Some("repo:acme/shop:pull_request".to_owned());
        assert_eq!(subject_of(&format!("e30.{claims}.x")), wanted);
        assert_eq!(subject_of(&format!("e30.{claims}=.x")), wanted);
        for none in ["", "e30", "e30.e30.x", "e30.?.x"] {
            assert_eq!(subject_of(none), None, "{none}");
        }
        assert_eq!(token(b"<html>"), None);
    }

    #[test]
    fn a_job_has_a_token_where_its_variables_are_not_empty() {
        let (url, secret) = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
        let (service, given) = (Some("service"), Some("given"));
        for (variables, wanted) in [
            (&[(url, "https://a.example")][..], None),
            (&[], None),
            (&[(url, "https://a.example"), (secret, "")], None),
            (&[(url, "https://a.example"), (secret, "s")], service),
            (&[("WINDLASS_ID_TOKEN", " \n")], None),
            (&[("WINDLASS_ID_TOKEN", "e30.e30.x\n")], given),
            (&[("WINDLASS_ID_TOKEN", "e30.e30.x"), (url, "https://a.example"), (secret, "s")], given),
        ] {
            let variable = |name: &str| variables.iter().find(|(it, _)| *it == name).map(|(_, it)| (*it).to_owned());
            let found = JobTokens::of(variable).map(|tokens| match tokens {
                JobTokens::Service(..) => "service",
                JobTokens::Given(token) => {
                    assert_eq!(token, "e30.e30.x");
                    "given"
                }
            });
            assert_eq!(found, wanted, "{variables:?}");
        }
    }
}
