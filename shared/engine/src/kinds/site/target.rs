//! The target of a site as a step names it, the keys below it, and the digest of its release.

use super::files::Object;
use crate::kinds::archive::Archive;
use crate::ports::ObjectId;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use windlass_domain::declaration::kinds::site::{ConfigFile, ContentEncoding, SiteMode, StaticSite};
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// A static site's target, as the step item keeps it. Both modes have these fields.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
    /// The folder of its lists, if the three names above do not name it: a site that was moved keeps its lists where
    /// they are.
    pub home: Option<String>,
    /// The site, as it is declared.
    pub site: StaticSite,
    /// The address under which visitors reach it, with a slash at its end; `None` if nothing names it.
    pub visitors: Option<String>,
    /// The objects that a withdrawal takes away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdraws: Vec<WithdrawnObject>,
    /// The archive to bring; `None` for a rollback to a recorded state.
    pub archive: Option<Archive>,
}

/// An object that a withdrawal takes away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawnObject {
    /// The path within the site.
    pub path: String,
    /// The key in the bucket.
    pub key: String,
    /// The ETag of the object.
    pub etag: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
    /// True if visitors get it at its path.
    pub is_live: bool,
}

impl WithdrawnObject {
    /// Makes one of an object whose content is known.
    pub fn of(path: &str, key: String, object: &Object, is_live: bool) -> Option<Self> {
        Some(Self {
            path: path.to_owned(),
            key,
            etag: object.etag.clone(),
            sha256: object.file.as_ref()?.sha256.clone(),
            bytes: object.bytes,
            is_live,
        })
    }
}

impl Target {
    /// Returns the folder of its lists, below the folder of all sites.
    pub fn folder(&self) -> String {
        let named = || format!("{}/{}/{}", self.app, self.environment, self.component);
        self.home.clone().unwrap_or_else(named)
    }

    /// Returns the key of a path in the bucket of a site in place.
    pub fn key(&self, path: &str) -> String {
        format!("{}{path}", self.site.prefix)
    }

    /// Returns the object at a path in the bucket of a site in place.
    pub fn object(&self, path: &str, version_id: Option<String>) -> ObjectId {
        ObjectId { bucket: self.site.bucket.clone(), key: self.key(path), version_id }
    }
}

/// The files that are Windlass's own, in words.
pub(super) fn files_of(target: &Target) -> String {
    let site = &target.site;
    format!("the files of its releases in s3://{}/{}", site.bucket, site.prefix)
}

/// The files that visitors get, in words.
pub(super) fn files_in_words(release: Option<&Digest>) -> String {
    release.map_or_else(
        || "the files that Windlass found".to_owned(),
        |release| format!("the files of {}", release.short()),
    )
}

/// The longest key in S3, in bytes (Amazon S3 User Guide, "Naming Amazon S3 objects").
const LONGEST_KEY: usize = 1024;

/// Returns how many bytes a path may have. The folder comes before it.
pub(super) fn room(site: &StaticSite) -> usize {
    let release = match site.mode {
        SiteMode::InPlace => 0,
        SiteMode::Prefix => 13,
    };
    LONGEST_KEY.saturating_sub(site.prefix.len() + release)
}

/// Returns the configuration file of an environment: a JSON document, or a script that assigns it to a global name. So
/// one build serves all environments.
pub fn config_bytes(config: &ConfigFile) -> Bytes {
    let values = serde_json::json!(config.values);
    let text = match &config.global {
        Some(global) => format!("{global} = {values:#};\n"),
        None => format!("{values:#}\n"),
    };
    Bytes::from(text)
}

/// Returns the digest that identifies a release on this site: of the archive's bytes and of everything in the
/// declaration that goes into its files. The same digest always has the same files.
pub fn release_of(target: &Target, archive: &Archive) -> Digest {
    let site = &target.site;
    // The number is that of the built-in rules for headers: other rules make other files of the same archive.
    let mut text = format!("files 2\narchive {}\n", archive.sha256);
    for rule in &site.cache {
        text.push_str(&format!("cache {:?} {:?}\n", rule.files, rule.cache_control));
    }
    for rule in &site.headers {
        let encoding = rule.content_encoding.map(ContentEncoding::header);
        let said = (&rule.content_type, encoding, &rule.cache_control);
        text.push_str(&format!("headers {:?} {said:?}\n", rule.files));
    }
    for pattern in &site.hashed {
        text.push_str(&format!("hashed {pattern:?}\n"));
    }
    for (list, patterns) in [("publish", &site.files.publish), ("exclude", &site.files.exclude)] {
        for pattern in patterns {
            text.push_str(&format!("{list} {pattern:?}\n"));
        }
    }
    if let Some(config) = &site.config {
        let content = Digest::of(&config_bytes(config));
        text.push_str(&format!("config {:?} {content}\n", config.path));
    }
    Digest::of(text.as_bytes())
}

/// Returns the origin path of the folder that a deployment makes for a release. No other deployment writes to it, in
/// whichever environment or installation (the artifacts bucket names the installation). So whoever prunes the folder
/// knows all who need it, and a late deletion meets nothing that is used again.
pub fn origin_path_of(target: &Target, release: &Digest, deployment: &DeploymentId, artifacts_bucket: &str) -> String {
    let text = format!("folder 1\n{artifacts_bucket}\n{deployment}\n{}\n{release}\n", target.component);
    let name = Digest::of(text.as_bytes());
    format!("/{}{}", target.site.prefix, name.short())
}

/// Returns the folder of an origin path: without leading slash, empty or with a trailing slash.
pub fn folder_of(origin_path: &str) -> String {
    match origin_path.trim_matches('/') {
        "" => String::new(),
        folder => format!("{folder}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_or_a_script() {
        let mut config = ConfigFile {
            path: "config.js".into(),
            global: Some("window.config".into()),
            values: [("api".to_owned(), "https://api.example/\"x\"".to_owned())].into(),
        };
        assert_eq!(config_bytes(&config), "window.config = {\n  \"api\": \"https://api.example/\\\"x\\\"\"\n};\n");
        config.global = None;
        assert_eq!(config_bytes(&config), "{\n  \"api\": \"https://api.example/\\\"x\\\"\"\n}\n");
    }
}
