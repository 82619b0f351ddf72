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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Makes a request. Of the members that only some have, those that are null are left out.
    fn asks(&self, word: &str, more: Value) -> Value {
        let Self { app, environment, component, deployment, settings } = self;
        let mut asked = json!({
            "windlass": VERSION, "do": word, "app": app, "environment": environment, "component": component,
            "deployment": deployment, "settings": settings,
        });
        if let (Value::Object(asked), Value::Object(more)) = (&mut asked, more) {
            asked.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
        }
        asked
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
        let sha256 = artifact.digest().as_str().to_owned();
        match artifact {
            Artifact::Object { key, version_id, .. } => {
                let (bucket, key, version_id) = (bucket.to_owned(), key.clone(), version_id.clone());
                Some(Self::Object { bucket, key, version_id, sha256 })
            }
            Artifact::Image { repository, .. } => Some(Self::Image { image: format!("{repository}@sha256:{sha256}") }),
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
        Self(about.asks("observe", json!({ "goal": goal })))
    }

    /// Asks what is there, and which goal the bytes of a release come to.
    pub fn planning(about: &Subject, release: &ReleaseBytes) -> Self {
        Self(about.asks("observe", json!({ "release": release })))
    }

    /// Returns the request as it is sent.
    pub const fn json(&self) -> &Value {
        &self.0
    }
}

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

/// The request for something that is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Act(Value);

impl Act {
    fn new(word: &str, about: &Subject, deed: &Deed<'_>) -> Self {
        let direction = if deed.is_back { "back" } else { "forward" };
        let key = format!("{}/{}/{direction}", about.deployment, about.component);
        let not_after = deed.not_after.to_string();
        let more = json!({"goal": deed.goal, "release": deed.release, "key": key, "not_after": not_after});
        Self(about.asks(word, more))
    }

    /// Asks to prepare what nobody notices.
    pub fn prepare(about: &Subject, deed: &Deed<'_>) -> Self {
        Self::new("prepare", about, deed)
    }

    /// Asks for the one change, on the condition that the outside still has this mark.
    pub fn change(about: &Subject, deed: &Deed<'_>, mark: Option<&str>) -> Self {
        let mut asked = Self::new("change", about, deed);
        asked.0["if"] = json!(mark);
        asked
    }

    /// Returns the request as it is sent.
    pub const fn json(&self) -> &Value {
        &self.0
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
