//! Replayed HTTP: the answers that AWS documents, and the requests as they leave the machine.
//!
//! It is a client of our own, not the SDK's test utilities: those turn on features of the HTTP client and with them
//! compile every SDK crate a second time.

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};
use windlass_aws::{Aws, Settings};
use windlass_engine::config::Config;

/// A request as it was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub method: String,
    pub uri: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Sent {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the request's body is JSON")
    }
}

/// The reply to the next call.
pub enum Reply {
    Answer(Box<HttpResponse>),
    /// The answer got lost.
    Lost,
    /// Nothing is ever answered.
    Silence,
}

/// An answer of AWS.
pub fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<SdkBody>) -> Reply {
    let mut answer = HttpResponse::new(status.try_into().expect("a status"), body.into());
    for (name, value) in headers {
        answer.headers_mut().insert((*name).to_owned(), (*value).to_owned());
    }
    answer.headers_mut().insert("x-amzn-requestid", "request-7");
    Reply::Answer(Box::new(answer))
}

/// An error of a service with a JSON protocol.
pub fn json_error(status: u16, code: &str, message: &str) -> Reply {
    let body = serde_json::json!({"__type": code, "message": message}).to_string();
    reply(status, &[("x-amzn-errortype", code)], body)
}

/// An error of S3, which has an XML of its own.
pub fn s3_error(status: u16, code: &str) -> Reply {
    let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    reply(status, &[], body)
}

/// An error of another service with an XML protocol.
pub fn xml_error(status: u16, code: &str) -> Reply {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
    );
    reply(status, &[], body)
}

#[derive(Debug, Clone, Default)]
pub struct Replay(Arc<Mutex<Tape>>);

#[derive(Default)]
struct Tape {
    replies: VecDeque<Reply>,
    sent: Vec<Sent>,
    is_silent: bool,
    /// The time limits that run.
    limits: Vec<Duration>,
    gave_up_after: Option<Duration>,
    /// The seconds by which the clock has moved since the first call was made.
    passed_s: i64,
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} sent", self.sent.len())
    }
}

impl Replay {
    /// Makes an AWS that answers like this, in order. A call beyond them finds no connection.
    pub fn new(replies: Vec<Reply>) -> (Aws, Self) {
        let replay = Self(Arc::new(Mutex::new(Tape { replies: replies.into(), ..Tape::default() })));
        (Aws::new(config(replay.clone()), settings()), replay)
    }

    /// Returns the requests that were sent.
    pub fn sent(&self) -> Vec<Sent> {
        self.0.lock().expect("unpoisoned").sent.clone()
    }

    /// Returns the time after which an unanswered call was given up.
    pub fn gave_up_after(&self) -> Option<Duration> {
        self.0.lock().expect("unpoisoned").gave_up_after
    }

    /// Lets time pass on the wall clock; it is set back by a time below zero.
    pub fn pass_seconds(&self, seconds: i64) {
        self.0.lock().expect("unpoisoned").passed_s += seconds;
    }

    /// Returns the only request that was sent.
    pub fn only(&self) -> Sent {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "one request was to be sent: {sent:#?}");
        sent[0].clone()
    }
}

pub fn settings() -> Settings {
    Settings {
        table: Some("ledger".into()),
        state_machine: Some("arn:aws:states:eu-west-1:111111111111:stateMachine:w-release".into()),
        event_bus: Some("w".into()),
        topic: Some("arn:aws:sns:eu-west-1:111111111111:w".into()),
        runner: Some("windlass-run-task".into()),
        config: Config { artifacts_bucket: "artifacts".into(), stack: "windlass".into(), ..Config::default() },
    }
}

fn config(replay: Replay) -> SdkConfig {
    let credentials = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1)))
        .sleep_impl(Awake(replay.clone()))
        // As the SDK's own loading of the environment sets them.
        .time_source(Clock(replay.clone()))
        .identity_cache(IdentityCache::lazy().build())
        .http_client(SharedHttpClient::new(replay))
        .build()
}

/// A clock that stands until time is made to pass.
#[derive(Debug)]
struct Clock(Replay);

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        let Replay(tape) = &self.0;
        let passed_s = tape.lock().expect("unpoisoned").passed_s;
        let seconds = 1_800_000_000_u64.saturating_add_signed(passed_s);
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }
}

/// Waits for nothing, so that retries take no time.
#[derive(Debug)]
struct Awake(Replay);

impl aws_sdk_s3::config::AsyncSleep for Awake {
    fn sleep(&self, wait: Duration) -> aws_sdk_s3::config::Sleep {
        if wait < Duration::from_secs(1) {
            return aws_sdk_s3::config::Sleep::new(std::future::ready(()));
        }
        // The SDK's time limits are sleeps as well.
        let Replay(tape) = self.0.clone();
        tape.lock().expect("unpoisoned").limits.push(wait);
        aws_sdk_s3::config::Sleep::new(Limit { tape, wait })
    }
}

/// A time limit: over only where nothing is answered, and then the shortest that runs.
struct Limit {
    tape: Arc<Mutex<Tape>>,
    wait: Duration,
}

impl Future for Limit {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let mut tape = self.tape.lock().expect("unpoisoned");
        if !tape.is_silent || tape.limits.iter().min() != Some(&self.wait) {
            return Poll::Pending;
        }
        tape.gave_up_after = Some(self.wait);
        Poll::Ready(())
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        let mut tape = self.tape.lock().expect("unpoisoned");
        if let Some(at) = tape.limits.iter().position(|wait| *wait == self.wait) {
            tape.limits.remove(at);
        }
    }
}

impl HttpClient for Replay {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let body = request.body().bytes().unwrap_or_default();
        let sent = Sent {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            headers: headers.collect(),
            body: String::from_utf8_lossy(body).into_owned(),
        };
        let mut tape = self.0.lock().expect("unpoisoned");
        tape.sent.push(sent);
        HttpConnectorFuture::ready(match tape.replies.pop_front() {
            Some(Reply::Silence) => {
                tape.is_silent = true;
                return HttpConnectorFuture::new(std::future::pending());
            }
            Some(Reply::Answer(answer)) => Ok(*answer),
            Some(Reply::Lost) => Err(ConnectorError::timeout("the answer was lost".into())),
            None => Err(ConnectorError::io("nothing more is answered".into())),
        })
    }
}
