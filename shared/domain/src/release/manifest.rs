//! Manifests. CI writes in a manifest what a release consists of.

use crate::document::git::Git;
use crate::document::partial_document::PartialDocument;
use crate::document::shape::{Language, Shape, join};
use crate::document::source::DocumentText;
use crate::document::syntax;
use crate::release::key::{Upload, key_of_another, manifest_key, upload};
use crate::text::digest::Digest;
use crate::text::finding::{Finding, FindingName, repeated};
use crate::text::name::{AppName, ComponentName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The largest manifest that is read, in bytes: it must fit into the input of an execution (AWS
/// Step Functions Developer Guide, "Service quotas": 256 KiB) beside the rest of the request.
pub const LARGEST: usize = 128 * 1024;

static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::of::<Manifest>("the manifest", Language::Json));

/// The document that CI POSTs, or uploads last, as `releases/<app>/<environment>/<version>.json`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The release's version: any text of up to 64 letters, digits, `.`, `-`, `_`, `+`; a semantic
    /// version where the environment's rule is a tag rule.
    #[schemars(extend("pattern" = r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$"))]
    pub version: String,
    /// The place in Git that it comes from; chooses the environment.
    pub git: Option<Git>,
    /// Order among releases of one environment: a CI run number or a commit time.
    #[schemars(range(max = 999_999_999_999_999_u64))]
    pub sequence: Option<u64>,
    /// The declaration's version to deploy under; the one in force if absent. Another version is taken only if a person
    /// names the environment and asks with `allow_older`.
    pub declaration: Option<semver::Version>,
    /// The artifacts by component. Components that are not named keep what runs.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 500))]
    pub components: BTreeMap<ComponentName, ArtifactRef>,
}

/// An artifact in a manifest: `key`, `image` or `images`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactRef {
    /// The key in the artifacts bucket, below `artifacts/<app>/<environment>/<component>/`.
    pub key: Option<String>,
    /// Pins the object's version, the one that S3 answered to the upload. An object needs this or `sha256`.
    pub version_id: Option<String>,
    /// Pins the object's bytes: their SHA-256 as 64 lower-case hexadecimal digits, as `sha256sum` prints them.
    pub sha256: Option<Digest>,
    /// The image as `repository:tag` or `repository@sha256:…`; the repository by name or full URI.
    pub image: Option<String>,
    /// The images of a service with several (`containers`), by container, each written as `image`. Containers that
    /// are not named keep what runs.
    #[schemars(extend("minProperties" = 1))]
    pub images: Option<BTreeMap<String, String>>,
}

impl Manifest {
    /// Reads a manifest of an application.
    ///
    /// # Errors
    /// Everything that is wrong with it, with the part that can be read.
    pub fn read(app: &AppName, text: &str) -> Result<Self, PartialDocument<Self>> {
        let document = json(text).map_err(PartialDocument::unread)?;
        SHAPE.checked(&document, &DocumentText::of(text), |manifest: &Self| manifest.findings(app, ""))
    }

    /// Reads a manifest for a caller that can do nothing with a part of it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(app: &AppName, text: &str) -> Result<Self, Vec<Finding>> {
        Self::read(app, text).map_err(PartialDocument::findings)
    }

    /// Reads a manifest that is JSON already, and whose text is not known.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn from_value(app: &AppName, document: &Value) -> Result<Self, PartialDocument<Self>> {
        SHAPE.checked(document, &DocumentText::default(), |manifest: &Self| manifest.findings(app, ""))
    }

    /// Reads a manifest that was uploaded with a key: both name one version.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn read_upload(app: &AppName, key: &str, text: &str) -> Result<Self, PartialDocument<Self>> {
        let document = json(text).map_err(PartialDocument::unread)?;
        SHAPE.checked(&document, &DocumentText::of(text), |manifest: &Self| {
            let mut findings = manifest.findings(app, "");
            findings.extend(manifest.key_finding(app, key));
            findings
        })
    }

    /// Returns a finding if the key names another version than the manifest does: somebody who looks for the one would
    /// not find the other.
    fn key_finding(&self, app: &AppName, key: &str) -> Option<Finding> {
        let version = &self.version;
        let upload = upload(key);
        let environment = upload.as_ref().and_then(Upload::environment)?;
        let own = manifest_key(app, environment, version);
        (key != own).then(|| {
            Finding::bad_value(
                "version",
                format!("`{version}` is not the version that the key names, `{}`.", repeated(key)),
                format!("Upload the manifest as `{own}`, or write the version of its key in it."),
            )
        })
    }

    /// Returns the names of a manifest's members.
    pub fn members() -> impl Iterator<Item = &'static str> {
        SHAPE.schema()["properties"].as_object().into_iter().flat_map(Map::keys).map(String::as_str)
    }

    /// Returns what is wrong with its meaning, with paths below `path`.
    pub fn findings(&self, app: &AppName, path: &str) -> Vec<Finding> {
        let components = join(path, "components");
        let git = self.git.as_ref();
        let git = git.and_then(|git| git.findings(&join(path, "git")));
        let artifacts = self
            .components
            .iter()
            .flat_map(|(name, artifact)| artifact.findings(app, &join(&components, name.as_str())));
        git.into_iter().chain(artifacts).collect()
    }
}

fn json(text: &str) -> Result<Value, Vec<Finding>> {
    syntax::json("the manifest", text, LARGEST).map_err(|finding| vec![finding])
}

impl ArtifactRef {
    fn findings(&self, app: &AppName, path: &str) -> Vec<Finding> {
        let given = [("key", self.key.is_some()), ("image", self.image.is_some()), ("images", self.images.is_some())];
        let given = given.into_iter().filter(|(_, given)| *given);
        let given: Vec<String> = given.map(|(field, _)| format!("`{field}`")).collect();
        if given.len() != 1 {
            let (name, reason) = match given.as_slice() {
                [] => (FindingName::MissingField, "Neither `key` nor `image` nor `images` is given.".to_owned()),
                given => (FindingName::Duplicate, format!("Several of them are given: {}.", given.join(" and "))),
            };
            return vec![Finding::new(
                name,
                path,
                reason,
                "Write `key` for an object in the artifacts bucket, `image` for a container image, or `images` for \
                 those of a service with several.",
            )];
        }
        if let Some(key) = &self.key {
            return key_of_another(app, key, &join(path, "key")).into_iter().chain(self.not_pinned(path)).collect();
        }
        let image = self.image.iter().map(|image| (join(path, "image"), image));
        let images = self.images.iter().flatten().map(|(name, image)| (join(&join(path, "images"), name), image));
        let mut findings: Vec<Finding> =
            image.chain(images).filter_map(|(path, image)| image_finding(image, &path)).collect();
        findings.extend(self.pins_without_key(path));
        findings
    }

    /// Returns the finding that an object is named by its key alone: whoever may write there could put other bytes in
    /// its place before it is accepted.
    fn not_pinned(&self, path: &str) -> Option<Finding> {
        (self.sha256.is_none() && self.version_id.is_none()).then(|| {
            Finding::missing_field(join(path, "sha256"),
                "The object is named by its key alone, so that other bytes could come in its place.",
                "Write `sha256`, the 64 digits that `sha256sum` prints of the file, or the `version_id` that S3 answered \
                 to the upload. The command line writes both by itself.",
            )
            .resting_on([join(path, "version_id")])
        })
    }

    fn pins_without_key(&self, path: &str) -> Vec<Finding> {
        let given = [("version_id", self.version_id.is_some()), ("sha256", self.sha256.is_some())];
        given
            .into_iter()
            .filter(|(_, given)| *given)
            .map(|(field, _)| {
                Finding::bad_value(
                    join(path, field),
                    format!("`{field}` pins an object, and this is an image."),
                    "Pin an image as `repository@sha256:…`.",
                )
            })
            .collect()
    }
}

fn image_finding(image: &str, path: &str) -> Option<Finding> {
    let pinned = image.split_once('@').is_some_and(|(name, digest)| {
        is_repository(name) && digest.starts_with("sha256:") && Digest::parse(digest).is_ok()
    });
    let tagged = image.rsplit_once(':').is_some_and(|(name, tag)| is_repository(name) && is_tag(tag));
    (!pinned && !tagged).then(|| {
        Finding::bad_value(
            path,
            format!("`{}` does not name an image.", repeated(image)),
            "Write `repository:tag` or `repository@sha256:…`, the repository by name or full URI.",
        )
    })
}

/// Returns whether a text is a repository by name or URI, without scheme.
fn is_repository(text: &str) -> bool {
    (2..=400).contains(&text.len())
        && !text.contains("//")
        && !text.ends_with('/')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_./:".contains(c))
}

/// Amazon ECR API Reference, PutImage, `imageTag`: 1 to 128 characters.
fn is_tag(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && !text.starts_with(['.', '-'])
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_manifest_is_read_up_to_half_of_an_executions_input() {
        let app = AppName::new("shop").expect("a name");
        let of = |bytes: usize| {
            let text =
                r#"{"version":"1.4.0","components":{"api":{"key":"artifacts/shop/prod/api/1.zip","version_id":"v1"}}}"#;
            Manifest::parse(&app, &format!("{text}{}", " ".repeat(bytes - text.len())))
        };
        assert_eq!(of(128 * 1024).map(|manifest| manifest.components.len()), Ok(1));
        assert!(of(128 * 1024 + 1).is_err());
    }

    #[test]
    fn an_image_is_named_by_tag_or_digest() {
        let digest = Digest::of(b"image");
        let (most, more) = ("t".repeat(128), "t".repeat(129));
        let (long, longer) = ("r".repeat(400), "r".repeat(401));
        for image in [
            "ab:1",
            "shop/agent:1.4.0",
            "shop/agent:V1_a-b.c",
            "localhost:5000/shop/agent:1",
            "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/a_b:x",
            &format!("shop/agent@sha256:{digest}"),
            &format!("shop/agent:{most}"),
            &format!("{long}:1"),
        ] {
            assert_eq!(image_finding(image, "here"), None, "{image}");
        }
        for image in [
            "",
            "a:1",
            "shop/agent",
            "shop/agent:",
            "shop/agent:.1",
            "shop/agent:-1",
            "shop/agent:a b",
            "shop/agent:a/b",
            "Shop/agent:1",
            "shop//agent:1",
            "shop/agent/:1",
            "https://shop/agent:1",
            "shop agent:1",
            &format!("shop/agent@{digest}"),
            &format!("Shop/agent@sha256:{digest}"),
            "shop/agent@sha256:abc",
            &format!("shop/agent:{more}"),
            &format!("{longer}:1"),
        ] {
            let finding = image_finding(image, "here").expect(image);
            assert_eq!((finding.name, finding.path.as_str()), (FindingName::BadValue, "here"));
        }
    }
}
