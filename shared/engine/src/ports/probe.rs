use super::Result;
use bytes::Bytes;
use std::collections::BTreeMap;

/// The answer of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// The status after redirects.
    pub status: u16,
    /// The content type.
    pub content_type: Option<String>,
    /// The cache header.
    pub cache_control: Option<String>,
    /// The first bytes of the body, at most `limit`.
    pub body: Bytes,
    /// The time until the body was complete, in milliseconds.
    pub ms: u64,
}

impl ProbeAnswer {
    /// Returns whether its status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the content type in lower case without its parameters, such as `text/html`; empty if none is given.
    pub fn essence(&self) -> String {
        let essence = self.content_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    }
}

/// A request with GET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Get<'a> {
    /// The address; `https` or `http`.
    pub url: &'a str,
    /// The headers to send, by their names in lower case. They are sent to the address's own host alone.
    pub headers: &'a BTreeMap<String, String>,
    /// The time for all of it, in milliseconds.
    pub timeout_ms: u64,
    /// The bytes of the body that are read.
    pub limit: u64,
}

impl<'a> Get<'a> {
    /// Returns a request without headers.
    pub const fn plain(url: &'a str, timeout_ms: u64, limit: u64) -> Self {
        const NONE: &BTreeMap<String, String> = &BTreeMap::new();
        Self { url, headers: NONE, timeout_ms, limit }
    }
}

/// The outcome of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// It answered.
    Answer(ProbeAnswer),
    /// It did not answer in time, or the connection failed. The text says what happened.
    NoAnswer(String),
    /// The address is not allowed: loopback, link-local, or private without a VPC. The text names the address, and
    /// says why.
    Forbidden(String),
}

/// A conversation over a WebSocket: what is said, and what is to be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversation<'a> {
    /// The address; `wss` or `ws`.
    pub url: &'a str,
    /// The text message that is sent when the connection is open.
    pub send: Option<&'a str>,
    /// The text that a message after that must contain; absent if the open connection is enough.
    pub expect: Option<&'a str>,
    /// The time for all of it, in milliseconds.
    pub timeout_ms: u64,
}

/// The outcome of a conversation. It does not say what was heard instead, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConversationOutcome {
    /// The expected message came, after this many milliseconds.
    Expected(u64),
    /// Something went wrong, or the time is over. The text says what happened.
    Not(String),
    /// No connection was made. The text says what happened.
    Closed(String),
    /// The address is not allowed, as for [`Probed::Forbidden`]. The text names the address, and says why.
    Forbidden(String),
}

/// Probes from the function's network.
pub trait ProbeApi {
    /// Opens a WebSocket (RFC 6455) to an address that is checked after name resolution, says and hears, and closes it.
    /// No redirect is followed.
    async fn converse(&self, about: &Conversation<'_>) -> Result<ConversationOutcome>;

    /// Fetches an address with GET, following at most five redirects, each of whose addresses is
    /// checked after name resolution.
    async fn probe(&self, get: &Get<'_>) -> Result<Probed>;
}
