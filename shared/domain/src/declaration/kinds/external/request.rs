//! What Windlass asks of a user's function, by its protocol in version 1. A look is a type of its own: who can make
//! nothing else asks for no change.

use crate::release::artifact::Artifact;
use crate::release::identity::DeploymentId;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The version of the protocol.
pub const VERSION: u64 = 1;

/// What callers get of the outside thing, as a JSON object with its `format`. It is compared by value.
pub type State = Map<String, Value>;

/// The component that a request is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
    /// The deployment that changes it, or has changed it last.
    pub deployment: DeploymentId,
    /// The settings of the declaration.
    pub settings: Map<String, Value>,
}

impl Subject {
    fn asks(&self, word: &str) -> Map<String, Value> {
        let (app, environment, component) = (&self.app, &self.environment, &self.component);
        let members = [
            ("windlass", json!(VERSION)),
            ("do", json!(word)),
            ("app", json!(app)),
            ("environment", json!(environment)),
            ("component", json!(component)),
            ("deployment", json!(self.deployment)),
            ("settings", json!(self.settings)),
        ];
        members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
    }

    /// Returns the key that names what is made in a direction, `forward` or `back`.
    pub fn key(&self, is_back: bool) -> String {
        let direction = if is_back { "back" } else { "forward" };
        format!("{}/{}/{direction}", self.deployment, self.component)
    }
}

/// The bytes of a release, as a function finds them: it reads the object with its own role, and verifies the digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ReleaseBytes {
    /// An object of the artifacts bucket.
    Object {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// The version id.
        version_id: String,
        /// The SHA-256 of its bytes, in 64 hexadecimal digits.
        sha256: String,
    },
    /// An image by digest.
    Image {
        /// The repository's URI, `@`, and the digest.
        image: String,
    },
}

impl ReleaseBytes {
    /// Returns the bytes of an artifact in this bucket; `None` for several images, which such a component never has.
    pub fn of(artifact: &Artifact, bucket: &str) -> Option<Self> {
        match artifact {
            Artifact::Object { key, version_id, sha256, .. } => Some(Self::Object {
                bucket: bucket.to_owned(),
                key: key.clone(),
                version_id: version_id.clone(),
                sha256: sha256.as_str().to_owned(),
            }),
            Artifact::Image { repository, digest } => {
                Some(Self::Image { image: format!("{repository}@sha256:{}", digest.as_str()) })
            }
            Artifact::Images { .. } => None,
        }
    }
}

/// The request for a look: it changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Observe(Value);

impl Observe {
    /// Asks what is there; with a goal, whether that is prepared and reached.
    pub fn new(about: &Subject, goal: Option<&State>) -> Self {
        let mut asked = about.asks("observe");
        asked.extend(goal.map(|goal| ("goal".to_owned(), json!(goal))));
        Self(asked.into())
    }

    /// Asks what is there, and which goal the bytes of a release come to.
    pub fn planning(about: &Subject, release: &ReleaseBytes) -> Self {
        let mut asked = about.asks("observe");
        asked.insert("release".to_owned(), json!(release));
        Self(asked.into())
    }

    /// Returns the request as it is sent.
    pub const fn json(&self) -> &Value {
        &self.0
    }
}

/// The request for something that is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Act(Value);

/// What every request to do something has.
#[derive(Debug, Clone, Copy)]
pub struct Deed<'a> {
    /// The state that is wanted.
    pub goal: &'a State,
    /// The bytes of the release; `None` on the way back.
    pub release: Option<&'a ReleaseBytes>,
    /// True on the way back.
    pub is_back: bool,
    /// The time after which nothing may begin.
    pub not_after: Time,
}

impl Deed<'_> {
    fn asked(&self, about: &Subject, word: &str) -> Map<String, Value> {
        let mut asked = about.asks(word);
        asked.insert("goal".to_owned(), json!(self.goal));
        asked.insert("key".to_owned(), about.key(self.is_back).into());
        asked.insert("not_after".to_owned(), self.not_after.to_string().into());
        asked.extend(self.release.map(|release| ("release".to_owned(), json!(release))));
        asked
    }
}

impl Act {
    /// Asks to prepare what nobody notices.
    pub fn prepare(about: &Subject, deed: &Deed<'_>) -> Self {
        Self(deed.asked(about, "prepare").into())
    }

    /// Asks for the one change, on the condition that the outside still has this mark.
    pub fn change(about: &Subject, deed: &Deed<'_>, mark: Option<&str>) -> Self {
        let mut asked = deed.asked(about, "change");
        asked.insert("if".to_owned(), json!(mark));
        Self(asked.into())
    }

    /// Returns the request as it is sent.
    pub const fn json(&self) -> &Value {
        &self.0
    }
}
