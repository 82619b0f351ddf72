//! The change set of a plan: it is made, read whole with those of nested stacks, and deleted again by who only wanted
//! to see it.
//!
//! Its name has the deployment that made it. What a deployment left behind that was killed, the next plan of the stack
//! deletes once that deployment has ended. What somebody else has made is left alone.

use super::empty_place::{self, LOOK_MS, LOOKS};
use super::state::{OBSOLETE, Target};
use crate::ledger;
use crate::ports::{ChangeSet, Clock, CloudFormationApi, DynamoDbApi, NewChangeSet, ResourceChange, Result};
use crate::trouble::if_there;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::stack::holds_data::{NESTED, holds_data};
use windlass_domain::declaration::kinds::stack::template::read;
use windlass_domain::deployment::Status;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// The beginning of the name of each change set of Windlass. Roles may execute no others.
const OURS: &str = "windlass-";

/// The longest name of a change set, in bytes (AWS CloudFormation API Reference, CreateChangeSet).
const LONGEST: usize = 128;

/// The time after which a plan that nobody has recorded is surely over, in milliseconds: two hours.
const PLANNED_MS: u64 = 2 * 60 * 60 * 1000;

/// The end of the name of a change set that leads back.
pub(super) const BACK: &str = "back";

/// Returns the name of the change set by which a deployment changes a component. Its end distinguishes it from others:
/// it is of what the change set brings, or [`BACK`].
pub(super) fn name(deployment: &DeploymentId, component: &ComponentName, end: &str) -> String {
    let room = LONGEST.saturating_sub(end.len() + 1);
    let begin: String = format!("{OURS}{deployment}-{component}").chars().take(room).collect();
    format!("{}-{end}", begin.trim_end_matches('-'))
}

/// Returns whether a change set has a name that Windlass gives.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with(OURS)
}

/// Returns the deployment whose change set has this name; `None` if it is somebody else's.
fn deployment_of(name: &str) -> Option<DeploymentId> {
    let (id, _) = name.strip_prefix(OURS)?.split_once('-')?;
    Some(DeploymentId(id.to_owned()))
}

/// Makes the change set, and returns its first page once it is made, well or not. Asked again it finds the one that it
/// made before. Fault: `StillInProgress` while CloudFormation works on it.
pub(super) async fn made(at: &(impl CloudFormationApi + Clock), new: &NewChangeSet<'_>) -> Result<ChangeSet> {
    for _ in 0..LOOKS {
        let found = if_there(at.change_set(Some(new.stack), new.name, None).await)?;
        // The place of another plan may be going.
        if found.is_none() && new.creates && empty_place::is_going(at, new.stack).await? {
            at.sleep_ms(LOOK_MS).await;
            continue;
        }
        match found {
            None => match at.create_change_set(new).await {
                // Another invocation of the same plan has made it, or the stack has begun to move.
                Err(fault) if fault.name == FaultName::Conflict => at.sleep_ms(LOOK_MS).await,
                made => drop(made?),
            },
            Some(set) if set.is_being_made() => at.sleep_ms(LOOK_MS).await,
            Some(set) if set.execution == OBSOLETE => at.delete_change_set(&set.id).await?,
            Some(set) if set.has_begun() => {
                let message = format!("the change set {} of stack {} was executed already", new.name, new.stack);
                return Err(Fault::new(FaultName::Conflict, message));
            }
            Some(set) => return Ok(set),
        }
    }
    let message = format!("the change set {} of stack {} is being made", new.name, new.stack);
    Err(Fault::new(FaultName::StillInProgress, message))
}

/// Returns what was read of a change set that one call has shown. Another one may not show it yet, so that it is asked
/// again: the fault `NotFound` becomes `StillInProgress`.
pub(super) fn shown<T>(read: Result<T>) -> Result<T> {
    read.map_err(|fault| match fault.name {
        FaultName::NotFound => Fault::new(FaultName::StillInProgress, fault.message),
        _ => fault,
    })
}

/// Deletes the change sets of a stack that nobody will execute, because their deployments have ended. Returns the names
/// of those that stay. Who only looks deletes none.
pub(super) async fn clear(
    (home, at): (&impl DynamoDbApi, &(impl CloudFormationApi + Clock)),
    stack: &str,
    deployment: &DeploymentId,
    only_looks: bool,
) -> Result<Vec<String>> {
    let mut left = Vec::new();
    for (name, made) in at.change_sets(stack).await? {
        let is_over = match deployment_of(&name) {
            Some(of) if of != *deployment => has_ended(home, &of, made, at.now()).await?,
            Some(_) | None => false,
        };
        if !is_over {
            left.push(name);
        } else if !only_looks
            && let Some(set) = if_there(at.change_set(Some(stack), &name, None).await)?
            && !set.has_begun()
        {
            at.delete_change_set(&set.id).await?;
        }
    }
    Ok(left)
}

/// Returns whether a deployment has ended. A plan that nobody carries out is no deployment: it is over after a while.
async fn has_ended(home: &impl DynamoDbApi, id: &DeploymentId, made: Option<Time>, now: Time) -> Result<bool> {
    let record = ledger::load(home, &ledger::deployment(id)).await?;
    let is_old = || made.is_some_and(|made| now.ms_since(made) > PLANNED_MS);
    Ok(record.map_or_else(is_old, |record| record.value.status == Status::Ended))
}

/// Deletes the change set of a plan that nobody carries out, and the stack that is only the place of it. `role` is the
/// one for places.
pub(super) async fn let_go(at: &(impl CloudFormationApi + Clock), target: &Target, role: Option<String>) -> Result<()> {
    let Some(id) = &target.change_set else {
        return Ok(());
    };
    at.delete_change_set(id).await?;
    if target.is_new {
        empty_place::take_away(at, (target.named(), Some(id)), role).await?;
    }
    Ok(())
}

/// Reads all changes of a change set of which this is the first page. A resource of a nested stack has the names of the
/// stacks around it before its own, with dots.
pub(super) async fn changes(at: &impl CloudFormationApi, first: ChangeSet) -> Result<Vec<ResourceChange>> {
    let mut all: Vec<ResourceChange> = Vec::new();
    let mut left = vec![(String::new(), first)];
    while let Some((around, mut page)) = left.pop() {
        for mut change in std::mem::take(&mut page.changes) {
            change.logical.insert_str(0, &around);
            if let Some(nested) = &change.nested {
                let nested = at.change_set(None, nested, None).await?;
                left.push((format!("{}.", change.logical), nested));
            }
            all.push(change);
        }
        if let Some(next) = page.next.take() {
            let next = at.change_set(None, &page.id, Some(&next)).await?;
            left.push((around, next));
        }
    }
    Ok(all)
}

/// Returns the templates to come of the nested stacks in which a resource that holds data is new, by the names of these
/// stacks: the resource's `DeletionPolicy` stands there. One that nobody may read is left out.
pub(super) async fn nested_templates(
    at: &impl CloudFormationApi,
    changes: &[ResourceChange],
) -> Result<BTreeMap<String, Value>> {
    let holds = |it: &&ResourceChange| it.action == "Add" && it.kind != NESTED && holds_data(&it.kind);
    let around = changes.iter().filter(holds).filter_map(|it| Some(it.logical.rsplit_once('.')?.0));
    let around: BTreeSet<&str> = around.collect();
    let mut found = BTreeMap::new();
    for one in changes.iter().filter(|it| around.contains(it.logical.as_str())) {
        let Some(nested) = &one.nested else { continue };
        let set = shown(at.change_set(None, nested, None).await)?;
        match at.template(&set.stack, Some(&set.id)).await {
            Ok(text) => {
                found.insert(one.logical.clone(), read(&text).unwrap_or_default());
            }
            Err(fault) if matches!(fault.name, FaultName::AccessDenied | FaultName::NotFound | FaultName::Refused) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_deployment_that_made_it_and_fits() {
        let id = DeploymentId("0123456789abcdef".into());
        for component in ["infra", &"a".repeat(32)] {
            let component = ComponentName::new(component).unwrap();
            let names = [BACK, "3f9a1c22", "3f9a1c23"].map(|end| name(&id, &component, end));
            for name in &names {
                assert!(name.len() <= LONGEST, "{name}");
                assert_eq!(deployment_of(name), Some(id.clone()), "{name}");
            }
            assert_ne!(names[1], names[2]);
        }
        for others in ["awscli-cloudformation-package-deploy-1", "windlass", "windlass-0123456789abcdef", "cdk-deploy"]
        {
            assert_eq!(deployment_of(others), None, "{others}");
        }
    }
}
