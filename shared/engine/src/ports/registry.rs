use super::Answered;
use std::collections::BTreeSet;
use windlass_domain::digest::Digest;

/// An image in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The full repository URI without tag or digest.
    pub repository_uri: String,
    /// The digest of the manifest or index.
    pub digest: Digest,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its manifest's media type.
    pub media_type: String,
    /// For an index, the digests of the platforms' manifests.
    pub platforms: Vec<Digest>,
}

impl Image {
    /// The digests that a running task may show, as ECS writes them: the image's own, or a
    /// platform's.
    pub fn digests(&self) -> BTreeSet<String> {
        let all = self.platforms.iter().chain([&self.digest]);
        all.map(|digest| format!("sha256:{digest}")).collect()
    }
}

/// Amazon ECR.
pub trait Registry {
    /// Reads an image by repository name or URI and by tag or digest (`sha256:…`); `None` where
    /// there is none.
    async fn image(&self, repository: &str, reference: &str) -> Answered<Option<Image>>;
}
