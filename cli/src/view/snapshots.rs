//! The snapshots of an environment, as the API answers them.

use crate::talk::listing::Listed;
use crate::view::provenance::{Provenance, commit, took, who};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use windlass_domain::document::git::Git;
use windlass_domain::environment::BEFORE_WINDLASS;
use windlass_domain::environment::kept::Irreversible;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::foreign;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The number by which a rollback names it.
    pub number: u64,
    /// The version of the release that made it, or `before-windlass`.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// The time at which it was made.
    pub made: Time,
    /// True if it is what runs now.
    pub present: bool,
    /// True if a deployment made it that was judged good.
    pub verified_good: bool,
    /// True if that deployment had no gate, so that nothing was measured of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unmeasured: bool,
    /// True if its release was undone here later.
    pub vetoed: bool,
    /// The irreversible runs that a rollback to it crosses.
    #[serde(default)]
    pub crosses: Irreversible,
    /// The versions that ran, by component.
    pub components: BTreeMap<ComponentName, Value>,
    /// The requester of the deployment that made it.
    #[serde(default)]
    pub asked: Option<Provenance>,
    /// The rest, which only programs read.
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl Snapshot {
    /// Returns the components, each with its version where that is another one than the snapshot's.
    fn versions(&self) -> String {
        let names = self.parts().map(|(name, ran)| match ran["version"].as_str() {
            Some(version) if version != self.version => format!("{name}@{version}"),
            _ => name,
        });
        let names: Vec<String> = names.collect();
        if names.is_empty() { "-".to_owned() } else { names.join(",") }
    }

    /// Returns each component with its recorded state, or each container of one that has several images.
    pub fn parts(&self) -> impl Iterator<Item = (String, &Value)> {
        self.components.iter().flat_map(|(name, ran)| {
            let containers = ran["containers"].as_object().into_iter().flatten();
            let mut parts: Vec<(String, &Value)> =
                containers.map(|(one, ran)| (format!("{name}/{one}"), ran)).collect();
            if parts.is_empty() {
                parts.push((name.to_string(), ran));
            }
            parts
        })
    }

    /// Returns the place in Git that its version comes from, if all that runs of that version come from one.
    fn git(&self) -> Option<Git> {
        let named = self.parts().filter(|(_, ran)| ran["version"].as_str() == Some(&self.version));
        let mut from = named.map(|(_, ran)| &ran["git"]);
        let first = from.next()?;
        from.all(|git| git == first).then(|| Git::deserialize(first).ok()).flatten()
    }

    /// Returns the components whose bytes had come by another name.
    fn origins(&self) -> impl Iterator<Item = String> {
        self.parts().filter_map(|(name, ran)| {
            let brought = ran["brought"]["version"].as_str()?;
            let is_renamed = ran["version"].as_str() != Some(brought);
            is_renamed.then(|| format!("{name} came with {brought}"))
        })
    }
}

impl Listed for Snapshot {
    const NAME: &'static str = "snapshots";
    const VERB: &'static str = "snapshots";

    fn list(of: EnvironmentId<'_>) -> (Vec<&str>, Vec<(&str, &str)>) {
        let (app, environment) = (of.app(), of.environment());
        let (app, environment) = (app.as_str(), environment.as_str());
        let path = vec!["apps", app, "environments", environment, "snapshots"];
        (path, vec![])
    }

    const COLUMNS: &'static [&'static str] =
        &["number", "made", "version", "commit", "components", "took", "asked by", "state", "reason"];

    fn row(&self) -> Vec<String> {
        let words = [
            (self.present, "runs now"),
            (!self.verified_good, "judged by nobody"),
            (self.unmeasured, "not measured"),
            (self.vetoed, "vetoed"),
        ];
        let words = words.iter().filter(|(so, _)| *so);
        let words = words.map(|(_, words)| (*words).to_owned());
        let crosses = self.crosses.iter();
        let crosses = crosses.map(|(name, ran)| format!("crosses {name} of {}", ran.version));
        let words: Vec<String> = words.chain(crosses).chain(self.origins()).collect();
        // A state that was found was brought by nobody that Windlass knows; a rollback to it was asked for like any
        // other.
        let is_found = self.version == BEFORE_WINDLASS;
        let asked = self.asked.as_ref();
        let asked = asked.filter(|asked| !is_found || asked.action == ActionName::Rollback);
        let none = || "-".to_owned();
        // An accepted state is a person's, and no deployment's work.
        let accepted = asked.and_then(|asked| asked.accepted_as(&self.version));
        let asked_for = asked.filter(|_| accepted.is_none());
        let person = accepted.map(|accepted| (&accepted.by, Some(&accepted.reason)));
        let person = person.or(asked.map(|asked| (&asked.requester, asked.reason.as_ref())));
        vec![
            self.number.to_string(),
            self.made.to_string(),
            self.version.clone(),
            commit(self.git().as_ref()),
            self.versions(),
            asked_for.map_or_else(none, |asked| took(asked.started, asked.ended)),
            person.map_or_else(none, |(by, _)| who(by)),
            words.join(", "),
            person.and_then(|(_, reason)| reason.cloned()).unwrap_or_default(),
        ]
    }
}
