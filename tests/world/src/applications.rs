//! Applications of AppConfig in memory, with their environments and profiles.

use crate::live_rollout::LiveRollout;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{HostedVersion, Named, NewRollout, Profile, Result};

pub(crate) fn conflict(why: &str) -> Fault {
    Fault::new(FaultName::Conflict, format!("ConflictException: {why}"))
}

/// An application.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its id and name.
    pub named: Named,
    /// Its environments.
    pub environments: Vec<Environment>,
    /// Its profiles.
    pub profiles: Vec<HostedProfile>,
}

/// An environment.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Its id and name.
    pub named: Named,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The names of the alarms that roll a deployment back.
    pub monitors: Vec<String>,
    /// Its deployments, oldest first.
    pub rollouts: Vec<LiveRollout>,
}

/// A profile with its versions.
#[derive(Debug, Clone)]
pub struct HostedProfile {
    /// The profile.
    pub profile: Profile,
    /// Its versions by number.
    pub versions: BTreeMap<u32, (HostedVersion, Bytes)>,
    /// The number of versions that were made.
    pub made: u32,
    /// The text of contents that a validator refuses.
    pub refused: Option<String>,
}

impl HostedProfile {
    /// Makes a version, as anyone may.
    pub fn put(&mut self, label: Option<&str>, content: &str) -> u32 {
        self.made += 1;
        let version = HostedVersion { number: self.made, label: label.map(str::to_owned) };
        let content = Bytes::from(content.to_owned());
        self.versions.insert(self.made, (version, content));
        self.made
    }
}

impl Environment {
    /// Begins a deployment, as anyone may. One that is not over stands in its way.
    pub fn start(&mut self, new: &NewRollout, label: Option<String>, minutes: (u64, u64), now: Time) -> Result<u32> {
        let newest = self.rollouts.last().map_or(0, |last| last.rollout.number);
        if new.newest.is_some_and(|expected| expected != newest) {
            return Err(conflict("LatestDeploymentNumber is another one"));
        }
        if self.rollouts.iter().any(LiveRollout::is_under_way) {
            return Err(conflict("a deployment is in progress in the environment"));
        }
        let rollout = LiveRollout::begin(newest + 1, new, label, minutes, now);
        self.rollouts.push(rollout);
        Ok(newest + 1)
    }

    /// Deploys a version by a person's hand, to everybody at once: it has been complete since then.
    pub fn deploy_by_hand(&mut self, profile: &str, version: u32, since: Time) {
        let newest = self.rollouts.last().map_or(0, |last| last.rollout.number);
        let new = NewRollout {
            profile: profile.to_owned(),
            version: version.to_string(),
            strategy: "by hand".into(),
            description: "by hand".into(),
            newest: None,
        };
        let mut live = LiveRollout::begin(newest + 1, &new, None, (0, 0), since);
        live.complete(since);
        self.rollouts.push(live);
    }

    /// Returns the version that the last callers of a profile get, those who are last to get a new one.
    pub fn served(&self, profile: &str) -> Option<&str> {
        let own = self.rollouts.iter().rev();
        let mut own = own.filter(|live| live.rollout.profile == profile);
        own.find(|live| matches!(live.rollout.state.as_str(), "BAKING" | "COMPLETE"))
            .map(|live| live.rollout.version.as_str())
    }
}
