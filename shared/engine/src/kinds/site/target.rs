use crate::ports::ObjectId;
use serde::{Deserialize, Serialize};
use windlass_domain::declaration::resolved::StaticSite;
use windlass_domain::digest::Digest;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};

/// A static site's target, as the step item keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
    /// What the declaration says.
    pub site: StaticSite,
    /// The id of the distribution's origin that is the bucket; absent without a distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The archive to bring; absent for a rollback to a recorded state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Archive>,
}

/// The pinned archive in the artifacts bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// Its key.
    pub key: String,
    /// Its version id.
    pub version_id: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
}

impl Target {
    /// The key of a path in the site's bucket, in place.
    pub fn key(&self, path: &str) -> String {
        format!("{}{path}", self.site.prefix)
    }

    /// The object at a path of the site's bucket, in place.
    pub fn object(&self, path: &str, version_id: Option<String>) -> ObjectId {
        ObjectId {
            bucket: self.site.bucket.clone(),
            key: self.key(path),
            version_id,
        }
    }
}

impl Archive {
    /// The archive as an object.
    pub fn object(&self, bucket: &str) -> ObjectId {
        ObjectId {
            bucket: bucket.to_owned(),
            key: self.key.clone(),
            version_id: Some(self.version_id.clone()),
        }
    }
}
