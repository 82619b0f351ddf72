//! The deployment preferences of functions of AWS SAM, which go out of the template: the steps in which callers are
//! moved, and the alarms. Pure.

use super::application::Component;
use super::environments::pattern;
use super::pieces::{Sort, sam};
use super::repository::Repository;
use crate::import::{Imported, sam::import};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::declaration::LARGEST;
use windlass_domain::syntax;

/// The members that are carried over into the declaration, with notes on the others.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct DeploymentPreference {
    /// The steps in which callers are moved, by the component's name, as `rollout` of a declaration.
    pub rollouts: BTreeMap<String, Value>,
    /// Names of alarms that undo a release.
    pub alarms: Vec<String>,
    /// Notes for a person, one sentence each.
    pub notes: Vec<String>,
}

/// Reads the preferences of the functions of SAM among the components.
pub fn preferences_of(components: &[Component], repository: &Repository) -> DeploymentPreference {
    let mut carried = DeploymentPreference::default();
    let declared = syntax::yaml("the declaration", &repository.declared, LARGEST);
    let declared = declared.unwrap_or_default();
    for component in components.iter().filter(|it| it.piece.sort == Sort::Sam) {
        let piece = &component.piece;
        let id = sam::id(piece);
        let alone = sam::alone(repository.text(&piece.file), id);
        if let Some(imported) = alone.and_then(|text| import(&text).ok()) {
            carried.take(&component.name, id, imported);
        }
        carried.keep(&component.name, &declared);
    }
    carried
}

impl DeploymentPreference {
    /// Keeps what an earlier run has carried over, because its patch takes that out of the template.
    fn keep(&mut self, component: &str, declared: &Value) {
        let rollout = &declared["components"][component]["rollout"];
        if rollout.is_object() && !self.rollouts.contains_key(component) {
            self.rollouts.insert(component.to_owned(), rollout.clone());
        }
        if self.alarms.is_empty() {
            let alarms = declared["gates"]["alarms"].as_array().into_iter().flatten();
            self.alarms = alarms.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        }
    }

    fn take(&mut self, component: &str, id: &str, imported: Imported) {
        let rollout = imported.components.values().next();
        if let Some(rollout) = rollout.and_then(|written| written.get("rollout")) {
            self.rollouts.insert(component.to_owned(), rollout.clone());
        }
        for alarm in imported.alarms {
            match pattern(&alarm.replace('{', "${")) {
                Some(name) if self.alarms.contains(&name) => {}
                Some(name) => self.alarms.push(name),
                None => self.notes.push(format!(
                    "`{id}`: only CloudFormation knows the name of the alarm `{alarm}` of its deployment preference: write the name into `gates.alarms`"
                )),
            }
        }
        // Its other notes are about names and variables, which `init` asks for.
        let own = format!("`{id}`: ");
        let notes = imported.notes.into_iter();
        self.notes.extend(notes.filter(|note| note.starts_with(&own) || note.starts_with("the alarm ")));
    }
}
