use super::Answered;
use bytes::Bytes;

/// What an address answered.
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
    /// How long it took until the body was complete, in milliseconds.
    pub ms: u64,
}

impl ProbeAnswer {
    /// Whether its status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The content type in lower case without its parameters, such as `text/html`; empty where none is told.
    pub fn essence(&self) -> String {
        let found = self.content_type.as_deref().unwrap_or_default();
        let essence = found.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    }
}

/// What came of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// It answered.
    Answer(ProbeAnswer),
    /// It did not answer in time, or the connection failed: what happened.
    NoAnswer(String),
    /// The address is not allowed: loopback, link-local, or private without a VPC. Which, and why.
    Forbidden(String),
}

/// HTTP probes from the function's network.
pub trait Probe {
    /// Fetches an address with GET, following at most five redirects, each of whose addresses is
    /// checked after name resolution.
    async fn probe(&self, url: &str, timeout_ms: u64, limit: u64) -> Answered<Probed>;
}
