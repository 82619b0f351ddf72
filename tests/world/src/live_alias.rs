//! An alias of a Lambda function in memory: where it sends its callers, and its provisioned
//! concurrency.

use windlass_engine::ports::Provisioned as Described;

/// Provisioned concurrency of an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provisioned {
    /// The number of concurrent executions that are asked for.
    pub requested: u32,
    /// The number that is there; it grows by one at every call.
    pub available: u32,
    /// True if there is no capacity for the rest.
    pub fails: bool,
}

impl Provisioned {
    pub(crate) fn described(self) -> Described {
        let status = match (self.available < self.requested, self.fails) {
            (false, _) => "READY",
            (true, false) => "IN_PROGRESS",
            (true, true) => "FAILED",
        };
        let reason = if status == "FAILED" { "no capacity" } else { "" };
        Described { status: status.into(), reason: reason.into() }
    }

    /// Lets the time of one call pass.
    pub(crate) fn tick(&mut self) {
        if !self.fails {
            self.available = self.requested.min(self.available + 1);
        }
    }
}

/// An alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveAlias {
    /// The version that gets the rest.
    pub version: String,
    /// Versions that get a share.
    pub weights: Vec<(String, String)>,
    /// Its revision.
    pub revision: u64,
    /// Its provisioned concurrency.
    pub provisioned: Option<Provisioned>,
}
