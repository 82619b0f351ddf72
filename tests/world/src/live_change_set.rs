//! A change set of CloudFormation in memory, and what people give a stack by it.

use crate::stack_template::Template;
use std::collections::BTreeMap;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{ChangeSet, ResourceChange, ValidationError};

/// The template and parameters of a stack: an update changes them, and its own way back restores them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The template as it was sent.
    pub template: String,
    /// The values of the parameters.
    pub parameters: BTreeMap<String, String>,
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// The role.
    pub role: Option<String>,
    /// The values that its parameters of the Parameter Store stand for.
    pub resolved: BTreeMap<String, String>,
}

/// A change set.
#[derive(Debug, Clone)]
pub struct LiveChangeSet {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The time at which it was made.
    pub created: Time,
    /// Its status.
    pub status: String,
    /// The reason of that status.
    pub reason: String,
    /// The status of its execution.
    pub execution: String,
    /// The template and parameters that it brings.
    pub wanted: Wanted,
    /// Its changes.
    pub changes: Vec<ResourceChange>,
    /// The errors that validations have found.
    pub validations: Vec<ValidationError>,
    /// The changes of nested stacks, by their names in the template, as a test gives them: nothing is nested here.
    pub nested: BTreeMap<String, Vec<ResourceChange>>,
    /// The looks until it is made.
    pub(crate) pending: u32,
}

impl LiveChangeSet {
    /// Returns whether CloudFormation knows it by its name and lists it: one that is or was executed is found by its id
    /// alone.
    pub(crate) fn has_name(&self) -> bool {
        !self.execution.starts_with("EXECUTE_")
    }

    /// Returns whether this name or id means it.
    pub(crate) fn is_called(&self, change_set: &str) -> bool {
        self.id == change_set || (self.has_name() && self.name == change_set)
    }

    /// Returns a page of it as AWS shows it.
    pub(crate) fn page(&self, stack: &str, from: usize, length: usize) -> ChangeSet {
        let page = self.changes.iter().skip(from).take(length).cloned();
        ChangeSet {
            id: self.id.clone(),
            stack: stack.to_owned(),
            status: self.status.clone(),
            reason: self.reason.clone(),
            execution: self.execution.clone(),
            parameters: shown(&self.wanted),
            resolved: self.wanted.resolved.clone(),
            changes: page.collect(),
            next: (from + length < self.changes.len()).then(|| (from + length).to_string()),
        }
    }

    /// Returns the id of the change set of a nested stack.
    pub(crate) fn nested_id(&self, logical: &str) -> String {
        format!("{}-{logical}", self.id)
    }

    pub(crate) fn turn(&mut self, status: &str, execution: &str, reason: &str) {
        status.clone_into(&mut self.status);
        execution.clone_into(&mut self.execution);
        reason.clone_into(&mut self.reason);
    }
}

/// Returns the values of the parameters as AWS shows them.
pub(crate) fn shown(wanted: &Wanted) -> BTreeMap<String, String> {
    let known = Template::read(&wanted.template).map(|template| template.parameters()).unwrap_or_default();
    let is_secret = |name: &String| known.get(name).is_some_and(|parameter| parameter.is_secret);
    let value = |(name, value): (&String, &String)| {
        let shown = if is_secret(name) { "****" } else { value.as_str() };
        (name.clone(), shown.to_owned())
    };
    wanted.parameters.iter().map(value).collect()
}
