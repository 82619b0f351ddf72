//! The record of what runs of a component: its bytes, and the names that they have and had.

// The name is the newest release's, and the one under which the bytes came is kept beside it. With the first name
// alone a release would end well and stand in no list. A new name makes a snapshot, so that a number that somebody
// noted goes on to mean what it did.

use crate::declaration::kinds::KindName;
use crate::declaration::renamed::rename;
use crate::document::git::Git;
use crate::prose;
use crate::release::artifact::{Artifact, Image};
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::text::finding::{Finding, FindingName};
use crate::text::foreign;
use crate::text::name::ComponentName;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The version of a component as it was found before Windlass changed it for the first time.
pub const BEFORE_WINDLASS: &str = "before-windlass";

/// The version of a component as an operator accepted it, and of the snapshot of that.
pub const ACCEPTED: &str = "accepted";

/// The version of an image that somebody else brought after Windlass, and that a release of another container kept.
pub const FOUND: &str = "found";

/// The record of what runs of a component.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Running {
    /// The bytes; absent if a first deployment found something that Windlass did not bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Its present name, and the name that its bytes had when they came.
    #[serde(flatten)]
    pub names: VersionNames,
    /// The names of each image, by container, for a service that takes several. The component's own names are made of
    /// them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub containers: BTreeMap<String, VersionNames>,
    /// The observed state, as its kind records it. A rollback to it must reach this state. Null if it is not known: a
    /// rollback then wants the bytes.
    pub state: serde_json::Value,
    /// True if it was run once and is no state that could come back: a rollback leaves it, declared or not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
    /// The name that the component had in each deployment of its names, if it has another name since. The steps of
    /// these deployments are kept under it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub known_as: BTreeMap<DeploymentId, ComponentName>,
}

/// A version that a deployment gave to a component.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GivenVersion {
    /// The release's version; `before-windlass` if it was found, `accepted` if an operator accepted it.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// The deployment that gave it.
    pub deployment: DeploymentId,
    /// The time since which it has that version.
    pub since: Time,
    /// The place in Git that the version's release comes from; absent if that is not known, or if no release brought
    /// it.
    pub git: Option<Git>,
    /// The deployment whose release has this version, where the one that gave it has only brought that back.
    pub released_by: Option<DeploymentId>,
}

/// The name of what runs of a component, and the name under which its bytes came. Both are always known. A release
/// whose bytes run already gives them its version and changes nothing, so the two may differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written", into = "Written")]
#[schemars(with = "Written")]
pub struct VersionNames {
    /// The one name that it has now. Each list, sentence and rollback uses it.
    pub now: GivenVersion,
    /// The deployment that brought the bytes, or found them in place first, with the version that it brought them as,
    /// and the time since which they are there. Its step has the target and the place.
    pub brought: GivenVersion,
}

/// The names as they are written. Windlass does not know who brought what it found.
#[serde_with::skip_serializing_none]
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Written {
    #[serde(flatten)]
    now: GivenVersion,
    /// The deployment that brought the bytes, as which version, and since when they are there.
    brought: Option<GivenVersion>,
    /// The deployment that found the bytes, and the time at which that was recorded, for bytes that ran before Windlass
    /// changed the component for the first time. It stands in the place of `brought`.
    found: Option<GivenVersion>,
}

impl From<VersionNames> for Written {
    fn from(VersionNames { now, brought }: VersionNames) -> Self {
        let is_found = brought.version == BEFORE_WINDLASS;
        let (found, brought) = if is_found { (Some(brought), None) } else { (None, Some(brought)) };
        Self { now, brought, found }
    }
}

impl TryFrom<Written> for VersionNames {
    type Error = &'static str;
    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let brought = written.brought.or(written.found);
        Ok(Self { now: written.now, brought: brought.ok_or("nobody brought it, and nobody found it")? })
    }
}

impl GivenVersion {
    /// Makes the version that this deployment gives to what comes back: that which it had then.
    #[must_use]
    pub fn called(&self, then: &Self) -> Self {
        Self {
            version: then.version.clone(),
            git: then.git.clone(),
            released_by: Some(then.release().clone()),
            ..self.clone()
        }
    }

    /// Returns the deployment whose release has this version.
    pub fn release(&self) -> &DeploymentId {
        self.released_by.as_ref().unwrap_or(&self.deployment)
    }
}

impl VersionNames {
    /// Makes the names of what a deployment brings under the name that it keeps.
    pub fn of(given: GivenVersion) -> Self {
        Self { now: given.clone(), brought: given }
    }

    /// Gives the same bytes another name. If they have the version already, they keep who gave it and since when.
    pub fn rename(&mut self, given: GivenVersion) {
        if self.now.version != given.version {
            self.now = given;
        }
    }

    /// Returns whether a deployment gave it its name, or brought its bytes.
    pub fn are_of(&self, deployment: &DeploymentId) -> bool {
        [&self.now, &self.brought].iter().any(|given| given.deployment == *deployment)
    }

    /// Says it in words: `2.1.0 since 12:00, by …`, and how its bytes came if they came otherwise. `by` names the
    /// deployment that gave the name.
    pub fn in_words(&self, by: &str) -> String {
        let GivenVersion { version, since, .. } = &self.now;
        let origin = self.origin().map(|origin| format!("; {origin}"));
        format!("{version} since {since}, {by}{}", origin.unwrap_or_default())
    }

    /// Says by which deployment its bytes came, and as what, if that is not the deployment that gave it its name. Of
    /// what was there before Windlass no time is shown: after a rollback, the time is that of the rollback.
    pub fn origin(&self) -> Option<String> {
        let GivenVersion { version, deployment, since, .. } = &self.brought;
        (self.now.deployment != *deployment).then(|| match version.as_str() {
            BEFORE_WINDLASS => format!("it was there before Windlass: deployment {deployment} found it"),
            _ => format!("its bytes came with {version} by deployment {deployment} and are there since {since}"),
        })
    }
}

impl Running {
    /// Makes the record of what a deployment brought, or found.
    pub fn new(artifact: Option<Artifact>, given: GivenVersion, state: serde_json::Value) -> Self {
        Self {
            artifact,
            names: VersionNames::of(given),
            containers: BTreeMap::new(),
            state,
            once: false,
            known_as: BTreeMap::new(),
        }
    }

    /// Makes it the record of a component of this kind.
    #[must_use]
    pub fn of_kind(self, kind: KindName) -> Self {
        Self { once: !kind.goes_back(), ..self }
    }

    /// Names it by the names of its containers. Without any it is left as it is.
    #[must_use]
    pub fn named_by(mut self, containers: BTreeMap<String, VersionNames>) -> Self {
        self.containers = containers;
        name_from_containers(&mut self);
        self
    }

    /// Returns the names of one of its containers, or of all of it. A container without names of its own has those of
    /// all of it.
    pub fn names_of(&self, container: Option<&str>) -> &VersionNames {
        let own = container.and_then(|container| self.containers.get(container));
        own.unwrap_or(&self.names)
    }

    /// Returns the names of an image in a container, if it is the one that is recorded there.
    pub fn names_of_image(&self, container: &str, image: &Image) -> Option<&VersionNames> {
        let has = match self.artifact.as_ref()? {
            Artifact::Images { containers } => {
                containers.get(container).is_some_and(|known| known.digest == image.digest)
            }
            one => one.digest() == image.digest,
        };
        has.then(|| self.names_of(Some(container)))
    }

    /// Gives the same bytes another name, in one of its containers or in all of it. Returns whether they had another
    /// version.
    pub fn rename(&mut self, container: Option<&str>, given: GivenVersion) -> bool {
        let is_new = self.names_of(container).now.version != given.version;
        self.containers = self.names_by_container();
        for (name, names) in &mut self.containers {
            if container.is_none_or(|container| container == name) {
                names.rename(given.clone());
            }
        }
        if self.containers.is_empty() {
            self.names.rename(given);
        }
        name_from_containers(self);
        is_new
    }

    /// Returns the names of each of its images, if it has several.
    pub fn names_by_container(&self) -> BTreeMap<String, VersionNames> {
        let images = self.artifact.as_ref().and_then(Artifact::containers);
        let names = images.into_iter().flatten().map(|(name, _)| {
            let names = self.containers.get(name).unwrap_or(&self.names);
            (name.clone(), names.clone())
        });
        names.collect()
    }

    /// Returns all names of it: those of its containers, or else its own.
    pub fn all_names(&self) -> impl Iterator<Item = &VersionNames> {
        let own = self.containers.is_empty().then_some(&self.names);
        self.containers.values().chain(own)
    }

    /// Returns the deployments of its names.
    pub fn deployments(&self) -> BTreeSet<&DeploymentId> {
        let names = self.all_names().chain([&self.names]);
        let given = names.flat_map(|names| [&names.brought, &names.now]);
        given.map(|given| &given.deployment).collect()
    }

    /// Returns the deployments that have brought it or any of its images, or gave that a name, and those whose release
    /// had that name.
    pub fn given_by(&self) -> BTreeSet<&DeploymentId> {
        let names = self.all_names().chain([&self.names]);
        let given = names.flat_map(|names| [&names.brought, &names.now]);
        given.flat_map(|given| given.released_by.iter().chain([&given.deployment])).collect()
    }

    /// Makes it the record of a component that had this name until now.
    #[must_use]
    pub fn called(mut self, was: &ComponentName) -> Self {
        let ids: Vec<DeploymentId> = self.deployments().into_iter().cloned().collect();
        for id in ids {
            self.known_as.entry(id).or_insert_with(|| was.clone());
        }
        self
    }

    /// Returns the name that the component had in a deployment. `now` is its present name.
    pub fn name_in<'a>(&'a self, deployment: &DeploymentId, now: &'a ComponentName) -> &'a ComponentName {
        self.known_as.get(deployment).unwrap_or(now)
    }

    /// Takes the component's former names from other records, for the deployments that its own names are of.
    #[must_use]
    pub fn known_like<'a>(mut self, former: impl IntoIterator<Item = &'a Self>) -> Self {
        let all = former.into_iter().flat_map(|former| &former.known_as);
        let of_it = self.deployments();
        let kept: BTreeMap<DeploymentId, ComponentName> =
            all.filter(|(id, _)| of_it.contains(id)).map(|(id, name)| (id.clone(), name.clone())).collect();
        self.known_as = kept;
        self
    }

    /// Returns the version that it has now.
    pub fn version(&self) -> &str {
        &self.names.now.version
    }

    /// Makes the warning that it runs in an environment in which a version of the declaration does not have the
    /// component any more. `called` is the new component that has its target there.
    pub fn no_longer_declared(
        &self,
        component: &ComponentName,
        of: EnvironmentId<'_>,
        declaration: &semver::Version,
        called: Option<&ComponentName>,
    ) -> Finding {
        let (environment, since) = (of.environment(), self.names.now.since);
        let (comes, remedy) = match called {
            None => (
                "it stays as it is".to_owned(),
                "Declare it again if that was not meant; else remove it with your infrastructure code.".into(),
            ),
            Some(called) => (
                format!("`{called}` has its target, so that it has another name since"),
                prose!(
                    "Rename it, and its way back stays: {}. Until then a release of `{}` is refused.",
                    rename(of, component, called),
                    called
                ),
            ),
        };
        Finding::new(
            FindingName::NoLongerDeclared,
            format!("components.{component}"),
            format!(
                "`{component}` runs {} in {environment} since {since}, and version {declaration} of the declaration no longer has it there: {comes}.",
                self.version(),
            ),
            remedy,
        )
    }

    /// Returns whether these bytes are recorded, for each container that they are for.
    pub fn has(&self, artifact: &Artifact) -> bool {
        let known = self.artifact.as_ref();
        known.is_some_and(|known| known.has(artifact))
    }

    /// Returns whether it is what was found, which no release brought.
    pub fn is_as_found(&self) -> bool {
        self.artifact.is_none() && self.version() == BEFORE_WINDLASS
    }

    /// Returns whether both are records of the same: of the same bytes; or, if Windlass did not bring them, of the same
    /// state, or of what was found, which exists only once.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.artifact, &other.artifact) {
            (Some(own), Some(artifact)) => own.digest() == artifact.digest(),
            (None, None) => self.state == other.state || (self.is_as_found() && other.is_as_found()),
            _ => false,
        }
    }

    /// Returns whether both are the same bytes in the same state, whatever their names are.
    pub fn is_there(&self, other: &Self) -> bool {
        self.artifact == other.artifact && self.state.get("goal") == other.state.get("goal")
    }
}

/// Names a component by its containers. Its version is theirs if they have one version, or else that of each, such as
/// `web 1.5.0, worker 1.4.2`. The last deployment that gave one of them its name gives it.
fn name_from_containers(running: &mut Running) {
    let all = &running.containers;
    let Some(last) = all.values().map(|names| &names.now).max_by_key(|it| it.since) else { return };
    running.names.now =
        GivenVersion { version: version(all, |names| &names.now), git: git(all, |names| &names.now), ..last.clone() };
    running.names.brought.version = version(all, |names| &names.brought);
    running.names.brought.git = git(all, |names| &names.brought);
}

/// Returns the one place in Git that all containers come from; `None` if they come from several.
fn git(containers: &BTreeMap<String, VersionNames>, given: fn(&VersionNames) -> &GivenVersion) -> Option<Git> {
    let mut all = containers.values().map(|names| &given(names).git);
    let first = all.next()?;
    all.all(|git| git == first).then(|| first.clone()).flatten()
}

fn version(containers: &BTreeMap<String, VersionNames>, given: fn(&VersionNames) -> &GivenVersion) -> String {
    let all = containers.iter();
    let all = all.map(|(name, names)| (name, &given(names).version));
    let different: BTreeSet<&String> = all.clone().map(|(_, version)| version).collect();
    match different.first() {
        Some(version) if different.len() == 1 => (*version).clone(),
        _ => {
            let each: Vec<String> = all.map(|(name, version)| format!("{name} {version}")).collect();
            each.join(", ")
        }
    }
}

mod several_images;

#[cfg(test)]
#[path = "running_tests.rs"]
mod tests;
