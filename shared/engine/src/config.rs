//! What a function is told by its environment when it starts.

/// The installation's fixed names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The artifacts bucket.
    pub artifacts_bucket: String,
    /// Whether it is installed into a VPC, so that probes may reach private addresses.
    pub in_vpc: bool,
    /// The base of links in messages, such as the HTTP API's URL; empty if unknown.
    pub links: String,
}

/// The installation's names, from whatever holds the ports.
pub trait Configured {
    /// The configuration.
    fn config(&self) -> &Config;
}
