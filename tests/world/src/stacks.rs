//! The stacks of CloudFormation in memory, and which calls their status allows (AWS CloudFormation API Reference).

use crate::live_change_set::{LiveChangeSet, Wanted};
use crate::live_stack::{Failing, LiveStack};
use crate::stack_template::{Template, invalid};
use std::collections::BTreeMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{ChangeSet, NewChangeSet, ResourceChange, Result, ValidationError};

/// The number of events and changes that a page has. It is small, to catch callers that read one page alone.
pub(crate) const PAGE: usize = 3;

/// The stacks.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// All stacks, oldest first, deleted ones too.
    pub stacks: Vec<LiveStack>,
    /// The looks that the next change sets take to be made, beside the two that each takes.
    pub slow_change_sets: u32,
    /// The errors that validations find in the next change sets.
    pub validations: Vec<ValidationError>,
    /// The changes of nested stacks that the next change sets have, by their names in the template.
    pub nested: BTreeMap<String, Vec<ResourceChange>>,
    /// The templates of nested stacks, by the same names.
    pub nested_templates: BTreeMap<String, String>,
    /// The failures of resources in stacks that are made newly, by their names in the template.
    pub fails: BTreeMap<String, Failing>,
    /// The Parameter Store, as far as parameters of stacks are read from it: values by names.
    pub store: BTreeMap<String, String>,
    made: usize,
}

impl State {
    /// Returns what the parameters of a template stand for that are read from the Parameter Store.
    pub(crate) fn resolved(
        &self,
        template: &Template,
        parameters: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let read = template.parameters().into_iter().filter(|(_, it)| it.kind.starts_with("AWS::SSM::Parameter::"));
        let value = |name: &String| self.store.get(parameters.get(name)?).cloned();
        read.filter_map(|(name, _)| Some((name.clone(), value(&name)?))).collect()
    }

    /// Returns the stack of a name or an id.
    pub fn named(&mut self, stack: &str) -> Result<&mut LiveStack> {
        let is_it = |it: &&mut LiveStack| it.id == stack || (it.name == stack && it.lives());
        self.stacks.iter_mut().find(is_it).ok_or_else(|| missing(stack))
    }

    pub(crate) fn make(&mut self, name: &str) -> &mut LiveStack {
        let id = self.id("stack", name);
        self.stacks.push(LiveStack { fails: self.fails.clone(), ..LiveStack::new(&id, name) });
        let last = self.stacks.len() - 1;
        &mut self.stacks[last]
    }

    fn id(&mut self, sort: &str, name: &str) -> String {
        self.made += 1;
        format!("arn:aws:cloudformation:eu-west-1:111111111111:{sort}/{name}/{:08}", self.made)
    }

    /// Returns the stack that a change set belongs to, and the place of the change set there.
    pub(crate) fn holder(&mut self, change_set: &str) -> Result<(&mut LiveStack, usize)> {
        let at = |it: &LiveStack| it.change_sets.iter().position(|set| set.id == change_set);
        let found = self.stacks.iter_mut().filter(|it| it.lives()).find_map(|it| at(it).map(|at| (it, at)));
        found.ok_or_else(|| no_change_set(change_set))
    }

    /// Reads a page of a change set, also of one of a nested stack.
    pub(crate) fn page(&mut self, stack: Option<&str>, change_set: &str, from: usize) -> Result<ChangeSet> {
        let stacks = match stack {
            Some(stack) => std::slice::from_ref(self.named(stack)?),
            None => &self.stacks[..],
        };
        for stack in stacks.iter().filter(|stack| stack.lives()) {
            for set in &stack.change_sets {
                if set.is_called(change_set) {
                    return Ok(set.page(&stack.id, from, PAGE));
                }
                let mut nested = set.nested.iter();
                if let Some((logical, changes)) = nested.find(|(logical, _)| set.nested_id(logical) == change_set) {
                    let id = set.nested_id(logical);
                    let nested = LiveChangeSet { id, changes: changes.clone(), ..set.clone() };
                    return Ok(nested.page(&format!("{}-{logical}", stack.id), from, PAGE));
                }
            }
        }
        Err(no_change_set(change_set))
    }

    pub(crate) fn create(&mut self, new: &NewChangeSet<'_>, template: String, now: Time) -> Result<String> {
        let read = Template::read(&template)?;
        let needed = read.capabilities();
        let has = |word: &String| new.capabilities.contains(word) || is_implied(word, new.capabilities);
        if !needed.iter().all(has) {
            let message = format!("InsufficientCapabilitiesException: Requires capabilities : {needed:?}");
            return Err(Fault::new(FaultName::Refused, message));
        }
        let former = match self.named(new.stack) {
            Ok(stack) => stack.wanted.parameters.clone(),
            Err(_) if new.creates => BTreeMap::new(),
            Err(missing) => return Err(missing),
        };
        let parameters = read.values(new.parameters, &former)?;
        let resolved = self.resolved(&read, &parameters);
        let id = self.id("changeSet", new.name);
        let (validations, nested, slow) = (self.validations.clone(), self.nested.clone(), self.slow_change_sets);
        let stack =
            if new.creates && self.named(new.stack).is_err() { self.make(new.stack) } else { self.named(new.stack)? };
        let status = stack.status.as_str();
        if new.creates && status != "REVIEW_IN_PROGRESS" {
            let name = new.stack;
            return Err(invalid(format!("Stack [{name}] already exists and cannot be created again with a changeSet")));
        }
        if !new.creates && !can_be_updated(status) {
            return Err(moved(&stack.id, &format!("is in {status} state and can not be updated.")));
        }
        if stack.change_sets.iter().any(|set| set.is_called(new.name)) {
            let message = format!("AlreadyExistsException: ChangeSet {} already exists", new.name);
            return Err(Fault::new(FaultName::Conflict, message));
        }
        stack.change_sets.push(LiveChangeSet {
            id: id.clone(),
            name: new.name.to_owned(),
            created: now,
            status: "CREATE_PENDING".into(),
            reason: String::new(),
            execution: "UNAVAILABLE".into(),
            wanted: Wanted { template, parameters, tags: new.tags.clone(), role: Some(new.role.to_owned()), resolved },
            changes: vec![],
            validations,
            nested,
            pending: 2 + slow,
        });
        Ok(id)
    }

    pub(crate) fn execute(&mut self, change_set: &str, token: Option<&str>, now: Time) -> Result<()> {
        let (stack, at) = self.holder(change_set).map_err(|gone| Fault { name: FaultName::Conflict, ..gone })?;
        let set = &stack.change_sets[at];
        let is_free = can_be_updated(&stack.status) || stack.status == "REVIEW_IN_PROGRESS";
        if set.execution != "AVAILABLE" || !is_free {
            let (execution, status) = (&set.execution, &stack.status);
            let why = format!("InvalidChangeSetStatus: {change_set} is {execution}, and its stack is {status}");
            return Err(Fault::new(FaultName::Conflict, why));
        }
        // The others are of a stack that is not there any more.
        stack.change_sets.retain(|set| set.id == change_set);
        stack.change_set = Some(change_set.to_owned());
        let Some(set) = stack.change_sets.first_mut() else {
            return Err(no_change_set(change_set));
        };
        set.execution = "EXECUTE_IN_PROGRESS".into();
        let wanted = set.wanted.clone();
        stack.begin(wanted, token, now);
        Ok(())
    }

    pub(crate) fn delete(&mut self, stack: &str, retain: &[String], token: Option<&str>, now: Time) -> Result<()> {
        // One that is gone is deleted.
        let Ok(stack) = self.named(stack) else {
            return Ok(());
        };
        if stack.is_protected {
            let id = &stack.id;
            return Err(invalid(format!("Stack [{id}] cannot be deleted while TerminationProtection is enabled")));
        }
        if !retain.is_empty() && stack.status != "DELETE_FAILED" {
            return Err(invalid("Invalid operation on stack: resources are retained of one in DELETE_FAILED alone"));
        }
        match stack.status.as_str() {
            "DELETE_COMPLETE" | "DELETE_IN_PROGRESS" => {}
            "REVIEW_IN_PROGRESS" => stack.status = "DELETE_COMPLETE".into(),
            "CREATE_IN_PROGRESS" => stack.begin_deletion(retain, token, now),
            busy if busy.ends_with("_IN_PROGRESS") => {
                return Err(moved(&stack.id, &format!("cannot be deleted while in status {busy}")));
            }
            _ => stack.begin_deletion(retain, token, now),
        }
        Ok(())
    }

    /// Deletes a stack with a role without rights: none of its resources can be deleted.
    pub(crate) fn delete_place(&mut self, stack: &str, now: Time) -> Result<()> {
        let has_some = self.named(stack).is_ok_and(|stack| stack.lives() && stack.status != "REVIEW_IN_PROGRESS");
        self.delete(stack, &[], None, now)?;
        if has_some && let Ok(stack) = self.named(stack) {
            stack.turn("DELETE_FAILED", "The following resource(s) failed to delete: AccessDenied. ", now);
            stack.work = None;
        }
        Ok(())
    }
}

/// Returns whether a named capability stands for one that is needed.
fn is_implied(needed: &str, given: &[String]) -> bool {
    needed == "CAPABILITY_IAM" && given.iter().any(|word| word == "CAPABILITY_NAMED_IAM")
}

pub(crate) fn can_be_updated(status: &str) -> bool {
    status.ends_with("_COMPLETE") && !["ROLLBACK_COMPLETE", "DELETE_COMPLETE"].contains(&status)
}

fn missing(stack: &str) -> Fault {
    Fault::new(FaultName::NotFound, format!("ValidationError: Stack with id {stack} does not exist"))
}

pub(crate) fn no_change_set(change_set: &str) -> Fault {
    Fault::new(FaultName::NotFound, format!("ChangeSetNotFound: ChangeSet [{change_set}] does not exist"))
}

pub(crate) fn moved(stack: &str, why: &str) -> Fault {
    Fault::new(FaultName::Conflict, format!("ValidationError: Stack [{stack}] {why}"))
}
