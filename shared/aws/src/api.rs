//! The HTTP API of an installation, called with the caller's IAM credentials, or below `/ci` with the token of a CI
//! job: for the command line.

use crate::run_token::{JobToken, JobTokens, has_job_token};
use crate::{error, settings, web};
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;
use std::time::{Duration, SystemTime};
use url::Url;
use windlass_domain::release::api_routes::CI;
use windlass_domain::text::fault::{Fact, Fault, FaultName};
use windlass_engine::ports::Result;

/// API Gateway answers or gives up within 30 s (Amazon API Gateway Developer Guide, "Quotas for
/// HTTP APIs").
const ANSWER: Duration = Duration::from_secs(35);

/// The largest answer, in bytes: API Gateway's payload limit is 10 MB.
const LARGEST_ANSWER: u64 = 10 * 1024 * 1024;

/// The fault's text where nothing names a region.
const NO_REGION: &str =
    "no AWS region is known: set AWS_REGION, or `region` in the profile, to the region of the installation";

/// The service's name in a signature.
const SERVICE: &str = "execute-api";

/// The HTTP API, at its endpoint.
pub struct Api {
    endpoint: Url,
    caller: ApiCaller,
}

/// The proof by which the API knows its caller.
enum ApiCaller {
    /// Credentials, with which calls for a region are signed.
    Signed { home: Box<SdkConfig>, region: String },
    /// The token of a CI job.
    Job(JobToken),
}

/// An answer of the API, whatever its status.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null if it is not JSON.
    pub body: Value,
}

impl Api {
    /// Makes the API at `endpoint`, with credentials and region from the environment; `region` is used where the
    /// environment names none. No call is made.
    ///
    /// # Errors
    /// `BadInput` if the endpoint is no URL, no region is known, or a variable names an endpoint that is none.
    pub async fn from_env(endpoint: &str, region: Option<&str>) -> Result<Self> {
        Self::new(settings::sdk_config_of_a_person(region).await?, endpoint)
    }

    /// Makes the API at `endpoint`, with given credentials and region. The region in an endpoint of AWS goes before the
    /// configured one, because the signature must name the API's.
    ///
    /// # Errors
    /// As [`Api::from_env`].
    pub fn new(home: SdkConfig, endpoint: &str) -> Result<Self> {
        let endpoint = address(endpoint)?;
        let region = region_of(&endpoint).map_or_else(|| region(&home), Ok)?;
        Ok(Self { endpoint, caller: ApiCaller::Signed { home: Box::new(home), region } })
    }

    /// Makes the API at `endpoint` for the CI job that this program runs in: it shows the job's token, whose audience
    /// is the endpoint. No call is made.
    ///
    /// # Errors
    /// `BadInput` if the endpoint is no URL, `AccessDenied` without a token.
    pub fn of_job(endpoint: &str) -> Result<Self> {
        let none = || Fault::new(FaultName::AccessDenied, "this job has no token").with_fact(Fact::NoCredentials);
        let tokens = JobTokens::from_env().ok_or_else(none)?;
        let token = JobToken::new(tokens, endpoint.trim_end_matches('/'));
        Ok(Self { endpoint: address(endpoint)?, caller: ApiCaller::Job(token) })
    }

    /// Calls the API once. `key` is the `Idempotency-Key`, by which the API knows the same call again.
    ///
    /// # Errors
    /// `AccessDenied` without credentials, `Unavailable` without an answer, or without the token of a job. An answer
    /// with an error status is an answer.
    pub async fn call(
        &self,
        method: &str,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<ApiAnswer> {
        let url = self.url(path, query)?;
        let what = format!("{method} {url}");
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = match &self.caller {
            ApiCaller::Signed { home, region } => {
                signed(method, &url, body, (SERVICE, region.as_str()), credentials(home).await?)?
            }
            ApiCaller::Job(token) => {
                let shown = ("authorization".to_owned(), format!("Bearer {}", token.fresh().await?));
                with_headers(method, &url, body, vec![shown])?
            }
        };
        if let Some(key) = key {
            request
                .headers_mut()
                .try_insert("idempotency-key", key.to_owned())
                .map_err(|error| Fault::internal(format!("{what}: {error}")))?;
        }
        let answer = web::answer(request, &url, &what, (ANSWER, LARGEST_ANSWER)).await?;
        Ok(ApiAnswer { status: answer.status, body: serde_json::from_slice(&answer.body).unwrap_or(Value::Null) })
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Url> {
        let mut url = self.endpoint.clone();
        let below = matches!(self.caller, ApiCaller::Job(_)).then(|| CI.trim_start_matches('/'));
        let mut segments = url.path_segments_mut().map_err(|()| Fault::internal("the endpoint has no path"))?;
        segments.pop_if_empty().extend(below).extend(path);
        drop(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }
}

/// Returns whether calls of the API show the token of a CI job: one is at hand, there are no credentials of AWS, and
/// nothing names any.
pub async fn shows_job_token() -> bool {
    let is_named = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    if !has_job_token() || ["AWS_PROFILE", "AWS_ROLE_ARN"].into_iter().any(is_named) {
        return false;
    }
    let Ok(home) = settings::sdk_config_of_a_person(None).await else { return false };
    credentials(&home).await.is_err()
}

/// Reads the address of an API.
fn address(endpoint: &str) -> Result<Url> {
    let what = format!("`{endpoint}` is no address of an HTTP API");
    let none = || Fault::new(FaultName::BadInput, what).with_fact(Fact::NoAddress);
    web::http_address(endpoint).ok_or_else(none)
}

/// Makes a request with a signature for a service in a region.
///
/// # Errors
/// If the parts make no valid request.
pub(crate) fn signed(
    method: &str,
    url: &Url,
    body: String,
    signed_for: (&str, &str),
    credentials: Credentials,
) -> Result<HttpRequest> {
    let headers = sign_headers(method, url, &body, signed_for, credentials)?;
    with_headers(method, url, body, headers)
}

/// Makes a request with a body of JSON and these headers.
fn with_headers(method: &str, url: &Url, body: String, headers: Vec<(String, String)>) -> Result<HttpRequest> {
    let bad = |error: &dyn std::fmt::Display| Fault::internal(format!("{method} {url}: {error}"));
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method(method).map_err(|error| bad(&error))?;
    request.set_uri(url.as_str()).map_err(|error| bad(&error))?;
    request.headers_mut().insert("content-type", "application/json");
    for (name, value) in headers {
        request.headers_mut().try_insert(name, value).map_err(|error| bad(&error))?;
    }
    Ok(request)
}

/// Returns the region that is configured.
///
/// # Errors
/// `BadInput` if none is.
pub(crate) fn region(home: &SdkConfig) -> Result<String> {
    let region = home.region().map(ToString::to_string);
    region.ok_or_else(|| Fault::new(FaultName::BadInput, NO_REGION).with_fact(Fact::NoRegion))
}

/// Returns a person's credentials.
///
/// # Errors
/// `AccessDenied` if there are none; its text says what to do.
pub(crate) async fn credentials(home: &SdkConfig) -> Result<Credentials> {
    let named = |name| std::env::var(name).ok().filter(|it: &String| !it.is_empty());
    let (profile, role) = (named("AWS_PROFILE"), named("AWS_ROLE_ARN"));
    let none = |why: &str| {
        let message = no_credentials(profile.as_deref(), role.as_deref(), why);
        let fact = error::fact_of_provider(why).unwrap_or(Fact::NoCredentials);
        Fault::new(FaultName::AccessDenied, message).with_fact(fact)
    };
    match home.credentials_provider() {
        Some(provider) => provider.provide_credentials().await.map_err(|error| none(&error::of_credentials(&error))),
        None => Err(none("nothing provides them")),
    }
}

fn no_credentials(profile: Option<&str>, role: Option<&str>, why: &str) -> String {
    match (profile, role) {
        (Some(profile), _) => format!(
            "no AWS credentials: the profile `{profile}`, which AWS_PROFILE names, gives none ({why}). Name another \
             one, define it in ~/.aws/config, or sign in with it"
        ),
        // AWS SDKs and Tools Reference Guide, "Assume role credential provider".
        (None, Some(role)) => format!(
            "no AWS credentials: the role `{role}`, which AWS_ROLE_ARN names, was not given for the token of \
             AWS_WEB_IDENTITY_TOKEN_FILE (sts:AssumeRoleWithWebIdentity: {why}). Compare the role's trust policy with \
             the token's audience and subject"
        ),
        (None, None) => "no AWS credentials: the environment and ~/.aws give none. Set AWS_PROFILE to a profile, set \
                 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in"
            .to_owned(),
    }
}

/// Returns the headers of an AWS Signature Version 4.
fn sign_headers(
    method: &str,
    url: &Url,
    body: &str,
    (service, region): (&str, &str),
    credentials: Credentials,
) -> Result<Vec<(String, String)>> {
    let bad = |error: &dyn std::fmt::Display| Fault::internal(format!("signing {url}: {error}"));
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| bad(&error))?
        .into();
    let signed = [("content-type", "application/json")];
    let body = SignableBody::Bytes(body.as_bytes());
    let request = SignableRequest::new(method, url.as_str(), signed.into_iter(), body).map_err(|error| bad(&error))?;
    let (instructions, _) = sign(request, &parameters).map_err(|error| bad(&error))?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Reads the region in a host such as `abc123.execute-api.eu-west-1.amazonaws.com`.
fn region_of(endpoint: &Url) -> Option<String> {
    let mut labels = endpoint.host_str()?.split('.').skip(1);
    (labels.next()? == SERVICE)
        .then(|| labels.next().map(str::to_owned))
        .flatten()
        .filter(|region| region.contains('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(endpoint: &str) -> Result<Api> {
        let region = aws_config::Region::new("us-east-1");
        Api::new(SdkConfig::builder().region(region).build(), endpoint)
    }

    #[test]
    fn who_has_no_credentials_reads_where_they_were_looked_for() {
        for (profile, role, named) in [
            (None, None, "the environment and ~/.aws give none"),
            (Some("p"), None, "the profile `p`"),
            (Some("p"), Some("r"), "the profile `p`"),
            (None, Some("r"), "(sts:AssumeRoleWithWebIdentity: AccessDenied: No)"),
        ] {
            let message = no_credentials(profile, role, "AccessDenied: No");
            assert!(message.contains(named), "{message}");
        }
    }

    #[tokio::test]
    async fn a_caller_without_credentials_is_known_by_a_fact() {
        let fault = credentials(&SdkConfig::builder().build()).await.unwrap_err();
        assert_eq!((fault.name, fault.fact), (FaultName::AccessDenied, Some(Fact::NoCredentials)));
        assert_eq!(error::fact_of_provider("the session has expired"), Some(Fact::ExpiredCredentials));
        assert_eq!(error::fact_of_provider("nothing is configured"), None);
    }

    #[test]
    fn the_region_is_the_apis() {
        for (endpoint, wanted) in [
            ("https://abc.execute-api.eu-west-1.amazonaws.com", "eu-west-1"),
            ("http://abc.execute-api.localhost:4566", "us-east-1"),
            ("https://deploy.shop.example/windlass/", "us-east-1"),
        ] {
            let ApiCaller::Signed { region, .. } = api(endpoint).unwrap().caller else { unreachable!() };
            assert_eq!(region, wanted);
        }
    }

    #[test]
    fn a_job_calls_below_a_path_of_its_own() {
        let token = JobToken::new(JobTokens::Given("e30.e30.x".into()), "https://a.example");
        let api = Api { endpoint: address("https://a.example/stage/").unwrap(), caller: ApiCaller::Job(token) };
        let url = api.url(&["apps", "shop"], &[]).unwrap();
        assert_eq!(url.as_str(), "https://a.example/stage/ci/apps/shop");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for endpoint in ["", "shop", "ftp://shop.example", "file:///etc"] {
            let fault = api(endpoint).err().unwrap();
            assert_eq!((fault.name, fault.fact), (FaultName::BadInput, Some(Fact::NoAddress)), "{endpoint}");
        }
    }

    #[test]
    fn paths_are_joined_and_escaped() {
        let api = api("http://127.0.0.1:4566/_aws/execute-api/abc/$default/").unwrap();
        let url = api.url(&["apps", "a b/c"], &[("after", "x&y=1")]).unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:4566/_aws/execute-api/abc/$default/apps/a%20b%2Fc?after=x%26y%3D1");
    }

    #[test]
    fn the_signature_covers_host_time_and_content_type() {
        let url = Url::parse("https://abc.execute-api.eu-west-1.amazonaws.com/apps").unwrap();
        let credentials = Credentials::new("AKID", "secret", Some("session".into()), None, "test");
        let headers = sign_headers("GET", &url, "", (SERVICE, "eu-west-1"), credentials).unwrap();
        let authorization = &headers.iter().find(|(name, _)| name == "authorization").unwrap().1;
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"));
        assert!(authorization.contains("/eu-west-1/execute-api/aws4_request"));
        assert!(authorization.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token"));
        assert!(!authorization.contains("secret"));
    }
}
