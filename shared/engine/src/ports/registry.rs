use super::Answered;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::digest::Digest;
use windlass_domain::time::Time;

/// An image in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The full repository URI without tag or digest, as the registry tells it.
    pub repository_uri: String,
    /// The digest of the manifest or index.
    pub digest: Digest,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its manifest's media type.
    pub media_type: String,
    /// For an index, what it lists for each platform.
    pub platforms: Vec<Platform>,
}

/// A manifest that an index lists, and what it runs on (OCI Image Format Specification, "OCI Image
/// Index", `platform`).
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
    /// The digests that a running task may show, as ECS writes them: the image's own, or a
    /// platform's.
    pub fn digests(&self) -> BTreeSet<String> {
        let platforms = self.platforms.iter().map(|platform| &platform.digest);
        let all = platforms.chain([&self.digest]);
        all.map(|digest| format!("sha256:{digest}")).collect()
    }
}

/// An image with tags, as a listing of its repository tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// The digest of the manifest or index.
    pub digest: Digest,
    /// Its tags; at least one.
    pub tags: Vec<String>,
    /// When the manifest was pushed. Another tag that is put on it later does not change that.
    pub pushed: Time,
}

/// One page of the tagged images of a repository, in no order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaggedPage {
    /// The images.
    pub tagged: Vec<Tagged>,
    /// Where the next page begins; this was the last if absent. Opaque.
    pub next: Option<String>,
}

/// Amazon ECR.
pub trait Registry {
    /// Reads an image of the registry by the repository's name and by tag or digest (`sha256:…`);
    /// `None` where there is none. A registry before the name is not looked at: what is answered
    /// names the registry's own.
    async fn image(&self, repository: &str, reference: &str) -> Answered<Option<Image>>;

    /// The tagged images of a repository by its name, a page at a time; none where there is no
    /// repository.
    async fn tagged(&self, repository: &str, after: Option<String>) -> Answered<TaggedPage>;

    /// The tags (of AWS, not of images) of a repository by its name; `None` where there is none.
    async fn repository_tags(&self, repository: &str)
    -> Answered<Option<BTreeMap<String, String>>>;
}
