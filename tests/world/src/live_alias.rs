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

/// An alias. One with provisioned concurrency moves as people see Lambda do it (hashicorp/terraform-provider-aws, pull
/// request 48116; gradientedge/cdk-utils, pull request 1110): until the concurrency is there, it shows a weight of 1
/// for the former version, to which all callers go.
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
    /// The version that keeps all callers until the provisioned concurrency is there.
    pub former: Option<String>,
}

impl LiveAlias {
    /// Makes one that sends all callers to a version.
    pub fn at(version: &str) -> Self {
        Self { version: version.to_owned(), weights: vec![], revision: 1, provisioned: None, former: None }
    }

    /// Returns the version that keeps all callers for now, if one does.
    pub fn kept_at(&self) -> Option<&String> {
        let is_short = self.provisioned.is_some_and(|it| it.available < it.requested);
        self.former.as_ref().filter(|_| is_short)
    }

    /// Returns the weights as Lambda shows them.
    pub(crate) fn shown(&self) -> Vec<(String, String)> {
        match self.kept_at() {
            Some(former) => vec![(former.clone(), "1.0".to_owned())],
            None => self.weights.clone(),
        }
    }

    /// Returns the version that callers get who get no share.
    pub(crate) fn serves(&self) -> &str {
        self.kept_at().unwrap_or(&self.version)
    }

    /// Lets a person give all callers to the version that they get already, where another one is on its way.
    pub fn stay(&mut self) {
        if let Some(kept) = self.kept_at().cloned() {
            self.point(&kept, vec![]);
        }
    }

    /// Sends the callers elsewhere. A version that kept them meanwhile has its concurrency still.
    pub(crate) fn point(&mut self, version: &str, weights: Vec<(String, String)>) {
        let served = self.serves().to_owned();
        if let Some(provisioned) = &mut self.provisioned
            && self.version != version
        {
            let is_kept = served == version;
            provisioned.available = if is_kept { provisioned.requested } else { 0 };
            self.former = Some(served).filter(|_| !is_kept);
        }
        version.clone_into(&mut self.version);
        self.weights = weights;
        self.revision += 1;
    }
}
