//! A function as it is declared, recorded and seen, and the changes of it.

use super::alias::{AliasState, Traffic};
use crate::kinds::codedeploy::PlannedGroup;
use crate::ports::Function;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;

/// A function, and the alias that callers use if there is one.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The function's name.
    pub function: String,
    /// The alias; callers use `$LATEST` if absent.
    pub alias: Option<String>,
    /// The deployment group of CodeDeploy that moves the alias; Windlass does if absent.
    pub codedeploy: Option<PlannedGroup>,
}

/// The goal of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "there are a few of them at a time")]
pub enum Goal {
    /// The goal of a release.
    Release(Wanted),
    /// The recorded state, to which the function goes back.
    Back(Observed),
    /// An idle version, by its number, that is to be invoked before the function goes back to it. Nothing is changed.
    Wake(String),
}

/// [`Goal::Back`], in the form in which a seen function is recorded.
#[derive(Debug, Deserialize)]
pub struct BackRecord {
    /// The state that was seen.
    pub back: Observed,
}

/// A function as it was observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// `$LATEST`.
    pub latest: Latest,
    /// The published versions that matter, as far as they are there, oldest first: those that the alias uses, those
    /// that are gone back to, and the one that was published for this deployment.
    pub versions: Vec<Version>,
    /// The version that was published for this deployment, by the number that Lambda returned. If an undo has no such
    /// record, it is the newest version that keeps the former code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// The alias, if callers use one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<AliasState>,
    /// The revision of `$LATEST` upon which the last switching change was sent in this direction, and under the present
    /// token of the lock. It is not recorded.
    #[serde(skip)]
    pub sent_upon: Option<String>,
    /// True if this deployment has sent other code to `$LATEST` than it found there. It is not recorded.
    #[serde(skip)]
    pub has_other_sent: bool,
}

/// `$LATEST` as it was observed.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latest {
    /// The code as Lambda returns it.
    pub code_sha256: String,
    /// The image by digest.
    pub image: Option<String>,
    /// The customer's KMS key that the code is encrypted with.
    pub code_key: Option<String>,
    /// The digest of the configuration that a version freezes.
    pub configuration: String,
    /// The revision.
    pub revision_id: String,
    /// `Pending`, `Active`, `Inactive`, `Failed`, `Deleting`, ….
    pub state: String,
    /// `InProgress`, `Successful` or `Failed`.
    pub last_update: String,
    /// The reason of the state, as Lambda gives it.
    pub reason: String,
    /// Lambda's word for that reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason_code: String,
    /// True if the reserved concurrency is 0, which lets nothing run (AWS Lambda Developer Guide, "Configuring reserved
    /// concurrency for a function"). It is the user's, and is not recorded.
    #[serde(skip)]
    pub is_barred: bool,
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Its number.
    pub version: String,
    /// Its code as Lambda returns it.
    pub code_sha256: String,
    /// The image by digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The digest of its configuration.
    pub configuration: String,
    /// Its description: `windlass <deployment>` if Windlass made it.
    pub description: String,
    /// `Pending`, `Active`, `Inactive`, `Failed`.
    pub state: String,
    /// The reason of the state, as Lambda gives it.
    pub reason: String,
    /// Lambda's word for that reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason_code: String,
}

/// The goal that a release has for a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The code as Lambda will return it. For a zip it is the SHA-256 in base64. For an image it is the digits of its
    /// digest, or of an index's and of its platform's, either of which will do.
    pub code: Vec<String>,
    /// The source of the code.
    pub source: CodeSource,
    /// The share of the alias's callers, in percent; 100 without an alias. With 0 a version is published and can be
    /// invoked, and the alias stays as it is.
    pub percent: u8,
    /// The version that keeps the rest; empty without an alias.
    pub from: String,
    /// The deployment: its versions carry its id as description.
    pub deployment: DeploymentId,
    /// The revision of `$LATEST` if its last update had failed before: that failure is not this deployment's, and its
    /// cause may be mended without a change of the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<String>,
}

impl Wanted {
    /// Returns whether the version is only published, ahead of the alias's first move.
    pub fn is_ahead(&self) -> bool {
        self.percent == 0
    }

    /// True if callers get either version by turns.
    pub fn is_shared(&self) -> bool {
        (1..100).contains(&self.percent)
    }
}

/// The source of code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeSource {
    /// The release's artifact.
    Artifact(Artifact),
    /// A published version of the same function.
    Version(String),
    /// An image by digest.
    Image(String),
}

/// Says what callers get: `40`, `40 with 41 at 10 %`, or without an alias the beginning of the code's hash.
impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.alias {
            Some(alias) => alias.fmt(f),
            None => write!(f, "$LATEST with code {:.12}", self.latest.code()),
        }
    }
}

/// One change of a function.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Replaces the code of `$LATEST`.
    Update {
        /// The present code.
        from: String,
        /// The wanted code, any of these.
        to: Vec<String>,
        /// The source of the code.
        source: CodeSource,
        /// True if callers use `$LATEST`.
        live: bool,
        /// The key that the code stays encrypted with.
        code_key: Option<String>,
        /// The revision that the function must have.
        revision_id: String,
    },
    /// Publishes `$LATEST` as a version.
    Publish {
        /// The code that `$LATEST` must have.
        code_sha256: String,
        /// True if the version only keeps the code, to be restored from.
        keep: bool,
        /// The revision that the function must have.
        revision_id: String,
    },
    /// Sends the alias's callers elsewhere.
    Shift {
        /// The alias.
        alias: String,
        /// The versions to which it sends them now.
        from: Traffic,
        /// The versions to which it shall send them.
        to: Traffic,
        /// The revision that the alias must have.
        revision_id: String,
    },
}

/// Returns the description of the versions that a deployment publishes.
pub fn description(deployment: &DeploymentId) -> String {
    format!("windlass {deployment}")
}

/// Returns the description of a version that keeps the code that a deployment found.
pub fn description_of_kept(deployment: &DeploymentId) -> String {
    format!("windlass {deployment} before")
}

/// Shortens code for a person, to the first digits of its digest.
pub fn short(code: &str) -> String {
    let digest = match BASE64_STANDARD.decode(code) {
        Ok(raw) if raw.len() == 32 => Digest::from_bytes(&raw).to_string(),
        _ => code.to_owned(),
    };
    format!("sha256:{}", digest.chars().take(12).collect::<String>())
}

/// Returns the SHA-256 of a zip as Lambda returns it.
pub fn code_sha256(digest: &Digest) -> String {
    BASE64_STANDARD.encode(digest.to_bytes())
}

impl Version {
    /// Reads a version as Lambda returns it.
    pub fn of(function: Function) -> Self {
        Self {
            version: function.version,
            code_sha256: function.code_sha256,
            image: function.image,
            configuration: function.configuration,
            description: function.description,
            state: function.state,
            reason: function.reason,
            reason_code: function.reason_code,
        }
    }
}

impl Change {
    /// Returns the change as the ledger records it. Neither the condition, nor the key that the code keeps, nor the
    /// source of the bytes makes it another change.
    pub fn value(&self) -> Value {
        match self {
            Self::Update { from, to, live, .. } => {
                json!({"update": {"from": from, "to": to, "live": live}})
            }
            Self::Publish { code_sha256, keep, .. } => json!({"publish": {"code": code_sha256, "keep": keep}}),
            Self::Shift { alias, from, to, .. } => json!({"shift": {"alias": alias, "from": from, "to": to}}),
        }
    }
}

/// Describes the change for a person: `alias live 41 → 41 with 42 at 10 %`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Update { from, to, live, .. } => {
                let to = to.first().map(String::as_str).unwrap_or_default();
                write!(f, "code of $LATEST {} → {}", short(from), short(to))?;
                f.write_str(if *live { ", live at once" } else { " (an undo leaves it there)" })
            }
            Self::Publish { code_sha256, keep, .. } => {
                write!(f, "publish {} as a version", short(code_sha256))?;
                f.write_str(if *keep { ", to be restored from" } else { "" })
            }
            Self::Shift { alias, from, to, .. } => write!(f, "alias {alias} {from} → {to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_change_upon_another_revision_is_the_same_change() {
        let shift = |to: &str, revision_id: &str| Change::Shift {
            alias: "live".into(),
            from: Traffic::all_to("1"),
            to: Traffic::all_to(to),
            revision_id: revision_id.into(),
        };
        let update = |to: &str, revision_id: &str| Change::Update {
            from: "old".into(),
            to: vec![to.into()],
            source: CodeSource::Version("1".into()),
            live: true,
            code_key: None,
            revision_id: revision_id.into(),
        };
        for (one, moved, other) in [
            (shift("2", "a"), shift("2", "b"), shift("3", "a")),
            (update("2", "a"), update("2", "b"), update("3", "a")),
        ] {
            assert_ne!(one, moved);
            assert_eq!(one.value(), moved.value());
            assert_ne!(one.value(), other.value());
        }
    }
}
