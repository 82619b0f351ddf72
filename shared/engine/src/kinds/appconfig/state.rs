//! What is known of a configuration, wanted of it, and done with it.

use crate::ports::{Rollout, Told};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::digest::Digest;
use windlass_domain::output::Output;
use windlass_domain::time::Time;

/// For how long AppConfig lets a deployment be reverted that is complete, in seconds (AWS AppConfig API Reference,
/// StopDeployment: 72 hours), but for five minutes of which nobody knows whose clock counts them.
const REVERTIBLE_S: u64 = 72 * 3600 - 300;

/// The number of digits of the SHA-256 that stand in a version's label: with what stands before them they are the 64 that
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
    /// True where AppConfig gives a version back byte for byte: to feature flags it adds members of its own.
    pub is_verbatim: bool,
    /// The document that is brought; absent where nothing new is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
}

/// A document in the artifacts bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The object's key.
    pub key: String,
    /// Its S3 version id.
    pub version_id: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// The outputs of others that are filled in, where it takes some.
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

impl Document {
    /// The SHA-256 of the bytes that are deployed.
    pub fn deployed(&self) -> &Digest {
        match &self.filled {
            Some(filled) => &filled.sha256,
            None => &self.sha256,
        }
    }
}

/// The label of the version with this content, by which it is found again.
pub fn label(sha256: &Digest) -> String {
    let hex = sha256.as_str();
    format!("sha256-{}", hex.get(..LABELLED).unwrap_or(hex))
}

/// The configuration that callers must get, and what is recorded of the one that they got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The configuration; absent where none is deployed.
    pub live: Option<Configuration>,
    /// The strategy by which it is deployed, by id; absent on a way back, which is as fast as can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// True where it is enough that it grows, and that AppConfig has not gone back by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub grows: bool,
}

/// A configuration, by number or by content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The version's number; absent where it is the one that this deployment makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The version's label, which tells its content; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// The environment as one look shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// When.
    pub now: Time,
    /// The profile's id.
    pub profile: String,
    /// The environment's deployments, newest first, at least back to what this profile had before its live one.
    pub rollouts: Vec<Rollout>,
    /// The wanted content's version, where it was made already.
    pub made: Option<Made>,
    /// The number of the profile's newest version; 0 where it has none.
    pub newest_version: u32,
    /// The profile's newest deployment as it tells of itself, where something was sent on this way.
    pub told: Option<Told>,
    /// The number of the deployment whose stop was sent last on this way.
    pub stopped: Option<u32>,
    /// The description of deployments that this one starts.
    pub mark: String,
}

/// The version that has the wanted label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its number.
    pub version: String,
    /// True where its content is other than its label says.
    pub is_other: bool,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Makes a version with the document's content.
    Create {
        /// Its label.
        label: String,
        /// The number that the newest version must have; 0 where there must be none.
        newest: u32,
    },
    /// Deploys a version.
    Start {
        /// Its number.
        version: String,
        /// The strategy's id.
        strategy: String,
        /// The number that the environment's newest deployment must have; 0 where there must be none.
        newest: u32,
    },
    /// Stops a deployment, or reverts it where it is complete.
    Stop {
        /// Its number.
        number: u32,
        /// The version that callers get then; none where nothing was deployed before.
        back_to: Option<String>,
    },
}

/// The value of a stop, by which it is known again.
pub(super) fn stop_of(number: u32) -> Value {
    json!({ "stop": number })
}

/// The number of the deployment that a change of this value stops; nothing where it is no stop.
pub(super) fn stopped_by(value: &Value) -> Option<u32> {
    u32::deserialize(value.get("stop")?).ok()
}

/// A deployment's state: its content is looked at.
pub(super) const VALIDATING: &str = "VALIDATING";
/// A deployment's state: it grows.
pub(super) const DEPLOYING: &str = "DEPLOYING";
/// A deployment's state: all callers get it, and AppConfig watches its alarms.
pub(super) const BAKING: &str = "BAKING";
/// A deployment's state: it is over, and callers get it.
pub(super) const COMPLETE: &str = "COMPLETE";
/// A deployment's state: its callers go back to what was before.
pub(super) const ROLLING_BACK: &str = "ROLLING_BACK";
/// A deployment's states when it is over, and callers get what was before it.
const GONE: [&str; 2] = ["ROLLED_BACK", "REVERTED"];

impl Rollout {
    /// True where callers get it, or may.
    pub(super) fn stands(&self) -> bool {
        !GONE.contains(&self.state.as_str())
    }

    /// True where it is under way: a state that this build does not know is not over.
    pub(super) fn is_under_way(&self) -> bool {
        self.stands() && self.state != COMPLETE
    }

    /// When it is over by its strategy; nothing where AppConfig does not tell when it began.
    pub(super) fn ends(&self) -> Option<Time> {
        let (grows, bakes) = self.minutes;
        self.started.map(|at| at.plus_s((grows + bakes) * 60))
    }
}

impl Seen {
    /// The profile's deployments that stand, newest first: the first is live, and to the second one callers go
    /// back where that is stopped or reverted.
    pub(super) fn standing(&self) -> impl Iterator<Item = &Rollout> {
        self.of_profile().filter(|rollout| rollout.stands())
    }

    /// The profile's deployments, newest first.
    pub(super) fn of_profile(&self) -> impl Iterator<Item = &Rollout> {
        let own = |rollout: &&Rollout| rollout.profile == self.profile;
        self.rollouts.iter().filter(own)
    }

    /// The deployment that is live, or growing.
    pub(super) fn live(&self) -> Option<&Rollout> {
        self.standing().next()
    }

    /// The deployment that callers get again where the live one is stopped or reverted.
    pub(super) fn behind(&self) -> Option<&Rollout> {
        self.standing().nth(1)
    }

    /// The deployment that is under way in the environment, of whichever profile: there is at most one.
    pub(super) fn under_way(&self) -> Option<&Rollout> {
        self.rollouts.iter().find(|rollout| rollout.is_under_way())
    }

    /// The number of the environment's newest deployment; 0 where it has none.
    pub(super) fn newest(&self) -> u32 {
        self.rollouts.first().map_or(0, |rollout| rollout.number)
    }

    /// True where something was sent on this way, and since then somebody else has begun a deployment of the profile:
    /// the live one is neither this deployment's nor the one that was to be stopped.
    pub(super) fn is_of_others(&self, live: &Rollout) -> bool {
        self.told.as_ref().is_some_and(|newest| {
            let is_ours = newest.rollout.number == live.number && newest.description == self.mark;
            !is_ours && self.stopped != Some(live.number)
        })
    }

    /// True where AppConfig lets the live one be reverted: it is complete, nothing of the profile came after it, and
    /// it is not too long ago. AWS says nothing of others, so that they are not tried.
    pub(super) fn can_be_reverted(&self, live: &Rollout) -> bool {
        let newest = self.of_profile().next();
        let is_newest = newest.is_some_and(|newest| newest.number == live.number);
        let completed = live.completed.filter(|_| live.state == COMPLETE);
        is_newest && completed.is_some_and(|at| self.now < at.plus_s(REVERTIBLE_S))
    }
}
