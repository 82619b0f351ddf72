//! A change set of CloudFormation is made in memory after some looks, from what the stack is then and what is wanted
//! (AWS CloudFormation User Guide, "Update CloudFormation stacks using change sets").

use crate::live_change_set::{LiveChangeSet, Wanted};
use crate::live_stack::LiveStack;
use crate::stack_resources::{LiveResource, replaces};
use crate::stack_template::{Template, references};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use windlass_engine::ports::ResourceChange;

/// The reason of a change set that would change nothing.
const NO_CHANGES: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

impl LiveChangeSet {
    /// Lets the time of one look pass.
    fn step(&mut self, stack: &LiveStack) {
        if self.pending == 0 || !self.status.starts_with("CREATE_") {
            return;
        }
        self.pending -= 1;
        if self.pending > 0 {
            return self.turn("CREATE_IN_PROGRESS", "UNAVAILABLE", "");
        }
        let mut changes = changes(stack, &self.wanted);
        for change in &mut changes {
            let nested = self.nested.contains_key(&change.logical);
            change.nested = nested.then(|| self.nested_id(&change.logical));
        }
        self.changes = changes;
        if self.validations.iter().any(|said| said.fails) {
            return self.turn("FAILED", "UNAVAILABLE", "The following validation(s) failed: early validation");
        }
        let outputs = |wanted: &Wanted| {
            let template = Template::read(&wanted.template).ok();
            template.map(|template| template.outputs(&stack.scope(&wanted.parameters)))
        };
        let is_same = self.changes.is_empty() && outputs(&self.wanted) == outputs(&stack.wanted);
        if is_same && stack.status != "REVIEW_IN_PROGRESS" {
            return self.turn("FAILED", "UNAVAILABLE", NO_CHANGES);
        }
        self.turn("CREATE_COMPLETE", "AVAILABLE", "");
    }
}

impl LiveStack {
    /// Lets the time of one look pass for its change sets.
    pub(crate) fn prepare_change_sets(&mut self) {
        let mut sets = std::mem::take(&mut self.change_sets);
        for set in &mut sets {
            set.step(self);
        }
        self.change_sets = sets;
    }
}

/// Returns what changes of a stack's resources until it is as wanted.
fn changes(stack: &LiveStack, wanted: &Wanted) -> Vec<ResourceChange> {
    let Ok(template) = Template::read(&wanted.template) else {
        return vec![];
    };
    let mut unknown = BTreeSet::new();
    // What refers to a resource that is replaced may change with it, and what refers to that one, too.
    let changes = loop {
        let found: Vec<ResourceChange> =
            template.order().iter().filter_map(|logical| change(stack, wanted, &template, logical, &unknown)).collect();
        let replaced = found.iter().filter(|it| ["True", "Conditional"].contains(&it.replacement.as_str()));
        let replaced: BTreeSet<String> = replaced.map(|it| it.logical.clone()).collect();
        if replaced == unknown {
            break found;
        }
        unknown = replaced;
    };
    let gone = stack.resources.values().filter(|it| template.kind(&it.logical).is_none());
    let removed = gone.map(|it| ResourceChange {
        action: "Remove".into(),
        policy: match it.deletion_policy.as_str() {
            "Retain" | "RetainExceptOnCreate" => "Retain".into(),
            "Snapshot" => "Snapshot".into(),
            _ => "Delete".into(),
        },
        logical: it.logical.clone(),
        physical: it.physical.clone(),
        kind: it.kind.clone(),
        ..ResourceChange::default()
    });
    changes.into_iter().chain(removed).collect()
}

/// Returns the change of one resource of the template; `None` if nothing changes of it.
fn change(
    stack: &LiveStack,
    wanted: &Wanted,
    template: &Template,
    logical: &str,
    unknown: &BTreeSet<String>,
) -> Option<ResourceChange> {
    let kind = template.kind(logical).unwrap_or_default();
    let base = ResourceChange { logical: logical.to_owned(), kind: kind.to_owned(), ..ResourceChange::default() };
    let Some(live) = stack.resources.get(logical) else {
        return Some(ResourceChange { action: "Add".into(), ..base });
    };
    let properties = properties(stack, wanted, template, live, unknown);
    let has_policy = live.deletion_policy != template.attribute(logical, "DeletionPolicy");
    let is_same = properties.is_empty() && wanted.tags == stack.wanted.tags && !has_policy;
    let does = |word: &str| properties.values().any(|it| it == word);
    let replacement = match (live.kind != kind || does("Always"), does("Conditionally")) {
        (true, _) => "True",
        (_, true) => "Conditional",
        _ => "False",
    };
    if is_same && live.kind == kind {
        return None;
    }
    let policy = match (replacement, live.replace_policy.as_str()) {
        ("False", _) => "",
        (_, "Retain") => "ReplaceAndRetain",
        (_, "Snapshot") => "ReplaceAndSnapshot",
        _ => "ReplaceAndDelete",
    };
    Some(ResourceChange {
        action: "Modify".into(),
        policy: policy.into(),
        physical: live.physical.clone(),
        replacement: replacement.into(),
        properties: properties.into_keys().collect(),
        ..base
    })
}

/// Returns the properties that change of a resource, or that may because of a resource whose name is not known yet.
fn properties(
    stack: &LiveStack,
    wanted: &Wanted,
    template: &Template,
    live: &LiveResource,
    unknown: &BTreeSet<String>,
) -> BTreeMap<String, String> {
    let now: Map<String, Value> = template.properties(&live.logical, &stack.scope(&wanted.parameters));
    let names: BTreeSet<&String> = now.keys().chain(live.properties.keys()).collect();
    let word = |name: &String| {
        let is_changed = now.get(name) != live.properties.get(name);
        let of = template.property(&live.logical, name);
        let may_change = references(of).iter().any(|name| unknown.contains(name));
        match (is_changed, may_change, replaces(name)) {
            (true, _, true) => Some("Always"),
            (false, true, true) => Some("Conditionally"),
            (true, ..) | (_, true, _) => Some("Never"),
            _ => None,
        }
    };
    names.into_iter().filter_map(|name| Some((name.clone(), word(name)?.to_owned()))).collect()
}
