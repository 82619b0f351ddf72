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
