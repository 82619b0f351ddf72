//! A stack of CloudFormation in memory: what it is now, what happened to it, and how an operation on it begins.
//! `stack_progress` moves it on.

use crate::live_change_set::{LiveChangeSet, Wanted, shown};
use crate::stack_resources::LiveResource;
use crate::stack_template::{Scope, Template};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{DriftedResource, Stack, StackEvent, StackResource};

/// The reasons for which something fails at a resource, each in AWS's words, as often as it is tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failing {
    /// Making or changing it fails.
    pub forward: Option<String>,
    /// Bringing it back fails.
    pub back: Option<String>,
    /// Deleting it fails.
    pub deletion: Option<String>,
}

/// A stack.
#[derive(Debug, Clone)]
pub struct LiveStack {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: String,
    /// The reason of that status.
    pub reason: String,
    /// The template and parameters that it was given last.
    pub wanted: Wanted,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// The id of the change set that was executed last.
    pub change_set: Option<String>,
    /// The id of the stack that it is nested in.
    pub parent: Option<String>,
    /// True if it is protected from deletion.
    pub is_protected: bool,
    /// The time of its last change.
    pub updated: Option<Time>,
    /// The result of the last drift detection.
    pub drift: Option<(String, Option<Time>)>,
    /// Its resources by their names in the template.
    pub resources: BTreeMap<String, LiveResource>,
    /// The resources that it has left behind.
    pub left_behind: Vec<LiveResource>,
    /// Its events, oldest first.
    pub events: Vec<StackEvent>,
    /// Its change sets, oldest first.
    pub change_sets: Vec<LiveChangeSet>,
    /// The failures of its resources, by their names in the template.
    pub fails: BTreeMap<String, Failing>,
    /// The looks that a resource takes before the next one's turn.
    pub slow: u32,
    pub(crate) work: Option<Work>,
    pub(crate) made: u64,
}

/// The part of an operation that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Forward,
    Cleanup,
    Back,
    BackCleanup,
    Deleting,
}

/// A resource that an operation has made or changed.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) logical: String,
    pub(crate) former: Option<LiveResource>,
}

/// An operation under way.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) phase: Phase,
    pub(crate) creates: bool,
    pub(crate) token: Option<String>,
    /// The looks until the next resource's turn.
    pub(crate) wait: u32,
    pub(crate) todo: VecDeque<String>,
    pub(crate) done: Vec<Done>,
    /// The resources that are deleted once everything else is done.
    pub(crate) cleanup: Vec<LiveResource>,
    /// The template and parameters before that.
    pub(crate) former: Wanted,
    /// The resources that a deletion leaves out.
    pub(crate) retain: BTreeSet<String>,
    pub(crate) is_cancelled: bool,
}

impl LiveStack {
    /// Makes a stack that nothing has been given to.
    pub(crate) fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            status: "REVIEW_IN_PROGRESS".into(),
            reason: String::new(),
            wanted: Wanted::default(),
            outputs: BTreeMap::new(),
            change_set: None,
            parent: None,
            is_protected: false,
            updated: None,
            drift: Some(("NOT_CHECKED".into(), None)),
            resources: BTreeMap::new(),
            left_behind: vec![],
            events: vec![],
            change_sets: vec![],
            fails: BTreeMap::new(),
            slow: 1,
            work: None,
            made: 0,
        }
    }

    /// Returns whether it is there: a deleted one is found by its id alone.
    pub fn lives(&self) -> bool {
        self.status != "DELETE_COMPLETE"
    }

    /// Returns it as AWS shows it.
    pub(crate) fn described(&self) -> Stack {
        Stack {
            id: self.id.clone(),
            name: self.name.clone(),
            status: self.status.clone(),
            reason: self.reason.clone(),
            change_set: self.change_set.clone(),
            parameters: shown(&self.wanted),
            resolved: self.wanted.resolved.clone(),
            outputs: self.outputs.clone(),
            tags: self.wanted.tags.clone(),
            role: self.wanted.role.clone(),
            parent: self.parent.clone(),
            is_protected: self.is_protected,
            updated: self.updated,
            drift: self.drift.clone(),
        }
    }

    /// Returns its resources as AWS lists them.
    pub(crate) fn listed(&self) -> Vec<StackResource> {
        let listed = |it: &LiveResource| StackResource {
            logical: it.logical.clone(),
            physical: it.physical.clone(),
            kind: it.kind.clone(),
            status: it.status.clone(),
        };
        self.resources.values().map(listed).collect()
    }

    /// Returns what the last drift detection found of its resources.
    pub(crate) fn drifted(&self) -> Vec<DriftedResource> {
        let drifted = |it: &LiveResource| {
            let (status, places) = it.drift.clone()?;
            let (logical, physical, kind) = (it.logical.clone(), it.physical.clone(), it.kind.clone());
            Some(DriftedResource { logical, physical, kind, status, places })
        };
        self.resources.values().filter_map(drifted).collect()
    }

    /// Returns the values that a template's functions stand for in this stack.
    pub(crate) fn scope<'a>(&'a self, parameters: &'a BTreeMap<String, String>) -> Scope<'a> {
        let made = |it: &LiveResource| (it.logical.clone(), (it.kind.clone(), it.physical.clone()));
        Scope { stack: &self.name, parameters, made: self.resources.values().map(made).collect() }
    }

    /// Returns the tags that its resources get.
    pub(crate) fn tags(&self) -> BTreeMap<String, String> {
        let mut tags = self.wanted.tags.clone();
        tags.insert("aws:cloudformation:stack-name".into(), self.name.clone());
        tags
    }

    pub(crate) fn turn(&mut self, status: &str, reason: &str, now: Time) {
        status.clone_into(&mut self.status);
        reason.clone_into(&mut self.reason);
        let own = StackResource {
            logical: self.name.clone(),
            physical: self.id.clone(),
            kind: "AWS::CloudFormation::Stack".into(),
            status: status.to_owned(),
        };
        self.say(own, reason, now);
    }

    fn say(&mut self, resource: StackResource, reason: &str, at: Time) {
        let token = self.work.as_ref().and_then(|work| work.token.clone());
        self.events.push(StackEvent { resource, reason: reason.to_owned(), token, at });
    }

    pub(crate) fn say_of(&mut self, it: &LiveResource, status: &str, reason: &str, at: Time) {
        let resource = StackResource {
            logical: it.logical.clone(),
            physical: it.physical.clone(),
            kind: it.kind.clone(),
            status: status.to_owned(),
        };
        if let Some(own) = self.resources.get_mut(&it.logical)
            && own.physical == it.physical
        {
            status.clone_into(&mut own.status);
        }
        self.say(resource, reason, at);
    }

    /// Begins to bring it to what is wanted.
    pub(crate) fn begin(&mut self, wanted: Wanted, token: Option<&str>, now: Time) {
        let creates = self.status == "REVIEW_IN_PROGRESS";
        let template = Template::read(&wanted.template);
        let todo = template.map(|template| template.order()).unwrap_or_default();
        let former = std::mem::replace(&mut self.wanted, wanted);
        self.work(Phase::Forward, creates, todo, token);
        if let Some(work) = &mut self.work {
            work.former = former;
        }
        self.updated = (!creates).then_some(now);
        self.turn(if creates { "CREATE_IN_PROGRESS" } else { "UPDATE_IN_PROGRESS" }, "User Initiated", now);
    }

    /// Begins to delete it, but for these resources.
    pub(crate) fn begin_deletion(&mut self, retain: &[String], token: Option<&str>, now: Time) {
        let order = Template::read(&self.wanted.template).map(|template| template.order()).unwrap_or_default();
        let strange = self.resources.keys().filter(|logical| !order.contains(logical)).cloned();
        let known = order.iter().rev().filter(|logical| self.resources.contains_key(*logical)).cloned();
        let todo = strange.chain(known).collect();
        self.work(Phase::Deleting, false, todo, token);
        if let Some(work) = &mut self.work {
            work.retain = retain.iter().cloned().collect();
        }
        self.turn("DELETE_IN_PROGRESS", "User Initiated", now);
    }

    /// Begins once more with the way back that has failed.
    pub(crate) fn begin_again(&mut self, token: Option<&str>, now: Time) {
        if let Some(work) = &mut self.work {
            work.token = token.map(str::to_owned);
        }
        self.turn("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated", now);
    }

    fn work(&mut self, phase: Phase, creates: bool, todo: Vec<String>, token: Option<&str>) {
        self.work = Some(Work {
            phase,
            creates,
            token: token.map(str::to_owned),
            wait: self.slow,
            todo: todo.into(),
            done: vec![],
            cleanup: vec![],
            former: Wanted::default(),
            retain: BTreeSet::new(),
            is_cancelled: false,
        });
    }
}
