//! ECR in memory.

use crate::World;
use std::collections::BTreeMap;
use windlass_domain::release::artifact::repository_name;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{EcrApi, Image, Platform, Result, Tagged, TaggedPage};

/// The host of the repositories.
pub const HOST: &str = "111111111111.dkr.ecr.eu-west-1.amazonaws.com";

/// The number of images that a page has at most (Amazon ECR API Reference, DescribeImages, `maxResults`).
const PAGE: usize = 1000;

/// The images.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The images of all repositories.
    pub images: Vec<Image>,
    /// The time at which the state was borrowed.
    pub now: Time,
    /// The tags of repositories that have some, by name.
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// The mutability of tags, of repositories that somebody has set it for; `MUTABLE` elsewhere.
    pub mutability: BTreeMap<String, String>,
    /// The time at which each digest was pushed.
    pub pushed: BTreeMap<Digest, Time>,
}

impl State {
    /// Pushes an image without platforms; the tag moves to it, as in a mutable repository.
    pub fn push(&mut self, repository: &str, tag: &str) -> Digest {
        self.push_index(repository, tag, &[])
    }

    /// Pushes an index of platforms such as `linux/arm64`; the tag moves to it. Its bytes follow from its name.
    pub fn push_index(&mut self, repository: &str, tag: &str, platforms: &[&str]) -> Digest {
        let repository_uri = format!("{HOST}/{repository}");
        let digest = Digest::of(format!("{repository_uri}:{tag}").as_bytes());
        for image in &mut self.images {
            if image.repository_uri == repository_uri {
                image.tags.retain(|known| known != tag);
            }
        }
        let platforms: Vec<Platform> = platforms.iter().map(|name| platform(&digest, name)).collect();
        let manifest = |digest: &Digest| Image {
            repository_uri: repository_uri.clone(),
            digest: digest.clone(),
            tags: vec![],
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
            platforms: vec![],
        };
        let children = platforms.iter().map(|platform| manifest(&platform.digest));
        self.images.extend(children);
        let mut pushed = manifest(&digest);
        pushed.tags = vec![tag.to_owned()];
        if !platforms.is_empty() {
            pushed.media_type = "application/vnd.oci.image.index.v1+json".into();
            pushed.platforms = platforms;
        }
        self.images.push(pushed);
        self.pushed.insert(digest.clone(), self.now);
        digest
    }

    /// Moves a tag to an image of other bytes, and returns their digest.
    pub fn move_tag(&mut self, repository: &str, tag: &str) -> Digest {
        let other = self.push(repository, &format!("{tag}-moved"));
        for image in &mut self.images {
            if is_of(image, repository) {
                image.tags.retain(|known| known != tag);
            }
            if image.digest == other {
                image.tags = vec![tag.to_owned()];
            }
        }
        other
    }

    /// Returns whether there is a repository of this name or URI.
    pub fn knows(&self, repository: &str) -> bool {
        self.images.iter().any(|image| is_of(image, repository))
    }

    /// Returns a page of the images that have tags. Its token is the number of images before it.
    fn tagged(&self, repository: &str, after: Option<&str>) -> Result<TaggedPage> {
        let before: usize = after.unwrap_or("0").parse().map_err(|_| {
            let message = "DescribeImages: the token is none that ECR gave";
            Fault::new(FaultName::Refused, message)
        })?;
        let images = self.images.iter();
        let tagged = images.filter(|image| is_of(image, repository) && !image.tags.is_empty());
        let mut tagged = tagged.skip(before);
        let page = tagged.by_ref().take(PAGE).map(|image| Tagged {
            digest: image.digest.clone(),
            tags: image.tags.clone(),
            pushed: self.pushed.get(&image.digest).copied().unwrap_or_default(),
        });
        Ok(TaggedPage { tagged: page.collect(), next: tagged.next().map(|_| (before + PAGE).to_string()) })
    }

    /// Finds an image by repository name or URI and by tag or digest.
    pub fn find(&self, repository: &str, reference: &str) -> Option<&Image> {
        let matches = |image: &&Image| {
            let tagged = image.tags.iter().any(|tag| tag == reference);
            let pinned = reference.strip_prefix("sha256:") == Some(image.digest.as_str());
            is_of(image, repository) && (tagged || pinned)
        };
        self.images.iter().find(matches)
    }
}

fn platform(index: &Digest, name: &str) -> Platform {
    let (os, architecture) = name.split_once('/').unwrap_or((name, ""));
    Platform {
        digest: Digest::of(format!("{index} {name}").as_bytes()),
        os: os.to_owned(),
        architecture: architecture.to_owned(),
    }
}

fn is_of(image: &Image, repository: &str) -> bool {
    image.repository_uri == format!("{HOST}/{}", repository_name(repository))
}

impl EcrApi for World {
    async fn image(&self, repository: &str, reference: &str) -> Result<Option<Image>> {
        let call = self.call("ecr.image").await?;
        let found = self.ecr().find(repository, reference).cloned();
        call.answer(found).await
    }

    async fn tagged(&self, repository: &str, after: Option<String>) -> Result<TaggedPage> {
        let call = self.call("ecr.tagged").await?;
        let page = self.ecr().tagged(repository, after.as_deref())?;
        call.answer(page).await
    }

    async fn repository_tags(&self, repository: &str) -> Result<Option<BTreeMap<String, String>>> {
        let call = self.call("ecr.repository_tags").await?;
        let tags = self.ecr().tags.get(repository).cloned();
        call.answer(tags).await
    }

    async fn tag_mutability(&self, repository: &str) -> Result<Option<String>> {
        let call = self.call("ecr.tag_mutability").await?;
        let set = self.ecr().mutability.get(repository).cloned();
        let mutability = set.unwrap_or_else(|| "MUTABLE".to_owned());
        let found = self.ecr().knows(repository).then_some(mutability);
        call.answer(found).await
    }
}
