use crate::Aws;
use crate::clock::time_of;
use crate::error::OrFault;
use aws_sdk_ecr::types::{DescribeImagesFilter, ImageDetail, ImageIdentifier, Repository, TagStatus};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::release::artifact::repository_name;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{EcrApi, Image, Platform, Result, Tagged, TaggedPage};

/// The media types that can be pulled: images and indexes, in Docker's and in the Open Container Initiative's form.
const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// The code of an answer about a repository that is not there.
const NO_REPOSITORY: &[&str] = &["RepositoryNotFoundException"];

/// The most that `DescribeImages` answers at once (Amazon ECR API Reference).
const PAGE: i32 = 1000;

impl EcrApi for Aws {
    async fn image(&self, repository: &str, reference: &str) -> Result<Option<Image>> {
        let name = repository_name(repository);
        let uri = self.repository(name).await?.and_then(|found| found.repository_uri);
        let Some(uri) = uri else { return Ok(None) };
        let Some((digest, media_type, manifest)) = self.manifest(name, reference).await? else { return Ok(None) };
        Ok(Some(Image {
            repository_uri: uri,
            tags: self.tags(name, &digest).await?,
            platforms: platforms(&manifest),
            digest,
            media_type,
        }))
    }

    async fn tagged(&self, repository: &str, after: Option<String>) -> Result<TaggedPage> {
        let request = self.clients.ecr().describe_images();
        let sent = request
            .repository_name(repository)
            .filter(DescribeImagesFilter::builder().tag_status(TagStatus::Tagged).build())
            .max_results(PAGE)
            .set_next_token(after)
            .send()
            .await;
        let answer = sent.or_none("DescribeImages", repository, NO_REPOSITORY)?;
        let Some(answer) = answer else { return Ok(TaggedPage::default()) };
        let details = answer.image_details.unwrap_or_default().into_iter();
        Ok(TaggedPage { tagged: details.filter_map(tagged).collect(), next: answer.next_token })
    }

    async fn repository_tags(&self, repository: &str) -> Result<Option<BTreeMap<String, String>>> {
        let Some(found) = self.repository(repository).await? else { return Ok(None) };
        let arn = found.repository_arn.unwrap_or_default();
        let sent = self.clients.ecr().list_tags_for_resource().resource_arn(&arn).send().await;
        let tags = sent.or_fault("ListTagsForResource", &arn)?.tags;
        Ok(Some(tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()))
    }

    async fn tag_mutability(&self, repository: &str) -> Result<Option<String>> {
        let found = self.repository(repository).await?;
        Ok(found.map(|found| {
            let mutability = found.image_tag_mutability;
            mutability.map_or_else(String::new, |mutability| mutability.as_str().to_owned())
        }))
    }
}

/// Reads an image that can be deployed: it has a digest, a tag and a time.
fn tagged(image: ImageDetail) -> Option<Tagged> {
    Some(Tagged {
        digest: Digest::parse(image.image_digest.as_deref()?).ok()?,
        pushed: time_of(image.image_pushed_at.as_ref()?),
        tags: image.image_tags?,
    })
}

impl Aws {
    async fn repository(&self, name: &str) -> Result<Option<Repository>> {
        let sent = self.clients.ecr().describe_repositories().repository_names(name).send().await;
        let answer = sent.or_none("DescribeRepositories", name, NO_REPOSITORY)?;
        Ok(answer.and_then(|answer| answer.repositories).unwrap_or_default().into_iter().next())
    }

    /// Returns digest, media type and text of a manifest. BatchGetImage answers the stored bytes, and one digest only.
    async fn manifest(&self, name: &str, reference: &str) -> Result<Option<(Digest, String, String)>> {
        let request = self.clients.ecr().batch_get_image().repository_name(name);
        let sent = request
            .image_ids(identifier(reference))
            .set_accepted_media_types(Some(MEDIA_TYPES.map(str::to_owned).to_vec()))
            .send()
            .await;
        let answer = sent.or_none("BatchGetImage", name, NO_REPOSITORY)?;
        let images = answer.and_then(|answer| answer.images).unwrap_or_default();
        let Some(image) = images.into_iter().next() else { return Ok(None) };
        let manifest = image.image_manifest.unwrap_or_default();
        let digest = image.image_id.and_then(|id| id.image_digest);
        let digest = read_digest(name, digest.as_deref().unwrap_or_default())?;
        let media_type = image.image_manifest_media_type;
        let media_type = media_type.unwrap_or_else(|| media_type_of(&manifest));
        Ok(Some((digest, media_type, manifest)))
    }

    async fn tags(&self, name: &str, digest: &Digest) -> Result<Vec<String>> {
        let request = self.clients.ecr().describe_images().repository_name(name);
        let id = identifier(&format!("sha256:{digest}"));
        // It has no tags if the image was removed after its manifest was read.
        let answer = request.image_ids(id).send().await.or_none("DescribeImages", name, &["ImageNotFoundException"])?;
        let details = answer.and_then(|answer| answer.image_details).unwrap_or_default().into_iter().next();
        Ok(details.and_then(|details| details.image_tags).unwrap_or_default())
    }
}

fn identifier(reference: &str) -> ImageIdentifier {
    let id = ImageIdentifier::builder();
    if reference.starts_with("sha256:") { id.image_digest(reference).build() } else { id.image_tag(reference).build() }
}

fn read_digest(name: &str, text: &str) -> Result<Digest> {
    Digest::parse(text).map_err(|bad| Fault::new(FaultName::Refused, format!("BatchGetImage {name}: {bad}")))
}

fn media_type_of(manifest: &str) -> String {
    let document: Value = serde_json::from_str(manifest).unwrap_or_default();
    document["mediaType"].as_str().unwrap_or_default().to_owned()
}

/// Returns the entries under `manifests` of an index. Attestations, whose platform is `unknown`, are left out: nothing
/// runs on such a platform.
fn platforms(manifest: &str) -> Vec<Platform> {
    let document: Value = serde_json::from_str(manifest).unwrap_or_default();
    let manifests = document["manifests"].as_array().into_iter().flatten();
    manifests.filter(|entry| entry["platform"]["os"].as_str() != Some("unknown")).filter_map(platform).collect()
}

fn platform(entry: &Value) -> Option<Platform> {
    let word = |name: &str| entry["platform"][name].as_str().unwrap_or_default();
    Some(Platform {
        digest: Digest::parse(entry["digest"].as_str()?).ok()?,
        os: word("os").to_owned(),
        architecture: word("architecture").to_owned(),
    })
}
