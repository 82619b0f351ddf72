//! The artifacts that somebody asks to upload, with the keys that Windlass gives to them. Pure.

use crate::document::shape::{Language, Shape};
use crate::document::source::DocumentText;
use crate::release::identity::EnvironmentId;
use crate::release::key::{artifacts_of, plans_of};
use crate::text::digest::Digest;
use crate::text::finding::Finding;
use crate::text::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::LazyLock;

static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::of::<WantedUploads>("the body", Language::Json));

/// The artifacts that somebody asks to upload. Unknown fields are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedUploads {
    /// The artifacts, each for a PUT of its own.
    #[schemars(extend("minItems" = 1, "maxItems" = 100))]
    pub artifacts: Vec<WantedUpload>,
    /// True if they are only planned, which the right to see is enough for: no release takes them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plan: bool,
}

/// One artifact that somebody asks to upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedUpload {
    /// The component.
    pub component: ComponentName,
    /// The SHA-256 of its bytes, as 64 lower-case hexadecimal digits. S3 takes no others.
    pub sha256: Digest,
    /// The number of its bytes: at most 5 GB, which is the most of one PUT.
    #[schemars(range(min = 1, max = 5_368_709_120_u64))]
    pub bytes: u64,
    /// The ending of its key, such as `json`; `zip` if absent.
    #[serde(default = "zip")]
    #[schemars(extend("pattern" = "^[a-z0-9]{1,8}$"))]
    pub ending: String,
}

fn zip() -> String {
    "zip".to_owned()
}

impl WantedUploads {
    /// Reads the body of a call, in the words of its text.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(body: &Value, text: &str) -> Result<Self, Vec<Finding>> {
        SHAPE.read(body, &DocumentText::of(text))
    }
}

impl WantedUpload {
    /// Returns its key, of a release or of a plan alone: other bytes never get the same one.
    pub fn key(&self, of: EnvironmentId<'_>, plan: bool) -> String {
        let folder = if plan {
            plans_of(of.app(), &self.component)
        } else {
            artifacts_of(of.app(), of.environment(), &self.component)
        };
        format!("{folder}{}.{}", self.sha256.as_str(), self.ending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::key::{Upload, upload};
    use crate::text::name::{AppName, EnvironmentName};
    use serde_json::json;

    #[test]
    fn a_key_is_made_of_the_place_and_the_bytes() {
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let sha256 = Digest::of(b"web");
        for (ending, wanted) in [(None, "zip"), (Some("json"), "json")] {
            let mut artifact = json!({"component": "web", "sha256": sha256, "bytes": 3});
            artifact.as_object_mut().unwrap().extend(ending.map(|ending| ("ending".to_owned(), json!(ending))));
            let read = WantedUploads::read(&json!({"artifacts": [artifact]}), "").unwrap();
            assert!(!read.plan);
            let key = |plan| read.artifacts[0].key(EnvironmentId::new(&app, &prod), plan);
            assert_eq!(key(false), format!("artifacts/shop/prod/web/{}.{wanted}", sha256.as_str()));
            assert!(matches!(upload(&key(false)), Some(Upload::Artifact(..))), "{}", key(false));
            assert_eq!(key(true), format!("plans/shop/web/{}.{wanted}", sha256.as_str()));
            assert_eq!(upload(&key(true)), None, "what is only planned is no upload of a release");
        }
    }

    #[test]
    fn what_is_no_artifact_is_found() {
        let good = json!({"component": "web", "sha256": Digest::of(b"web"), "bytes": 3});
        for (member, value, wanted) in [
            ("component", json!("../web"), "BadValue artifacts[0].component"),
            ("sha256", json!("3f9a"), "BadValue artifacts[0].sha256"),
            ("bytes", json!(0), "BadValue artifacts[0].bytes"),
            ("bytes", json!(5_368_709_121_u64), "BadValue artifacts[0].bytes"),
            ("ending", json!("../zip"), "BadValue artifacts[0].ending"),
            ("key", json!("apps/shop/app.yaml"), "UnknownField artifacts[0].key"),
        ] {
            let mut artifact = good.clone();
            artifact[member] = value;
            let findings = WantedUploads::read(&json!({"artifacts": [artifact]}), "").unwrap_err();
            let found: Vec<String> = findings.iter().map(|it| format!("{} {}", it.name, it.path)).collect();
            assert_eq!(found, [wanted]);
        }
        assert!(WantedUploads::read(&json!({"artifacts": []}), "").is_err());
        assert!(WantedUploads::read(&json!({"artifacts": [good], "plan": "yes"}), "").is_err());
    }
}
