use super::Answered;
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

/// Amazon ECR.
pub trait Registry {
    /// Reads an image by repository name or URI and by tag or digest (`sha256:…`); `None` where
    /// there is none.
    async fn image(&self, repository: &str, reference: &str) -> Answered<Option<Image>>;
}
