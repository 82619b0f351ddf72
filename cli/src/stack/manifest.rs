//! The files of an assembly, as AWS CDK writes them (AWS CDK, `cloud-assembly-schema`), as far as a release needs them.

use crate::ground::machine::{self, shown};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;
use windlass_domain::text::foreign;

/// The file that says what is in an assembly.
pub const MANIFEST: &str = "manifest.json";

/// The manifest of an assembly: it lists the artifacts of the build.
#[derive(Debug, Deserialize)]
pub struct AssemblyManifest {
    /// The artifacts by their ids.
    #[serde(default)]
    pub artifacts: BTreeMap<String, AssemblyArtifact>,
    /// The values that CDK has not looked up.
    #[serde(default)]
    pub missing: Vec<MissingContext>,
}

/// A part of an assembly, such as a stack.
#[derive(Debug, Deserialize)]
pub struct AssemblyArtifact {
    /// Its type.
    #[serde(rename = "type", deserialize_with = "foreign::one")]
    pub sort: String,
    /// The account and the region of a stack, as `aws://account/region`.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub environment: Option<String>,
    /// Its properties.
    #[serde(default)]
    pub properties: Properties,
    /// The ids of the artifacts that it depends on.
    #[serde(default)]
    pub dependencies: Vec<String>,
}

/// The properties of an artifact, of whatever type.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Properties {
    /// The template of a stack.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub template_file: Option<String>,
    /// The name of a stack in CloudFormation; its id if absent.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub stack_name: Option<String>,
    /// The folder of a nested assembly.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub directory_name: Option<String>,
    /// The file of a list of assets.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub file: Option<String>,
}

/// A value that CDK has to look up in the account, and has not.
#[derive(Debug, Clone, Deserialize)]
pub struct MissingContext {
    /// Its name.
    #[serde(deserialize_with = "foreign::one")]
    pub key: String,
}

/// The assets of a stack.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AssetList {
    /// The files.
    pub files: BTreeMap<String, Asset>,
    /// The images.
    pub docker_images: BTreeMap<String, Asset>,
}

/// An asset: a file, or an image.
#[derive(Debug, Deserialize)]
pub struct Asset {
    /// Its source.
    pub source: AssetSource,
    /// Its places by their names.
    pub destinations: BTreeMap<String, AssetPlace>,
}

/// The source of an asset.
#[derive(Debug, Deserialize)]
pub struct AssetSource {
    /// Its file or folder; `None` for an image, and where a program makes it.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub path: Option<String>,
}

/// The place of an asset.
#[derive(Debug, Deserialize)]
pub struct AssetPlace {
    /// The bucket of a file, or the repository of an image.
    #[serde(rename = "bucketName", alias = "repositoryName", deserialize_with = "foreign::one")]
    pub place: String,
    /// The key of a file, or the tag of an image.
    #[serde(rename = "objectKey", alias = "imageTag", deserialize_with = "foreign::one")]
    pub name: String,
}

/// Reads one of the files.
///
/// # Errors
/// A sentence that says why it cannot be read.
pub fn parsed<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    serde_json::from_str(&machine::text(path)?)
        .map_err(|error| format!("`{}` is not what AWS CDK writes: {error}", shown(path)))
}
