use super::Result;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Time;

/// An image in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The full repository URI without tag or digest, as the registry names it.
    pub repository_uri: String,
    /// The digest of the manifest or index.
    pub digest: Digest,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its manifest's media type.
    pub media_type: String,
    /// For an index, the manifests that it lists for each platform.
    pub platforms: Vec<Platform>,
}

/// A manifest that an index lists, and the platform that it runs on (OCI Image Format Specification, "OCI Image Index",
/// `platform`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The manifest's digest.
    pub digest: Digest,
    /// The operating system, such as `linux`.
    pub os: String,
    /// The processor as Go names it, such as `amd64` or `arm64`.
    pub architecture: String,
}

impl Image {
    /// Returns the digests that a running task may show, as ECS writes them: the image's own, or a platform's.
    pub fn digests(&self) -> BTreeSet<String> {
        let all = self.platforms.iter().map(|platform| &platform.digest).chain([&self.digest]);
        all.map(|digest| format!("sha256:{digest}")).collect()
    }
}

/// Each state of a repository's tags, and whether they stay where they are, some exceptions aside (Amazon ECR API
/// Reference, Repository, `imageTagMutability`).
pub const TAG_MUTABILITIES: [(&str, bool); 4] =
    [("MUTABLE", false), ("MUTABLE_WITH_EXCLUSION", false), ("IMMUTABLE", true), ("IMMUTABLE_WITH_EXCLUSION", true)];

/// An image with tags, as a listing of its repository has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// The digest of the manifest or index.
    pub digest: Digest,
    /// Its tags; at least one.
    pub tags: Vec<String>,
    /// The time at which the manifest was pushed. Another tag that is put on it later does not change that.
    pub pushed: Time,
}

/// One page of the tagged images of a repository, in no order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaggedPage {
    /// The images.
    pub tagged: Vec<Tagged>,
    /// The place where the next page begins; absent if this was the last. Opaque.
    pub next: Option<String>,
}

/// Amazon ECR.
pub trait EcrApi {
    /// Reads an image of the registry by the repository's name and by tag or digest (`sha256:…`); `None` if there is
    /// none. If a registry stands before the name, it is not looked at: the answer names the registry's own.
    async fn image(&self, repository: &str, reference: &str) -> Result<Option<Image>>;

    /// Lists the tagged images of a repository by its name, a page at a time; none if there is no repository.
    async fn tagged(&self, repository: &str, after: Option<String>) -> Result<TaggedPage>;

    /// Reads the tags (of AWS, not of images) of a repository by its name; `None` if there is none.
    async fn repository_tags(&self, repository: &str) -> Result<Option<BTreeMap<String, String>>>;

    /// Reads whether the tags of a repository's images may be moved, by its name: `MUTABLE`, `IMMUTABLE`, or one of
    /// both with exceptions (`IMMUTABLE_WITH_EXCLUSION`); `None` if there is no repository.
    async fn tag_mutability(&self, repository: &str) -> Result<Option<String>>;
}
