//! Snapshots: what ran of each component after each deployment that succeeded. An older one is read by the present
//! names of components, because it is never written anew.

use crate::environment::kept::{FormerState, FormerStates, Irreversible};
use crate::environment::{BEFORE_WINDLASS, Doubts, EnvironmentState, Proof, Running};
use crate::release::identity::DeploymentId;
use crate::text::digest::Digest;
use crate::text::foreign;
use crate::text::name::ComponentName;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The artifacts of all components after a deployment that succeeded, or as found before the first.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// Its number within the environment; grows.
    pub number: u64,
    /// The version of the release that made it, or `before-windlass`.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// The digest of the release that made it; absent for `before-windlass`.
    pub release: Option<Digest>,
    /// The deployment that made it.
    pub deployment: DeploymentId,
    /// The time at which it was made.
    pub made: Time,
    /// The number of the snapshot that it replaced; 0 for the first. A rollback walks this chain, so a second rollback
    /// walks further back.
    pub replaced: u64,
    /// The one component that went back alone, where one did.
    pub partly: Option<PartlyBack>,
    /// The record of what ran of each component that Windlass had changed until then.
    pub components: BTreeMap<ComponentName, Running>,
    /// Irreversible runs before it was made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub irreversible: Irreversible,
    /// The results of the deployments that brought what it has: which components a gate has measured, and which of them
    /// nothing ran.
    #[serde(default)]
    pub proof: Proof,
}

/// A component that went back alone. The snapshot replaces that to which the component went, so that its next rollback
/// walks further back. For every other component the snapshot before is the one that this was made over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartlyBack {
    /// The component.
    pub component: ComponentName,
    /// The number of the snapshot that this one was made over.
    pub over: u64,
}

impl Snapshot {
    /// Returns the snapshot as it is to be read now. It has the present names of the components. For a component that
    /// came from another environment it has what ran of it there. For a component that Windlass changed only later it
    /// has what was found. So it says what ran of each component that Windlass ever changed.
    #[must_use]
    pub fn with_found(mut self, state: &EnvironmentState) -> Self {
        name_as_now(&mut self, &state.before);
        for (component, found) in &state.found {
            let known = self.components.entry(component.clone());
            known.or_insert_with(|| found.clone());
        }
        self
    }

    /// Returns whether the snapshot is the same as the record of what runs: then going back to it changes nothing, as
    /// far as Windlass knows.
    pub fn runs(&self, state: &EnvironmentState) -> bool {
        self.components.iter().all(|(name, ran)| state.runs_as(name, ran))
    }

    /// Returns whether a deployment that was judged good made it, every component of it was measured, and all of them
    /// ran.
    pub fn is_verified_good(&self) -> bool {
        self.release.is_some() && self.doubts().is_empty()
    }

    /// Returns why it is not verified good although its deployment was judged good. No release brought what was found,
    /// and a task is measured by its end, so that neither is in doubt.
    pub fn doubts(&self) -> Doubts {
        let components = self.components.iter().filter(|_| self.release.is_some());
        let brought = components.filter(|(_, ran)| ran.version() != BEFORE_WINDLASS && !ran.once);
        self.proof.doubts(brought.map(|(name, _)| name))
    }

    /// Returns whether all that going to it changes was measured, and ran. What was found, or accepted by a person, was
    /// not. A task is measured by its end.
    pub fn is_proven(&self, changes: impl Fn(&ComponentName, &Running) -> bool) -> bool {
        let weighed = self.components.iter().filter(|(name, ran)| !ran.once && changes(name, ran));
        weighed.map(|(name, _)| name).all(|name| self.proof.holds(name))
    }

    /// Returns the proof of the components that run as it says.
    pub fn proof_of_what_runs(&self, state: &EnvironmentState) -> Proof {
        let runs = |name: &ComponentName| self.components.get(name).is_some_and(|ran| state.runs_as(name, ran));
        self.proof.clone().only(runs)
    }
}

/// Makes a snapshot name the components as they are called now. It takes out all former names first, because one may be
/// another component's name now.
fn name_as_now(snapshot: &mut Snapshot, former: &FormerStates) {
    let number = snapshot.number;
    let then = former.iter().filter_map(|(name, before)| {
        let (_, before) = before.range(number + 1..).next()?;
        Some((name, before))
    });
    let (mut components, mut runs, mut names) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (name, before) in then.clone() {
        if let FormerState::Called(was) = before {
            names.insert(was.clone(), name.clone());
            let ran = snapshot.components.remove(was);
            components.extend(ran.map(|ran| (name.clone(), ran.called(was))));
            let run = snapshot.irreversible.remove(was);
            runs.extend(run.map(|run| (name.clone(), run)));
        }
    }
    snapshot.components.extend(components);
    snapshot.irreversible.extend(runs);
    snapshot.proof = std::mem::take(&mut snapshot.proof).renamed(&names);
    if let Some(partly) = &mut snapshot.partly
        && let Some(now) = names.get(&partly.component)
    {
        partly.component.clone_from(now);
    }
    for (name, before) in then {
        if let FormerState::Ran { running, after, proven } = before
            && snapshot.version != BEFORE_WINDLASS
            && !snapshot.components.contains_key(name)
        {
            snapshot.components.insert(name.clone(), (**running).clone());
            let after = after.iter().map(|run| (name.clone(), run.clone()));
            snapshot.irreversible.extend(after);
            snapshot.proof.measured.extend(proven.then(|| name.clone()));
        }
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
