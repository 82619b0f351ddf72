//! Releases: pinned artifacts with a version.

use crate::artifact::Artifact;
use crate::digest::Digest;
use crate::foreign;
use crate::git::Git;
use crate::git_rule::version_of_tag;
use crate::name::{AppName, ComponentName};
use crate::part::Part;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A release: everything is pinned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// The application.
    pub app: AppName,
    /// The version as text: the one name of the release, by which it is recorded, listed and asked for
    /// ([`crate::declaration::Declaration::version_name`]). For an image push, [`version_of_push`] makes it.
    #[schemars(extend("pattern" = r"^[A-Za-z0-9_][A-Za-z0-9._+-]{0,140}$"))]
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// The place in Git that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<Git>,
    /// The manifest's `sequence`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 999_999_999_999_999_u64))]
    pub sequence: Option<u64>,
    /// The artifacts by component.
    #[schemars(extend("maxProperties" = 500))]
    pub components: BTreeMap<ComponentName, Artifact>,
    /// True if it is an image push. Its identity is its digest alone then, because several tags of one digest are one
    /// deployment.
    #[serde(default)]
    pub image_push: bool,
}

impl Release {
    /// Returns the parts that it brings.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        self.components.iter().flat_map(|(name, artifact)| parts(name, artifact))
    }

    /// Returns the digest that identifies the release. It covers the contents, and the version and commit: a Git revert
    /// has old bytes, and is a release of its own.
    pub fn digest(&self) -> Digest {
        let mut text = String::new();
        if !self.image_push {
            text.push_str(&format!("version {}\n", self.version));
            if let Some(commit) = self.git.as_ref().and_then(|git| git.commit.as_ref()) {
                text.push_str(&format!("commit {commit}\n"));
            }
        }
        text.push_str(&self.contents());
        Digest::of(text.as_bytes())
    }

    /// Returns the digest of the contents alone.
    pub fn bytes(&self) -> Digest {
        Digest::of(self.contents().as_bytes())
    }

    fn contents(&self) -> String {
        let components = self.components.iter();
        let line = |(component, artifact): (_, &Artifact)| format!("{component} {}\n", artifact.digest());
        components.map(line).collect()
    }
}

/// Returns the first digits of a digest, which tell releases of one version apart.
pub(crate) fn digits(digest: &Digest) -> &str {
    &digest.as_str()[..DIGITS]
}

/// Returns the parts that an artifact of a component brings.
pub fn parts(name: &ComponentName, artifact: &Artifact) -> Vec<Part> {
    match artifact.containers() {
        Some(containers) => containers.keys().map(|one| Part::of(name, one)).collect(),
        None => vec![name.clone().into()],
    }
}

/// The number of digits of a digest that tell the pushes of a moving tag, or the releases of a version, apart.
pub(crate) const DIGITS: usize = 12;

/// The longest part of a tag that a version repeats, in bytes; Amazon ECR takes tags of up to 128
/// (Amazon ECR API Reference, `PutImage`, `imageTag`).
const LONGEST_TAG: usize = 128;

/// Returns the version of an image push. A tag that is a semantic version is the version, and never means other bytes
/// (rule 5). Every other tag, such as `main`, moves by nature. Then the version is the tag with the first digits of the
/// digest, `main+3f9a1c225566`. No tag has a `+`, so no tag is the version of another one's push.
pub fn version_of_push(tag: &str, digest: &Digest) -> String {
    if version_of_tag(tag).is_some() {
        return tag.to_owned();
    }
    let tag: String = tag.chars().take(LONGEST_TAG).collect();
    format!("{tag}+{}", digits(digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;

    fn release(version: &str, commit: &str, bytes: &[u8], image_push: bool) -> Release {
        let image = Artifact::Image { repository: "shop/agent".into(), digest: Digest::of(bytes) };
        Release {
            app: AppName::new("shop").unwrap(),
            version: version.into(),
            git: Some(Git {
                reference: "refs/heads/main".into(),
                commit: Some(commit.into()),
                time: None,
                dirty: false,
            }),
            sequence: None,
            components: [(ComponentName::new("agent").unwrap(), image)].into(),
            image_push,
        }
    }

    #[test]
    fn a_revert_is_a_release_of_its_own_and_another_tag_of_an_image_is_not() {
        let one = release("1.0.0", "a", b"1", false).digest();
        assert_eq!(one, release("1.0.0", "a", b"1", false).digest());
        assert_ne!(one, release("1.0.1", "a", b"1", false).digest());
        assert_ne!(one, release("1.0.0", "b", b"1", false).digest());
        assert_ne!(one, release("1.0.0", "a", b"2", false).digest());
        let pushed = release("main", "a", b"1", true).digest();
        assert_ne!(one, pushed);
        assert_eq!(pushed, release("latest", "b", b"1", true).digest());
    }

    #[test]
    fn a_version_of_a_push_means_its_bytes_for_ever() {
        let (one, other) = (Digest::of(b"1"), Digest::of(b"2"));
        for tag in ["1.3.0", "v1.3.0", "1.3.0-rc.1"] {
            assert_eq!(version_of_push(tag, &one), tag);
        }
        for tag in ["main", "main-128", "main-9f2c1ab", "1.3", "_x", &"x".repeat(128)] {
            let version = version_of_push(tag, &one);
            assert_eq!(version, format!("{tag}+{}", one.short()));
            assert_ne!(version, version_of_push(tag, &other));
            let asked = format!(r#"{{"action":"deploy","app":"shop","environment":"dev","version":"{version}"}}"#);
            let asked = Request::parse(&serde_json::from_str(&asked).unwrap());
            assert!(asked.is_ok(), "{version}: {asked:?}");
        }
    }
}
