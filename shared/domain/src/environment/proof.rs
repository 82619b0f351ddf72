//! The proof of a snapshot: which of its components a gate has measured, and which of them nothing ran. Only what was
//! measured, and what ran, is verified good. Pure.

use crate::text::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The results of the deployments that brought what a snapshot has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// The components of which a gate passed by a measurement in the deployment that brought them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub measured: BTreeSet<ComponentName>,
    /// The components that nothing ran in that deployment, each with the reason in words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub idle: BTreeMap<ComponentName, String>,
}

/// The reasons why what has passed is not verified good; empty if it is, and if nobody judged it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Doubts {
    /// The components that passed although no gate of them was measured.
    #[serde(default)]
    pub unmeasured: BTreeSet<ComponentName>,
    /// The components that passed although nothing ran them, each with the reason in words, such as a service that
    /// wants no task.
    #[serde(default)]
    pub idle: BTreeMap<ComponentName, String>,
}

impl Proof {
    /// Returns whether a component was measured, and ran.
    pub fn holds(&self, name: &ComponentName) -> bool {
        self.measured.contains(name) && !self.idle.contains_key(name)
    }

    /// Returns the same about these components alone.
    #[must_use]
    pub fn only(mut self, keeps: impl Fn(&ComponentName) -> bool) -> Self {
        self.measured.retain(&keeps);
        self.idle.retain(|name, _| keeps(name));
        self
    }

    /// Adds what is known of other components.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.measured.extend(other.measured);
        self.idle.extend(other.idle);
        self
    }

    /// Returns the same with the present names of components, by their former ones.
    #[must_use]
    pub fn renamed(self, names: &BTreeMap<ComponentName, ComponentName>) -> Self {
        let now = |name: ComponentName| names.get(&name).cloned().unwrap_or(name);
        Self {
            measured: self.measured.into_iter().map(now).collect(),
            idle: self.idle.into_iter().map(|(name, why)| (now(name), why)).collect(),
        }
    }

    /// Returns what is in doubt of these components. One that nothing ran is not named twice.
    pub fn doubts<'a>(&self, of: impl Iterator<Item = &'a ComponentName>) -> Doubts {
        let mut doubts = Doubts::default();
        for name in of.filter(|name| !self.holds(name)) {
            match self.idle.get(name) {
                Some(why) => {
                    doubts.idle.insert(name.clone(), why.clone());
                }
                None => {
                    doubts.unmeasured.insert(name.clone());
                }
            }
        }
        doubts
    }
}

impl Doubts {
    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.unmeasured.is_empty() && self.idle.is_empty()
    }

    /// Returns those about these components alone.
    #[must_use]
    pub fn only(mut self, keeps: impl Fn(&ComponentName) -> bool) -> Self {
        self.unmeasured.retain(&keeps);
        self.idle.retain(|name, _| keeps(name));
        self
    }
}

/// `passed; nothing was measured of api, web; nothing ran worker (the service wants 0 tasks)`. All that shows people
/// how good something is uses these words.
impl fmt::Display for Doubts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("passed")?;
        let unmeasured: Vec<&str> = self.unmeasured.iter().map(ComponentName::as_str).collect();
        if !unmeasured.is_empty() {
            write!(f, "; nothing was measured of {}", unmeasured.join(", "))?;
        }
        for (name, why) in &self.idle {
            write!(f, "; nothing ran {name} ({why})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> BTreeSet<ComponentName> {
        text.split_whitespace().map(|name| ComponentName::new(name).unwrap()).collect()
    }

    fn proof(measured: &str, idle: &str) -> Proof {
        let idle = names(idle).into_iter().map(|name| (name, "the service wants 0 tasks".to_owned()));
        Proof { measured: names(measured), idle: idle.collect() }
    }

    #[test]
    fn what_was_measured_and_ran_is_in_no_doubt() {
        // measured, not run, all components: the words
        let table = [
            ("api web", "", "api web", "passed"),
            ("api", "", "api web", "passed; nothing was measured of web"),
            ("", "", "api web", "passed; nothing was measured of api, web"),
            ("api web", "api", "api web", "passed; nothing ran api (the service wants 0 tasks)"),
            ("", "api", "api web", "passed; nothing was measured of web; nothing ran api (the service wants 0 tasks)"),
            ("", "", "", "passed"),
        ];
        for (measured, idle, all, words) in table {
            let doubts = proof(measured, idle).doubts(names(all).iter());
            assert_eq!(doubts.to_string(), words, "{measured} | {idle} | {all}");
            assert_eq!(doubts.is_empty(), words == "passed", "{words}");
        }
        let doubts = proof("", "api").doubts(names("api web").iter());
        assert_eq!(doubts.only(|name| name.as_str() == "web").to_string(), "passed; nothing was measured of web");
    }

    #[test]
    fn a_proof_is_kept_of_some_added_to_and_renamed() {
        let known = proof("api web", "worker").only(|name| name.as_str() != "api");
        assert_eq!(known, proof("web", "worker"));
        assert_eq!(known.with(proof("api", "jobs")), proof("api web", "jobs worker"));
        // Two that have exchanged their names.
        let name = |text: &str| ComponentName::new(text).unwrap();
        let exchanged = [(name("api"), name("web")), (name("web"), name("api"))].into();
        assert_eq!(proof("api", "web").renamed(&exchanged), proof("web", "api"));
    }
}
