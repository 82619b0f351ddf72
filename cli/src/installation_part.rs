//! The parts of an installation that a command must find.

use crate::installation_source::{GivenOption, given};

/// The parts of an installation whose place a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallationPart {
    /// The address of the HTTP API.
    Endpoint,
    /// The artifacts bucket.
    Bucket,
}

impl InstallationPart {
    /// Returns the output of the stack that tells it.
    pub(crate) fn output(self) -> &'static str {
        match self {
            Self::Endpoint => "ApiUrl",
            Self::Bucket => "ArtifactsBucket",
        }
    }

    /// Returns the setting of `windlass.toml` that names it.
    pub(crate) fn setting(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Bucket => "bucket",
        }
    }

    /// Returns the text for a place that nothing names.
    pub(crate) fn unnamed(self) -> &'static str {
        match self {
            Self::Endpoint => NO_ENDPOINT,
            Self::Bucket => NO_BUCKET,
        }
    }

    /// Returns what the option or the variable says of it.
    pub(crate) fn given(self, text: Option<&str>) -> Option<GivenOption<'_>> {
        match self {
            Self::Endpoint => given(text, "--endpoint", "WINDLASS_ENDPOINT"),
            Self::Bucket => given(text, "--bucket", "WINDLASS_BUCKET"),
        }
    }
}

const NO_ENDPOINT: &str = "Give `--endpoint`, or set WINDLASS_ENDPOINT, to the output `ApiUrl` of the installation's stack, or write `stack = \"…\"` into a file windlass.toml.";
const NO_BUCKET: &str = "Give `--bucket`, or set WINDLASS_BUCKET, to the output `ArtifactsBucket` of the installation's stack, or write `stack = \"…\"` into a file windlass.toml.";
