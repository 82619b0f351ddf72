//! The package of a Lambda function.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use windlass_domain::text::digest::Digest;

/// The code that a function runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Package {
    /// A zip.
    Zip(Bytes),
    /// An image by digest.
    Image(String),
}

impl Package {
    /// Returns `CodeSha256` as Lambda writes it: base64 for a zip, the digest's digits for an image.
    pub fn code_sha256(&self) -> String {
        match self {
            Self::Zip(bytes) => BASE64_STANDARD.encode(Digest::of(bytes).to_bytes()),
            Self::Image(uri) => uri.rsplit("sha256:").next().unwrap_or(uri).to_owned(),
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Zip(bytes) => bytes.len() as u64,
            Self::Image(_) => 0,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Zip(_) => "Zip",
            Self::Image(_) => "Image",
        }
    }
}
