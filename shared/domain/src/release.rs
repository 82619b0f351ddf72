//! Releases: pinned artifacts with a version, in parts that a release can bring by themselves. The way in pins a
//! release and hands it over in the request; `Admit` verifies it. Pure.

pub mod action;
pub mod api_routes;
pub mod arrival_sweep;
pub mod artifact;
pub mod call;
pub mod cancellation;
pub mod cause_name;
pub mod claimed_git;
pub mod claims;
pub mod ending;
pub mod identity;
pub mod key;
pub mod manifest;
pub mod may_lose;
pub mod misplaced_upload;
pub mod request;
mod request_contents;
pub mod stays_reachable;
pub mod uploads;
pub mod version_order;
pub mod way_in;
pub mod withdrawal;

use crate::document::git::Git;
use crate::document::git_rule::version_of_tag;
use crate::release::artifact::Artifact;
use crate::release::manifest::ArtifactRef;
use crate::text::count::count;
use crate::text::digest::Digest;
use crate::text::finding::{Finding, FindingName};
use crate::text::foreign;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A release: everything is pinned.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// The application.
    pub app: AppName,
    /// The version as text: the one name of the release, by which it is recorded, listed and asked for. For an image
    /// push it is the tag with the first digits of the digest, such as `main+3f9a1c225566`, unless the tag is a
    /// semantic version.
    #[schemars(extend("pattern" = r"^[A-Za-z0-9_][A-Za-z0-9._+-]{0,140}$"))]
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// The place in Git that it comes from.
    pub git: Option<Git>,
    /// The manifest's `sequence`.
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

/// Returns the first digits of a digest, which distinguish releases of one version.
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

/// The number of digits of a digest that distinguish the pushes of a moving tag, or the releases of a version.
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

/// A piece that a release can bring, or keep from an older release, by itself: a component, or one container of a
/// service that takes several images, such as `agent/web`. A part that a release does not name keeps what runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Part {
    /// The component.
    pub component: ComponentName,
    /// The container; none for all of the component.
    pub container: Option<String>,
}

/// The text names no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no component, and no container of one: write `<component>` or `<component>/<container>`")]
pub struct BadPart(pub String);

impl Part {
    /// Makes the part of one container of a component.
    pub fn of(component: &ComponentName, container: &str) -> Self {
        Self { component: component.clone(), container: Some(container.to_owned()) }
    }

    /// Returns whether a release that brings this part brings all of the other one.
    pub fn covers(&self, other: &Self) -> bool {
        let is_within = self.container.is_none() || self.container == other.container;
        self.component == other.component && is_within
    }
}

/// All of a component.
impl From<ComponentName> for Part {
    fn from(component: ComponentName) -> Self {
        Self { component, container: None }
    }
}

impl From<Part> for String {
    fn from(part: Part) -> Self {
        part.to_string()
    }
}

impl TryFrom<String> for Part {
    type Error = BadPart;

    fn try_from(text: String) -> Result<Self, BadPart> {
        let (component, container) = match text.split_once('/') {
            Some((_, "")) => return Err(BadPart(text)),
            Some((component, container)) => (component, Some(container)),
            None => (text.as_str(), None),
        };
        match ComponentName::new(component) {
            Ok(component) => Ok(Self { component, container: container.map(str::to_owned) }),
            Err(_) => Err(BadPart(text)),
        }
    }
}

/// `agent`, or `agent/web`.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.container {
            Some(container) => write!(f, "{}/{container}", self.component),
            None => write!(f, "{}", self.component),
        }
    }
}

/// The largest pinned release, in bytes. A state's input has at most 256 KiB (AWS Step Functions Developer Guide,
/// "Service quotas"), and beside the release are a reason, a key and who asks.
const LARGEST: usize = 224 * 1024;

/// A release as its way in has pinned it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PinnedRelease {
    /// The environment that it goes to.
    pub environment: EnvironmentName,
    /// The version of the declaration that the release names, if it names one.
    pub declaration: Option<semver::Version>,
    /// The digest of the manifest, if the request had one in itself. The release stands in its place.
    pub manifest: Option<Digest>,
    /// The release.
    pub release: Release,
}

impl PinnedRelease {
    /// Returns the finding that it was pinned for another environment than the one to which it goes now.
    pub fn elsewhere(&self, environment: &EnvironmentName) -> Option<Finding> {
        (self.environment != *environment).then(|| {
            let reason = format!(
                "it was pinned for `{}`, and goes to `{environment}` by the declaration in force.",
                self.environment
            );
            not_as_pinned("environment", &reason)
        })
    }

    /// Returns everything in which it differs from the release that the declaration and the ledger make of it now.
    pub fn differences(&self, now: &Release) -> Vec<Finding> {
        let was = &self.release;
        let names: BTreeSet<&ComponentName> = was.components.keys().chain(now.components.keys()).collect();
        let differ = |name: &&ComponentName| was.components.get(name) != now.components.get(name);
        let mut findings: Vec<Finding> = names
            .into_iter()
            .filter(differ)
            .map(|name| {
                let shown = |release: &Release| {
                    release.components.get(name).map_or_else(|| "nothing".to_owned(), |one| format!("`{one}`"))
                };
                let reason = format!("{} was pinned, and it is {} now.", shown(was), shown(now));
                not_as_pinned(&format!("components.{name}"), &reason)
            })
            .collect();
        let bare = |release: &Release| Release { components: [].into(), ..release.clone() };
        if bare(was) != bare(now) {
            let reason = format!(
                "version {} is recorded with another place in Git, or as another sort of release, than was pinned.",
                was.version
            );
            findings.push(not_as_pinned("version", &reason).resting_on(["pinned.release"]));
        }
        findings
    }
}

/// Returns the finding that a release has more components than an execution can be given.
pub fn too_large(release: &Release) -> Option<Finding> {
    let bytes = serde_json::to_string(release).map_or(0, |text| text.len());
    (bytes > LARGEST).then(|| {
        Finding::too_large(
            "components",
            format!("pinned, they are {}, and an execution takes {LARGEST} of them.", count(bytes as u64, "byte")),
            "Release them in several parts, each with a version of its own.",
        )
        .seen(bytes, LARGEST)
    })
}

/// Makes the finding that a pinned release is not what it should be.
pub(crate) fn not_as_pinned(path: &str, reason: &str) -> Finding {
    Finding::new(
        FindingName::NotAsPinned,
        path,
        reason,
        "Send the request again, or upload it again: then it is pinned anew. At the console, leave `pinned` out.",
    )
}

/// The artifact as a manifest pins it.
impl From<&Artifact> for ArtifactRef {
    fn from(artifact: &Artifact) -> Self {
        match artifact {
            Artifact::Object { key, version_id, sha256, .. } => Self {
                key: Some(key.clone()),
                version_id: Some(version_id.clone()),
                sha256: Some(sha256.clone()),
                ..Self::default()
            },
            Artifact::Image { .. } => Self { image: Some(artifact.to_string()), ..Self::default() },
            Artifact::Images { containers } => Self {
                images: Some(containers.iter().map(|(name, image)| (name.clone(), image.to_string())).collect()),
                ..Self::default()
            },
        }
    }
}

#[cfg(test)]
#[path = "pinned_tests.rs"]
mod tests_of_pinned;

#[cfg(test)]
mod tests_of_part {
    use super::*;

    fn part(text: &str) -> Part {
        Part::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_part_is_written_as_it_is_read() {
        for text in ["agent", "agent/web", "agent/Web_1-x"] {
            assert_eq!(part(text).to_string(), text);
        }
        for text in ["", "agent/", "/web", "Agent", "Agent/web"] {
            assert!(Part::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_component_covers_its_containers_and_no_container_another_one() {
        for (one, other, covers) in [
            ("agent", "agent", true),
            ("agent", "agent/web", true),
            ("agent/web", "agent/web", true),
            ("agent/web", "agent", false),
            ("agent/web", "agent/worker", false),
            ("agent", "api", false),
            ("agent/web", "api/web", false),
        ] {
            assert_eq!(part(one).covers(&part(other)), covers, "{one} {other}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::request::Request;

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
