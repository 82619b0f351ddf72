//! What a component does to the targets of others that it makes: what those own is left to them, and whatever else is
//! touched is looked at behind it. CloudFormation writes a resource as the template has it, so that a change of another
//! property may put back what its owner has brought.

use super::component::Draft;
use super::drafts::draft;
use super::inputs::EarlierComponents;
use super::scene::{Ports, Scene, WantedComponent};
use super::targets::{is_gone, owner};
use crate::kinds::Stage;
use crate::owned_fields;
use crate::ports::{DynamoDbApi, Result};
use crate::removable;
use std::collections::BTreeSet;
use windlass_domain::declaration::resolved::Resolved;
use windlass_domain::declaration::tenancy::HeldClaim;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

/// Refuses what components would change of what others own, and notes which of their targets are touched beside that.
pub async fn leave_to_owners(ports: &impl DynamoDbApi, scene: &Scene, drafts: &mut [Draft<'_>]) -> Result<()> {
    if drafts.iter().all(|draft| draft.prepared.touches.is_empty()) {
        return Ok(());
    }
    let claimed = removable::owned(ports).await?.into_iter().flat_map(|one| one.held);
    let mut held: Vec<HeldClaim> = claimed.filter(|held| !is_gone(scene, &held.owner)).collect();
    // What is claimed by this deployment is not in the ledger yet.
    for draft in drafts.iter() {
        let owner = owner(scene, draft.name);
        let claims = draft.prepared.claims.iter().cloned();
        held.extend(claims.map(|claim| HeldClaim { owner: owner.clone(), claim }));
    }
    for draft in drafts {
        let others = owned_fields::judge(&owner(scene, draft.name), &draft.prepared.touches, &held);
        draft.prepared.findings.extend(others.findings);
        draft.touches = others.touched;
    }
    Ok(())
}

/// Takes in those whose targets are touched and that the release does not name: each is brought back to what is recorded
/// of it. One that could not be is left as it is.
pub async fn bring_back<'a>(ports: &impl Ports, scene: &'a Scene, drafts: &mut Vec<Draft<'a>>) -> Result<()> {
    if scene.is_rollback() || scene.is_check() {
        return Ok(());
    }
    let is_here = |held: &&HeldClaim| owner(scene, &held.owner.component) == held.owner;
    let touched = drafts.iter().flat_map(|draft| &draft.touches).filter(is_here);
    let touched: BTreeSet<ComponentName> = touched.map(|held| held.owner.component.clone()).collect();
    for name in touched {
        let is_drafted = drafts.iter().any(|draft| *draft.name == name);
        let Some(wanted) = scene.recorded(&name).filter(|_| !is_drafted) else {
            continue;
        };
        let mut drafted = {
            let before = EarlierComponents::of(drafts);
            Box::pin(draft(ports, scene, wanted, &before)).await?
        };
        let stays = drafted.ran.as_ref().is_some_and(|ran| ran.claims == drafted.prepared.claims);
        if stays && drafted.prepared.findings.is_empty() {
            // Nobody has asked to bring it in steps.
            let last = drafted.prepared.stages.pop();
            drafted.prepared.stages = last.into_iter().collect();
            drafts.push(drafted);
        }
    }
    Ok(())
}

impl Scene {
    /// Returns a component as what is recorded of it, if something is to which it can go back.
    fn recorded(&self, name: &ComponentName) -> Option<WantedComponent<'_>> {
        let (name, component) = self.loaded.resolved.components.get_key_value(name)?;
        let running = self.state.running.get(name).filter(|_| component.spec.kind().goes_back())?;
        let goal_state = Some(running.state.get("goal")?);
        Some(WantedComponent { name, component, artifact: running.artifact.as_ref(), goal_state })
    }
}

/// Lets those look at their targets whose targets are touched by another component, behind that and also if nothing of
/// them changes. Of those that cannot whoever plans it is warned.
pub fn look_behind(scene: &Scene, drafts: &mut [Draft<'_>]) {
    let touching = drafts.iter().flat_map(|draft| draft.touches.iter().map(|held| (draft.name.clone(), held.clone())));
    let touching: Vec<(ComponentName, HeldClaim)> = touching.collect();
    for (by, held) in touching {
        let name = &held.owner.component;
        let is_here = owner(scene, name) == held.owner;
        // A rollback goes the other way round.
        let can_follow = is_here && !scene.is_rollback() && !comes_after(&scene.loaded.resolved, drafts, &by, name);
        let behind = drafts.iter_mut().find(|draft| can_follow && draft.name == name);
        if let Some(behind) = behind {
            behind.look_behind(&by);
        } else if let Some(touching) = drafts.iter_mut().find(|draft| *draft.name == by) {
            let warning = not_looked_at(&by, &held, is_here);
            if !touching.prepared.warnings.contains(&warning) {
                touching.prepared.warnings.push(warning);
            }
        }
    }
}

impl Draft<'_> {
    /// Lets the component be looked at behind another one, which touches its target. One that nobody has looked at yet
    /// is planned there anyway.
    fn look_behind(&mut self, by: &ComponentName) {
        let prepared = &mut self.prepared;
        if prepared.is_not_looked_at() || !prepared.findings.is_empty() {
            return;
        }
        if prepared.stages.is_empty() {
            let what = prepared.unchanged.take().unwrap_or_else(|| "runs what is wanted already".to_owned());
            let goal = prepared.before["goal"].clone();
            prepared.stages.push(Stage::new(goal, format!("{what}, looked at once {by} has changed")));
        }
        self.touched_by.insert(by.clone());
    }
}

/// Returns whether a component changes after another one.
fn comes_after(declared: &Resolved, drafts: &[Draft<'_>], name: &ComponentName, first: &ComponentName) -> bool {
    let declared_after = declared.components.get(name).into_iter().flat_map(|component| &component.after);
    let touched_by = drafts.iter().filter(|draft| draft.name == name).flat_map(|draft| &draft.touched_by);
    let mut after = declared_after.chain(touched_by);
    after.any(|one| one == first || comes_after(declared, drafts, one, first))
}

fn not_looked_at(by: &ComponentName, held: &HeldClaim, is_here: bool) -> Finding {
    let name = &held.owner.component;
    let (path, whose) = if is_here {
        (format!("components.{name}"), format!("`{name}`"))
    } else {
        (format!("components.{by}"), format!("the {}", held.owner))
    };
    Finding::new(
        FindingName::NotLookedAt,
        path,
        format!("`{by}` touches {}, which {whose} has, and may put back what that has brought.", held.claim),
        "Look yourself whether it runs what it should; or let its component change after the other one (`after`).",
    )
}
