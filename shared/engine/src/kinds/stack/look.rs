//! One look at a stack: the stack, its template, the change set of the way, and what its last operation has done.

use super::change_set::changes;
use super::drift::detected;
use super::state::{Change, DROPPED, Goal, Seen, Standing, Target, is_cancelled, standing};
use crate::kinds::{AwsResource, DocumentToKeep, LookContext};
use crate::ports::{ChangeSet, Clock, CloudFormationApi, Result, Stack, StackEvent, StackResource};
use crate::trouble::if_there;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::stack::holds_data::NESTED;
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::document::secret;
use windlass_domain::text::time::Time;

/// The most pages of events that are read. An operation on the largest stack has fewer.
const MOST_PAGES: usize = 30;

/// Reads the template of a stack, or that of one of its change sets, as the document by which it is kept.
pub(super) async fn template(
    at: &impl CloudFormationApi,
    stack: &str,
    change_set: Option<&str>,
) -> Result<DocumentToKeep> {
    DocumentToKeep::of(&at.template(stack, change_set).await?)
}

/// The last operation on a stack: its events with one token, newest first.
#[derive(Debug, Default)]
pub(super) struct StackOperation {
    events: Vec<StackEvent>,
    /// The stack's id, by which its own events are known.
    stack: String,
}

impl StackOperation {
    /// Reads it; nothing of a stack that is gone. With a mark it goes on through the operations before whose tokens
    /// begin so.
    pub(super) async fn read(at: &impl CloudFormationApi, stack: &str, mark: Option<&str>) -> Result<Self> {
        let is_marked = |event: &StackEvent| mark.is_some_and(|mark| is_by(event, mark));
        let mut operation = Self { events: vec![], stack: stack.to_owned() };
        let mut next: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let Some((events, more)) = if_there(at.stack_events(stack, next.as_deref()).await)? else { break };
            for event in events {
                let newest = operation.events.first().map_or(&event.token, |newest| &newest.token);
                if event.token != *newest && !is_marked(&event) {
                    return Ok(operation);
                }
                operation.events.push(event);
            }
            let Some(more) = more else { break };
            next = Some(more);
        }
        Ok(operation)
    }

    /// Returns whether a call with a token that begins so has started it.
    fn is_of(&self, mark: &str) -> bool {
        self.events.first().is_some_and(|event| is_by(event, mark))
    }

    /// Returns the event of the resource that failed first, and not only because another one had failed.
    fn failed(&self) -> Option<&StackEvent> {
        self.events.iter().rev().find(|event| {
            let is_failure = event.resource.status.ends_with("_FAILED") && !self.is_stack(event);
            is_failure && !event.reason.is_empty() && !is_cancelled(&event.reason)
        })
    }

    /// Returns the time at which the stack could not be deleted; `None` if nothing shows that.
    fn undeleted(&self) -> Option<Time> {
        let mut events = self.events.iter();
        events.find(|event| self.is_stack(event) && event.resource.status == "DELETE_FAILED").map(|event| event.at)
    }

    /// Returns the resources whose newest event is such a one.
    pub(super) fn now(&self, is: impl Fn(&str) -> bool) -> Vec<&StackResource> {
        let mut newest: BTreeMap<(&str, &str), &StackResource> = BTreeMap::new();
        for event in self.events.iter().filter(|event| !self.is_stack(event)) {
            let resource = &event.resource;
            // A resource that is replaced is there twice.
            newest.entry((&resource.logical, &resource.physical)).or_insert(resource);
        }
        newest.into_values().filter(|resource| is(&resource.status)).collect()
    }

    /// Returns the resources that calls with such tokens have changed beside those that the plan touches.
    /// CloudFormation looks through each nested stack, whether or not something changes in it.
    pub(super) fn beside(&self, mark: &str, touches: &BTreeSet<String>) -> BTreeSet<String> {
        let ours = self.events.iter().filter(|event| is_by(event, mark)).map(|event| &event.resource);
        let changed = ours.filter(|it| it.status.ends_with("_COMPLETE") && it.kind != NESTED);
        changed.map(|it| it.logical.clone()).filter(|logical| !touches.contains(logical)).collect()
    }

    fn names(&self, is: impl Fn(&str) -> bool) -> Vec<String> {
        let mut names: Vec<String> = self.now(is).into_iter().map(|resource| resource.logical.clone()).collect();
        names.dedup();
        names
    }

    fn is_stack(&self, event: &StackEvent) -> bool {
        event.resource.physical == self.stack
    }
}

fn is_by(event: &StackEvent, mark: &str) -> bool {
    event.token.as_deref().is_some_and(|token| token.starts_with(mark))
}

/// Returns the resources of a stack, by its id, and of those that are nested in it.
pub(super) async fn resources(at: &impl CloudFormationApi, stack: &str) -> Result<Vec<AwsResource>> {
    let (mut found, mut left) = (Vec::new(), vec![stack.to_owned()]);
    while let Some(of) = left.pop() {
        let is_there = |it: &StackResource| !matches!(it.status.as_str(), "DELETE_COMPLETE" | "DELETE_SKIPPED");
        for StackResource { physical, kind, .. } in at.stack_resources(&of).await?.into_iter().filter(is_there) {
            left.extend((kind == NESTED).then(|| physical.clone()));
            found.push(AwsResource { kind, physical, beside: of.clone() });
        }
    }
    Ok(found)
}

/// Looks at the stack, and at what the way needs to know. The tokens of this deployment's calls begin with the mark.
pub(super) async fn look(
    (at, mark): (&(impl CloudFormationApi + Clock), &str),
    target: &Target,
    way: &LookContext<'_, Goal>,
) -> Result<Seen> {
    let now = at.now();
    let stack = if_there(at.stack(target.named()).await)?;
    let stack = stack.filter(|stack| standing(&stack.status) != Standing::Gone);
    let still = stack.as_ref().filter(|stack| standing(&stack.status) == Standing::Still);
    let template = match still {
        Some(stack) => Some(template(at, &stack.id, None).await?),
        None => None,
    };
    let is_back = way.goal.is_none_or(|goal| goal.change_set.is_none());
    let executed = executed(way.changes, is_back);
    let (set, beside, loses) = match (way.goal, &stack) {
        (Some(goal), Some(stack)) => set_of_way(at, (target, executed), goal, stack).await?,
        _ => (None, vec![], vec![]),
    };
    let drift = match &stack {
        Some(stack) if way.goal.is_none() => detected(at, stack, way.claimed).await?,
        _ => None,
    };
    let switch = way.changes.iter().rfind(|change| change.switching);
    let operation = match &stack {
        // Who only looks need not know whose the last operation was.
        Some(stack) if way.goal.is_some() && switch.is_some() => StackOperation::read(at, &stack.id, None).await?,
        _ => StackOperation::default(),
    };
    let is_ours = operation.is_of(mark) || stack.as_ref().is_some_and(|stack| changed(target, executed, stack));
    Ok(Seen {
        now,
        template,
        set,
        beside,
        loses,
        is_ours,
        sent: last_sent(way),
        executed: executed.map(str::to_owned),
        since: switch.map(|change| change.at).or(stack.as_ref().and_then(|stack| stack.updated)),
        failed: operation.failed().filter(|_| is_ours).cloned(),
        moving: operation.names(|status| status.ends_with("_IN_PROGRESS")),
        stuck: operation.names(|status| status == "DELETE_FAILED"),
        undeleted: operation.undeleted(),
        outputs: stack.as_ref().map(|stack| given(target, stack)).unwrap_or_default(),
        drift,
        stack,
    })
}

/// Returns the last switching change of this way. What is tried once counts once it was answered: before that it may
/// never have come to CloudFormation.
fn last_sent(way: &LookContext<'_, Goal>) -> Option<Change> {
    let last = way.sent.as_ref()?;
    let is_it = |change: &&ChangeRecord| change.at == last.at && change.change == last.change;
    let is_answered = way.changes.iter().find(is_it).is_some_and(|change| change.answered);
    let sent = Change::deserialize(&last.change).ok()?;
    let is_tried_once = matches!(&sent, Change::Continue) || matches!(&sent, Change::Delete(kept) if !kept.is_empty());
    (is_answered || !is_tried_once).then_some(sent)
}

/// Returns the change set of the way: the planned one, or the one that leads back, with what that touches beside the
/// way forward, and with those whose data it would lose.
async fn set_of_way(
    at: &impl CloudFormationApi,
    (target, executed): (&Target, Option<&str>),
    goal: &Goal,
    stack: &Stack,
) -> Result<(Option<ChangeSet>, Vec<String>, Vec<String>)> {
    let (mut beside, mut loses) = (vec![], vec![]);
    let set = match (&goal.change_set, &goal.template) {
        (Some(id), _) => return Ok((read_set(at, None, id).await?, beside, loses)),
        (None, None) => None,
        (None, Some(_)) => match (read_set(at, Some(&stack.id), &target.way_back).await?, executed) {
            // CloudFormation finds one by its name only until it is executed.
            (None, Some(id)) => read_set(at, None, id).await?,
            (named, _) => named,
        },
    };
    if let Some(set) = set.clone().filter(ChangeSet::can_be_executed) {
        for one in changes(at, set).await? {
            if one.delta(&Value::Null).is_lost() && !target.may_go.contains(&one.logical) {
                loses.push(one.logical.clone());
            }
            if !target.touches.contains(&one.logical) {
                beside.push(one.logical);
            }
        }
    }
    Ok((set, beside, loses))
}

/// Reads a change set; `None` if there is none, or if it is deleted.
async fn read_set(at: &impl CloudFormationApi, stack: Option<&str>, change_set: &str) -> Result<Option<ChangeSet>> {
    let found = if_there(at.change_set(stack, change_set, None).await)?;
    Ok(found.filter(|set| set.status != DROPPED))
}

/// Returns the change set that was sent last on the way back or forward, by id, whichever invocation has sent it.
fn executed(changes: &[ChangeRecord], is_back: bool) -> Option<&str> {
    let mut way = changes.iter().rev().filter(|change| change.undo == is_back);
    way.find_map(|change| change.change.get("execute")?.as_str())
}

/// Returns the values of the outputs that others take, by the names by which they take them. One that is likely to be a
/// secret is given to nobody, and recorded nowhere.
fn given(target: &Target, stack: &Stack) -> BTreeMap<String, String> {
    let all = target.outputs.iter();
    let all = all.filter_map(|(name, output)| Some((name.clone(), stack.outputs.get(output)?.clone())));
    all.filter(|(name, value)| secret::finding("", name, value).is_none()).collect()
}

/// Returns whether the planned change set, or the one that leads back, is what has made or changed the stack last.
fn changed(target: &Target, executed: Option<&str>, stack: &Stack) -> bool {
    let is_review = standing(&stack.status) == Standing::Review;
    let mut ours = target.change_set.as_deref().into_iter().chain(executed);
    !is_review && ours.any(|id| stack.change_set.as_deref() == Some(id))
}
