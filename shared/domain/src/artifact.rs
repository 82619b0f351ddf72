//! Artifacts: bytes pinned by digest.

use crate::digest::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes to deploy, pinned so that they can never be others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Artifact {
    /// An object in the artifacts bucket.
    Object {
        /// The object's key.
        key: String,
        /// The object's S3 version id.
        version_id: String,
        /// The SHA-256 of its bytes.
        sha256: Digest,
        /// Its size in bytes.
        bytes: u64,
    },
    /// A container image.
    Image {
        /// The full repository URI without tag or digest, such as
        /// `111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent`.
        repository: String,
        /// The image's (index or manifest) digest.
        digest: Digest,
    },
}

impl Artifact {
    /// The digest of the bytes.
    pub fn digest(&self) -> &Digest {
        match self {
            Self::Object { sha256, .. } => sha256,
            Self::Image { digest, .. } => digest,
        }
    }
}

/// `key@sha256:…` or `repository@sha256:…`; the latter is what ECS and Lambda take as an image.
impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { key, sha256, .. } => write!(f, "{key}@sha256:{sha256}"),
            Self::Image { repository, digest } => write!(f, "{repository}@sha256:{digest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_is_told_with_its_digest() {
        let digest = Digest::of(b"bytes");
        let object = Artifact::Object {
            key: "artifacts/shop/web/1.zip".into(),
            version_id: "v1".into(),
            sha256: digest.clone(),
            bytes: 5,
        };
        let image = Artifact::Image {
            repository: "shop/agent".into(),
            digest: digest.clone(),
        };
        assert_eq!(
            object.to_string(),
            format!("artifacts/shop/web/1.zip@sha256:{digest}")
        );
        assert_eq!(image.to_string(), format!("shop/agent@sha256:{digest}"));
        assert_eq!([object.digest(), image.digest()], [&digest; 2]);
    }
}
