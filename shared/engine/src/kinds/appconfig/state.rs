//! The state of a configuration, its goals, and the changes of it.

use crate::ports::{ConfigurationRollout, RolloutDetail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::output::Output;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Time;

/// The seconds for which AppConfig lets a complete deployment be reverted: 72 hours (AWS AppConfig API Reference,
/// StopDeployment), but for five minutes, because nobody knows whose clock counts them.
const REVERTIBLE_S: u64 = 72 * 3600 - 300;

/// The number of digits of the SHA-256 in a version's label. With the text before them they are the 64 characters that
/// a label may have.
const LABELLED: usize = 57;

/// A configuration profile in an environment of AppConfig, with everything that was decided at `Prepare`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The application's id.
    pub application: String,
    /// The environment's id.
    pub environment: String,
    /// The profile's id.
    pub profile: String,
    /// All three by name, for people, such as `shop/prod/flags`.
    pub named: String,
    /// The MIME type of a new version.
    pub content_type: String,
    /// True if AppConfig returns a version byte for byte. To feature flags it adds members of its own.
    pub is_verbatim: bool,
    /// The document that is brought; `None` if nothing new is brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<PinnedDocument>,
}

/// A document in the artifacts bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedDocument {
    /// The object's key.
    pub key: String,
    /// Its S3 version id.
    pub version_id: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// The outputs of other components that are filled in; `None` if it takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<Filled>,
}

/// The document as it is deployed: with the outputs of other components in the place of their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// Each output with its value.
    pub with: BTreeMap<Output, String>,
    /// The SHA-256 of the bytes that are deployed.
    pub sha256: Digest,
}

impl PinnedDocument {
    /// The SHA-256 of the bytes that are deployed.
    pub fn deployed(&self) -> &Digest {
        match &self.filled {
            Some(filled) => &filled.sha256,
            None => &self.sha256,
        }
    }
}

/// Returns the label of the version with this content, by which it is found again.
pub fn label(sha256: &Digest) -> String {
    let hex = sha256.as_str();
    format!("sha256-{}", hex.get(..LABELLED).unwrap_or(hex))
}

/// The configuration that callers must get, and the record of the one that they got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The configuration; `None` if none is deployed.
    pub live: Option<Configuration>,
    /// The strategy by which it is deployed, by id; `None` on a way back, which is as fast as possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// True if it is enough that it grows, and that AppConfig has not gone back by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub grows: bool,
}

/// A configuration, by number or by content.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The version's number; `None` for the version that this deployment makes.
    pub version: Option<String>,
    /// The version's label, which names its content; `None` if it has none.
    pub label: Option<String>,
}

/// The environment, as one look shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The time at which the look began.
    pub now: Time,
    /// The profile's id.
    pub profile: String,
    /// The environment's deployments, newest first, at least back to the one that this profile had before its live one.
    pub rollouts: Vec<ConfigurationRollout>,
    /// The version of the wanted content; `None` if it was not made yet.
    pub made: Option<LabeledVersion>,
    /// The number of the profile's newest version; 0 if it has none.
    pub newest_version: u32,
    /// The profile's newest deployment in detail, if something was sent on this way.
    pub detail: Option<RolloutDetail>,
    /// The number of the deployment whose stop was sent last on this way.
    pub stopped: Option<u32>,
    /// The description of deployments that this one starts.
    pub mark: String,
}

/// The version that has the wanted label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabeledVersion {
    /// Its number.
    pub version: String,
    /// True if its content is another one than its label says.
    pub is_other: bool,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Makes a version with the document's content.
    Create {
        /// Its label.
        label: String,
        /// The number that the newest version must have; 0 if there must be none.
        newest: u32,
    },
    /// Deploys a version.
    Start {
        /// Its number.
        version: String,
        /// The strategy's id.
        strategy: String,
        /// The number that the environment's newest deployment must have; 0 if there must be none.
        newest: u32,
    },
    /// Stops a deployment, or reverts it if it is complete.
    Stop {
        /// Its number.
        number: u32,
        /// The version that callers get then; `None` if nothing was deployed before.
        back_to: Option<String>,
    },
}

/// Returns the value of a stop, by which it is recognized.
pub(super) fn stop_of(number: u32) -> Value {
    json!({ "stop": number })
}

/// Returns the number of the deployment that a change of this value stops; `None` if it is no stop.
pub(super) fn stopped_by(value: &Value) -> Option<u32> {
    u32::deserialize(value.get("stop")?).ok()
}

/// A deployment's state: AppConfig validates its content.
pub(super) const VALIDATING: &str = "VALIDATING";
/// A deployment's state: it grows.
pub(super) const DEPLOYING: &str = "DEPLOYING";
/// A deployment's state: all callers get it, and AppConfig watches its alarms.
pub(super) const BAKING: &str = "BAKING";
/// A deployment's state: it is over, and callers get it.
pub(super) const COMPLETE: &str = "COMPLETE";
/// A deployment's state: its callers go back to the version before.
pub(super) const ROLLING_BACK: &str = "ROLLING_BACK";
/// A deployment's state: it is over, and callers get the version before it.
const ROLLED_BACK: &str = "ROLLED_BACK";
/// The same, of one that was taken back when it was over.
const REVERTED: &str = "REVERTED";
/// A deployment's states when callers get the version before it.
const GONE: [&str; 2] = [ROLLED_BACK, REVERTED];
/// Each state of a deployment (AWS AppConfig API Reference, GetDeployment, `State`).
pub(super) const STATES: [&str; 7] = [VALIDATING, DEPLOYING, BAKING, COMPLETE, ROLLING_BACK, ROLLED_BACK, REVERTED];

impl ConfigurationRollout {
    /// Returns true if callers get it, or may get it.
    pub(super) fn stands(&self) -> bool {
        !GONE.contains(&self.state.as_str())
    }

    /// Returns true if it is under way. A state that this build does not know is not over.
    pub(super) fn is_under_way(&self) -> bool {
        self.stands() && self.state != COMPLETE
    }

    /// Returns the time at which it is over by its strategy; `None` if AppConfig does not say when it began.
    pub(super) fn ends(&self) -> Option<Time> {
        let (grows, bakes) = self.minutes;
        self.started.map(|at| at.plus_s((grows + bakes) * 60))
    }
}

impl Seen {
    /// Returns the profile's deployments that callers get or may get, newest first. The first one is live. If it is
    /// stopped or reverted, callers go back to the second one.
    pub(super) fn standing(&self) -> impl Iterator<Item = &ConfigurationRollout> {
        self.of_profile().filter(|rollout| rollout.stands())
    }

    /// Returns the profile's deployments, newest first.
    pub(super) fn of_profile(&self) -> impl Iterator<Item = &ConfigurationRollout> {
        let own = |rollout: &&ConfigurationRollout| rollout.profile == self.profile;
        self.rollouts.iter().filter(own)
    }

    /// Returns the deployment that is live, or growing.
    pub(super) fn live(&self) -> Option<&ConfigurationRollout> {
        self.standing().next()
    }

    /// Returns the deployment that callers get again if the live one is stopped or reverted.
    pub(super) fn behind(&self) -> Option<&ConfigurationRollout> {
        self.standing().nth(1)
    }

    /// Returns the deployment that is under way in the environment, of whichever profile. There is at most one.
    pub(super) fn under_way(&self) -> Option<&ConfigurationRollout> {
        self.rollouts.iter().find(|rollout| rollout.is_under_way())
    }

    /// Returns the number of the environment's newest deployment; 0 if it has none.
    pub(super) fn newest(&self) -> u32 {
        self.rollouts.first().map_or(0, |rollout| rollout.number)
    }

    /// Returns true if something was sent on this way, and since then somebody else has begun a deployment of the
    /// profile: the live one is neither this deployment's nor the one that was to be stopped.
    pub(super) fn is_of_others(&self, live: &ConfigurationRollout) -> bool {
        self.detail.as_ref().is_some_and(|newest| {
            let is_ours = newest.rollout.number == live.number && newest.description == self.mark;
            !is_ours && self.stopped != Some(live.number)
        })
    }

    /// Returns true if AppConfig lets the live one be reverted: it is complete, nothing of the profile came after it,
    /// and it is not too long ago. AWS documents nothing of other cases, so they are not tried.
    pub(super) fn can_be_reverted(&self, live: &ConfigurationRollout) -> bool {
        let newest = self.of_profile().next();
        let is_newest = newest.is_some_and(|newest| newest.number == live.number);
        let completed = live.completed.filter(|_| live.state == COMPLETE);
        is_newest && completed.is_some_and(|at| self.now < at.plus_s(REVERTIBLE_S))
    }
}
