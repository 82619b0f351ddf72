//! AWS CloudFormation in memory: stacks that make and change resources of this world, change sets, and what AWS does by
//! itself when something fails.
//!
//! `stacks.rs` says which calls are allowed, `live_stack.rs` has a stack, `stack_changes.rs` makes its change sets, and
//! `stack_progress.rs` moves it on: each look at a stack takes it a little further.

use crate::World;
pub use crate::live_change_set::{LiveChangeSet, Wanted};
pub use crate::live_stack::{Failing, LiveStack};
pub use crate::stack_resources::LiveResource;
use crate::stack_template::{Template, invalid};
pub use crate::stacks::State;
use crate::stacks::{PAGE, can_be_updated, moved, no_change_set};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{
    ChangeSet, CloudFormationApi, DriftedResource, NewChangeSet, Result, Stack, StackEvent, StackResource,
    TemplateFrom, TemplateSummary, ValidationError,
};

/// The largest template in a call, in bytes, and the largest in a bucket (AWS CloudFormation User Guide,
/// "CloudFormation quotas").
const LARGEST: (usize, usize) = (51_200, 1_000_000);

/// The looks after which a stack has surely come to rest.
const LOOKS: usize = 10_000;

/// Returns a page of a list, and the place of the next one.
fn page<T>(all: impl Iterator<Item = T>, next: Option<&str>) -> (Vec<T>, Option<String>) {
    let from: usize = next.and_then(|next| next.parse().ok()).unwrap_or(0);
    let mut all = all.skip(from);
    let page = all.by_ref().take(PAGE).collect();
    (page, all.next().map(|_| (from + PAGE).to_string()))
}

impl CloudFormationApi for World {
    async fn stack(&self, stack: &str) -> Result<Stack> {
        let call = self.call("cloudformation.stack").await?;
        self.look_at(stack);
        let found = call.seen().cloudformation().named(stack)?.described();
        call.answer(found).await
    }

    async fn stack_resources(&self, stack: &str) -> Result<Vec<StackResource>> {
        let call = self.call("cloudformation.stack_resources").await?;
        self.look_at(stack);
        let all = call.seen().cloudformation().named(stack)?.listed();
        call.answer(all).await
    }

    async fn drifted(&self, stack: &str) -> Result<Vec<DriftedResource>> {
        let call = self.call("cloudformation.drifted").await?;
        let all = call.seen().cloudformation().named(stack)?.drifted();
        call.answer(all).await
    }

    async fn stack_events(&self, stack: &str, next: Option<&str>) -> Result<(Vec<StackEvent>, Option<String>)> {
        let call = self.call("cloudformation.stack_events").await?;
        self.look_at(stack);
        let all = call.seen().cloudformation().named(stack)?.events.clone();
        call.answer(page(all.into_iter().rev(), next)).await
    }

    async fn template(&self, stack: &str, change_set: Option<&str>) -> Result<String> {
        let call = self.call("cloudformation.template").await?;
        let text = {
            let seen = call.seen();
            let mut state = seen.cloudformation();
            let nested = stack.rsplit_once('-').and_then(|(_, logical)| state.nested_templates.get(logical).cloned());
            if let Some(text) = nested {
                text
            } else {
                let stack = state.named(stack)?;
                let named = |name: &str| {
                    let mut sets = stack.change_sets.iter();
                    sets.find(|set| set.is_called(name)).ok_or_else(|| no_change_set(name))
                };
                let wanted = change_set.map_or(Ok(&stack.wanted), |name| named(name).map(|set| &set.wanted))?;
                wanted.template.clone()
            }
        };
        call.answer(text).await
    }

    async fn template_summary(&self, template: &TemplateFrom) -> Result<TemplateSummary> {
        let call = self.call("cloudformation.template_summary").await?;
        let summary = Template::read(&self.template_from(template)?)?.summary();
        call.answer(summary).await
    }

    async fn create_change_set(&self, new: &NewChangeSet<'_>) -> Result<String> {
        let call = self.call("cloudformation.create_change_set").await?;
        let template = self.template_from(new.template)?;
        let now = self.true_time();
        let id = self.cloudformation().create(new, template, now)?;
        call.answer(id).await
    }

    async fn change_set(&self, stack: Option<&str>, change_set: &str, next: Option<&str>) -> Result<ChangeSet> {
        let call = self.call("cloudformation.change_set").await?;
        let holder = self.cloudformation().holder(change_set).map(|(holder, _)| holder.id.clone());
        if let Some(holder) = stack.map(str::to_owned).or(holder.ok()) {
            self.look_at(&holder);
        }
        let from = next.and_then(|next| next.parse().ok()).unwrap_or(0);
        let page = call.seen().cloudformation().page(stack, change_set, from)?;
        call.answer(page).await
    }

    async fn change_sets(&self, stack: &str) -> Result<Vec<(String, Option<Time>)>> {
        let call = self.call("cloudformation.change_sets").await?;
        let seen = call.seen();
        let all = seen.cloudformation().named(stack).map(|it| it.change_sets.clone()).unwrap_or_default();
        let known = all.into_iter().filter(LiveChangeSet::has_name);
        call.answer(known.map(|set| (set.name, Some(set.created))).collect()).await
    }

    async fn validation_errors(&self, change_set: &str) -> Result<Vec<ValidationError>> {
        let call = self.call("cloudformation.validation_errors").await?;
        let said = {
            let mut state = self.cloudformation();
            let (stack, at) = state.holder(change_set)?;
            stack.change_sets[at].validations.clone()
        };
        call.answer(said).await
    }

    async fn delete_change_set(&self, change_set: &str) -> Result<()> {
        let call = self.call("cloudformation.delete_change_set").await?;
        if let Ok((stack, at)) = self.cloudformation().holder(change_set) {
            if stack.change_sets[at].execution == "EXECUTE_IN_PROGRESS" {
                return Err(Fault::new(FaultName::Conflict, "InvalidChangeSetStatus: it is executed"));
            }
            stack.change_sets.remove(at);
        }
        call.answer(()).await
    }

    async fn execute_change_set(&self, change_set: &str, token: &str) -> Result<()> {
        let call = self.call("cloudformation.execute_change_set").await?;
        let now = self.true_time();
        self.cloudformation().execute(change_set, Some(token), now)?;
        call.answer(()).await
    }

    async fn delete_stack(&self, stack: &str, retain: &[String], _role: &str, token: &str) -> Result<()> {
        let call = self.call("cloudformation.delete_stack").await?;
        let now = self.true_time();
        self.cloudformation().delete(stack, retain, Some(token), now)?;
        call.answer(()).await
    }

    async fn delete_place(&self, stack: &str, _role: &str) -> Result<()> {
        let call = self.call("cloudformation.delete_place").await?;
        let now = self.true_time();
        self.cloudformation().delete_place(stack, now)?;
        call.answer(()).await
    }

    async fn cancel_update(&self, stack: &str, _token: &str) -> Result<()> {
        let call = self.call("cloudformation.cancel_update").await?;
        {
            let mut state = self.cloudformation();
            let stack = state.named(stack)?;
            match &mut stack.work {
                Some(work) if stack.status == "UPDATE_IN_PROGRESS" => work.is_cancelled = true,
                _ => return Err(moved(&stack.id, "cannot be cancelled: current stack status")),
            }
        }
        call.answer(()).await
    }

    async fn continue_rollback(&self, stack: &str, _role: &str, token: &str) -> Result<()> {
        let call = self.call("cloudformation.continue_rollback").await?;
        let now = self.true_time();
        {
            let mut state = self.cloudformation();
            let stack = state.named(stack)?;
            if stack.status != "UPDATE_ROLLBACK_FAILED" {
                let why = format!("is in {} state and can not be rolled back further", stack.status);
                return Err(moved(&stack.id, &why));
            }
            stack.begin_again(Some(token), now);
        }
        call.answer(()).await
    }
}

impl World {
    /// Lets the time of one look pass for a stack.
    pub fn look_at(&self, stack: &str) {
        let now = self.true_time();
        let found = self.cloudformation().named(stack).cloned();
        let Ok(mut moved) = found else {
            return;
        };
        moved.step(self, now);
        let id = moved.id.clone();
        if let Ok(stack) = self.cloudformation().named(&id) {
            *stack = moved;
        }
    }

    /// Lets a stack come to rest.
    pub fn settle_stack(&self, stack: &str) {
        for _ in 0..LOOKS {
            let is_busy = |stack: &LiveStack| stack.work.is_some() && stack.status.ends_with("_IN_PROGRESS");
            if !self.cloudformation().named(stack).is_ok_and(|stack| is_busy(stack)) {
                return;
            }
            self.look_at(stack);
        }
    }

    /// Makes or updates a stack as somebody else does, without a change set, and lets it come to rest. Change sets that
    /// were made before are obsolete.
    ///
    /// # Errors `Refused` if the template is none, or the stack cannot be updated.
    pub fn put_stack(&self, name: &str, wanted: Wanted) -> Result<()> {
        let template = Template::read(&wanted.template)?;
        let now = self.true_time();
        {
            let mut state = self.cloudformation();
            let resolved = state.resolved(&template, &wanted.parameters);
            let wanted = Wanted { resolved, ..wanted };
            if state.named(name).is_err() {
                state.make(name);
            }
            let stack = state.named(name)?;
            if !can_be_updated(&stack.status) && stack.status != "REVIEW_IN_PROGRESS" {
                return Err(invalid(format!(
                    "Stack:{} is in {} state and can not be updated.",
                    stack.id, stack.status
                )));
            }
            for set in stack.change_sets.iter_mut().filter(|set| set.execution == "AVAILABLE" || set.pending > 0) {
                // One that is still being made is of the stack as it was.
                (set.pending, set.status) = (0, "CREATE_COMPLETE".into());
                set.execution = "OBSOLETE".into();
            }
            stack.change_set = None;
            stack.begin(wanted, None, now);
        }
        self.settle_stack(name);
        Ok(())
    }

    /// Reads a template where it is.
    fn template_from(&self, template: &TemplateFrom) -> Result<String> {
        let (text, largest) = match template {
            TemplateFrom::Body(body) => (body.clone(), LARGEST.0),
            TemplateFrom::Url(url) => (self.template_at(url)?, LARGEST.1),
        };
        if text.len() > largest {
            return Err(invalid(format!("the template has more than {largest} bytes")));
        }
        Ok(text)
    }

    /// Reads the object at an address of S3, with the bucket in the host or first in the path.
    fn template_at(&self, url: &str) -> Result<String> {
        let place = url.strip_prefix("https://").unwrap_or_default();
        let (place, query) = place.split_once('?').unwrap_or((place, ""));
        let (host, path) = place.split_once('/').unwrap_or((place, ""));
        let in_path = || path.split_once('/').unwrap_or_default();
        let (bucket, key) = host.split_once(".s3.").map_or_else(in_path, |(bucket, _)| (bucket, path));
        let version = query.strip_prefix("versionId=");
        let objects = self.s3();
        let versions = objects.buckets.get(bucket).and_then(|bucket| bucket.keys.get(key)).into_iter().flatten();
        let mut newest_first = versions.rev().filter(|it| !it.marker);
        let found = newest_first.find(|it| version.is_none_or(|version| it.id.as_deref() == Some(version)));
        let found = found.ok_or_else(|| invalid("S3 error: Access Denied"))?;
        Ok(String::from_utf8_lossy(&found.bytes).into_owned())
    }
}

#[cfg(test)]
#[path = "cloudformation_tests.rs"]
mod tests;
