//! Artifacts: bytes pinned by digest, and images by name, with their repository, their tag or digest, and whose
//! repository it is.

use crate::text::digest::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// Images for a service that takes several. A release has those of the containers that it names; the record of what
    /// runs has all.
    Images {
        /// The images by container.
        containers: BTreeMap<String, Image>,
    },
}

/// A container's image, pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// The full repository URI without tag or digest.
    pub repository: String,
    /// The image's (index or manifest) digest.
    pub digest: Digest,
}

impl Artifact {
    /// Returns the digest of the bytes. For several images it covers the image of each container.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Object { sha256, .. } => sha256.clone(),
            Self::Image { digest, .. } => digest.clone(),
            Self::Images { containers } => {
                let lines = containers.iter().map(|(name, image)| format!("{name} {}\n", image.digest));
                Digest::of(lines.collect::<String>().as_bytes())
            }
        }
    }

    /// Returns the images by container, for a service that takes several.
    pub fn containers(&self) -> Option<&BTreeMap<String, Image>> {
        match self {
            Self::Images { containers } => Some(containers),
            Self::Object { .. } | Self::Image { .. } => None,
        }
    }

    /// Returns whether it has the same bytes as the other one, for each container that the other one names.
    pub fn has(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Images { containers: own }, Self::Images { containers }) => {
                let has =
                    |(name, image): (&String, &Image)| own.get(name).is_some_and(|own| own.digest == image.digest);
                containers.iter().all(has)
            }
            _ => self.digest() == other.digest(),
        }
    }

    /// Returns the artifact in the form that a component takes, by the repositories of its containers. If there are
    /// several containers, an image is for each container of its repository. If there is one container, it gets its own
    /// image out of several.
    #[must_use]
    pub fn fitted(self, declared: &BTreeMap<String, String>) -> Self {
        match &self {
            Self::Image { repository, digest } if declared.len() > 1 => {
                let own = declared.iter();
                let own = own.filter(|(_, declared)| is_same_repository(declared, repository));
                let image = Image { repository: repository.clone(), digest: digest.clone() };
                let containers: BTreeMap<String, Image> = own.map(|(name, _)| (name.clone(), image.clone())).collect();
                if containers.is_empty() {
                    return self;
                }
                Self::Images { containers }
            }
            Self::Images { containers } if declared.len() == 1 => {
                let mut own = declared.keys().filter_map(|name| containers.get(name));
                match own.next() {
                    Some(Image { repository, digest }) => {
                        Self::Image { repository: repository.clone(), digest: digest.clone() }
                    }
                    None => self,
                }
            }
            _ => self,
        }
    }

    /// Takes the images of another artifact for the containers that it names; or else all of it.
    pub fn take(&mut self, other: &Self) {
        match (self, other) {
            (Self::Images { containers: own }, Self::Images { containers }) => {
                own.extend(containers.iter().map(|(name, image)| (name.clone(), image.clone())));
            }
            (own, other) => *own = other.clone(),
        }
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@sha256:{}", self.repository, self.digest)
    }
}

/// Writes `key@sha256:…` or `repository@sha256:…`; ECS and Lambda take the latter as an image. If there are several
/// images, each is written with its container.
impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { key, sha256, .. } => write!(f, "{key}@sha256:{sha256}"),
            Self::Image { repository, digest } => write!(f, "{repository}@sha256:{digest}"),
            Self::Images { containers } => {
                let each = containers.iter();
                let each: Vec<String> = each.map(|(name, image)| format!("{name} {image}")).collect();
                f.write_str(&each.join(", "))
            }
        }
    }
}

/// Returns the name of a repository, without the registry that its URI begins with.
pub fn repository_name(repository: &str) -> &str {
    parts(repository).1
}

/// Returns whether two texts, each a repository's name or URI, are the same repository: the same name and, if both name
/// a registry, the same registry.
pub fn is_same_repository(one: &str, other: &str) -> bool {
    let ((one_at, one), (other_at, other)) = (parts(one), parts(other));
    let elsewhere = one_at.zip(other_at).is_some_and(|(one, other)| one != other);
    one == other && !elsewhere
}

/// Splits an image's name into repository and reference (a tag, or `sha256:…`). The tag is `latest` if none is written.
pub fn split_image(image: &str) -> (&str, &str) {
    if let Some((repository, digest)) = image.split_once('@') {
        return (without_tag(repository).0, digest);
    }
    let (repository, tag) = without_tag(image);
    (repository, tag.unwrap_or("latest"))
}

/// A registry is known by a dot or a port.
fn parts(repository: &str) -> (Option<&str>, &str) {
    match repository.split_once('/') {
        Some((registry, name)) if registry.contains(['.', ':']) => (Some(registry), name),
        _ => (None, repository),
    }
}

/// A colon after the last slash begins a tag; before it, it belongs to the registry's port.
fn without_tag(image: &str) -> (&str, Option<&str>) {
    let name_at = image.rfind('/').unwrap_or(0);
    match image[name_at..].find(':') {
        Some(colon) => (&image[..name_at + colon], Some(&image[name_at + colon + 1..])),
        None => (image, None),
    }
}

#[cfg(test)]
mod tests_of_image {
    use super::*;

    #[test]
    fn images_split_into_repository_and_reference() {
        for (image, repository, reference) in [
            ("agent", "agent", "latest"),
            ("shop/agent:1.0", "shop/agent", "1.0"),
            ("localhost:5000/shop/agent", "localhost:5000/shop/agent", "latest"),
            ("host:5000/shop/agent:v1", "host:5000/shop/agent", "v1"),
            ("host:5000/agent:2", "host:5000/agent", "2"),
            ("host/agent@sha256:ab", "host/agent", "sha256:ab"),
            ("host/agent:2@sha256:ab", "host/agent", "sha256:ab"),
        ] {
            assert_eq!(split_image(image), (repository, reference), "{image}");
        }
    }

    #[test]
    fn a_registry_is_known_by_a_dot_or_a_port() {
        for (given, name) in [
            ("shop/agent", "shop/agent"),
            ("agent", "agent"),
            ("111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent", "shop/agent"),
            ("localhost:5000/agent", "agent"),
        ] {
            assert_eq!(repository_name(given), name);
        }
    }

    #[test]
    fn a_repository_is_the_same_by_name_and_by_uri_and_never_by_its_end() {
        for (one, other, same) in [
            ("shop/agent", "shop/agent", true),
            ("one.example/shop/agent", "shop/agent", true),
            ("one.example/shop/agent", "one.example/shop/agent", true),
            ("one.example/shop/agent", "two.example/shop/agent", false),
            ("one.example/shop/agent", "one.example/bank/agent", false),
            ("bank/agent", "agent", false),
            ("one.example/bank/agent", "agent", false),
            ("bank/shop/agent", "shop/agent", false),
            ("shop/agents", "shop/agent", false),
        ] {
            assert_eq!(is_same_repository(one, other), same, "{one} {other}");
            assert_eq!(is_same_repository(other, one), same, "{other} {one}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_is_shown_with_its_digest() {
        let digest = Digest::of(b"bytes");
        let object = Artifact::Object {
            key: "artifacts/shop/prod/web/1.zip".into(),
            version_id: "v1".into(),
            sha256: digest.clone(),
            bytes: 5,
        };
        let image = Artifact::Image { repository: "shop/agent".into(), digest: digest.clone() };
        assert_eq!(object.to_string(), format!("artifacts/shop/prod/web/1.zip@sha256:{digest}"));
        assert_eq!(image.to_string(), format!("shop/agent@sha256:{digest}"));
        assert_eq!([object.digest(), image.digest()], [digest.clone(), digest]);
    }

    fn images(of: &[(&str, &str)]) -> Artifact {
        let image = |(name, bytes): &(&str, &str)| {
            let image = Image { repository: format!("shop/{name}"), digest: Digest::of(bytes.as_bytes()) };
            ((*name).to_owned(), image)
        };
        Artifact::Images { containers: of.iter().map(image).collect() }
    }

    #[test]
    fn of_several_images_each_counts_by_its_container() {
        let both = images(&[("web", "1"), ("worker", "1")]);
        let (web, worker) = (images(&[("web", "1")]), images(&[("worker", "1")]));
        assert_ne!(web.digest(), worker.digest());
        // The second one is a part of the first.
        for (one, other, has) in [
            (&both, &web, true),
            (&both, &worker, true),
            (&both, &both, true),
            (&web, &both, false),
            (&web, &worker, false),
            (&both, &images(&[("web", "2")]), false),
        ] {
            assert_eq!(one.has(other), has, "{one} {other}");
        }
        let mut taken = both.clone();
        taken.take(&images(&[("web", "2")]));
        assert_eq!(taken, images(&[("web", "2"), ("worker", "1")]));
        let digest = Digest::of(b"1");
        assert_eq!(both.to_string(), format!("web shop/web@sha256:{digest}, worker shop/worker@sha256:{digest}"));
    }
}
