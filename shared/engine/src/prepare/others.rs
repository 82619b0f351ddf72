//! A component that makes targets of others leaves to them what they own, and whatever else it touches is looked at
//! behind it. CloudFormation writes a resource as the template has it, so that a change of another
//! property may put back what its owner has brought.

use super::component::Draft;
use super::compose::step;
use super::drafts::draft;
use super::filled::givers;
use super::inputs::EarlierComponents;
use super::made::made_by;
use super::scene::{Ports, Scene, WantedComponent};
use super::targets::{is_gone, owner};
use crate::kinds::{Kind, KindVisitor, Stage, TouchedResource, from_value, owned_fields, with_kind_of};
use crate::observe::where_it_ran;
use crate::ports::Result;
use crate::removable;
use crate::trouble::if_there;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::output::Output;
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::declaration::tenancy::{HeldClaim, Owner};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

/// Refuses what components would change of what others own, and notes which of their targets are touched beside that.
pub async fn leave_to_owners(ports: &impl Ports, scene: &Scene, drafts: &mut [Draft<'_>]) -> Result<()> {
    let mut touches = Vec::new();
    for draft in drafts.iter_mut() {
        touches.push(touched(ports, scene, draft).await?);
    }
    if touches.iter().all(Vec::is_empty) {
        return Ok(());
    }
    let claimed = removable::owned(ports).await?.into_iter().flat_map(|one| one.held);
    let mut held: Vec<HeldClaim> = claimed.filter(|held| !is_gone(scene, &held.owner)).collect();
    // What is claimed by this deployment is not in the ledger yet.
    for draft in drafts.iter() {
        let owner = owner(scene, draft.name);
        let claims = draft.prepared.claims.iter().cloned();
        held.extend(claims.map(|claim| HeldClaim { owner: owner.clone(), claim, made_by: None }));
    }
    let own_parts = own_parts(ports, scene, &held).await?;
    let is_here = |of: &Owner| owner(scene, &of.component) == *of;
    let own_parts = |of: &Owner| own_parts.get(&of.component).filter(|_| is_here(of));
    for (draft, touches) in drafts.iter_mut().zip(touches) {
        let others = owned_fields::others_touched(&owner(scene, draft.name), &touches, &held, own_parts);
        draft.prepared.findings.extend(others.findings);
        draft.touches = others.touched;
    }
    Ok(())
}

/// Returns the parts of their targets that are the own of those who have claims here: the one that is declared, and the
/// one that runs, which is owned until another one is brought in its place. One whose part that runs is not known is
/// left out.
async fn own_parts(
    ports: &impl Ports,
    scene: &Scene,
    held: &[HeldClaim],
) -> Result<BTreeMap<ComponentName, BTreeSet<String>>> {
    let mut all = BTreeMap::new();
    for (name, component) in &scene.loaded.resolved.components {
        let here = owner(scene, name);
        if held.iter().all(|held| held.owner != here) {
            continue;
        }
        let mut own: BTreeSet<String> = component.spec.as_kind().own_part().map(str::to_owned).into_iter().collect();
        if let Some(running) = scene.state.running.get(name) {
            let ran = where_it_ran(ports, name, running).await?.filter(|ran| !ran.target.is_null());
            let Some(ran) = ran else { continue };
            own.extend(with_kind_of(ports, &ran, OwnPart { target: &ran.target }).await?);
        }
        all.insert(name.clone(), own);
    }
    Ok(all)
}

struct OwnPart<'s> {
    target: &'s Value,
}

impl KindVisitor for OwnPart<'_> {
    type Out = Option<String>;

    async fn visit<K: Kind>(self, _: &K) -> Result<Option<String>> {
        let target: K::Target = from_value("target", self.target)?;
        Ok(K::own_part(&target).map(str::to_owned))
    }
}

/// Returns what a component touches. Of one that can be planned only once others have changed that may be all that it
/// is made of, and what becomes of it nobody knows yet.
async fn touched(ports: &impl Ports, scene: &Scene, draft: &mut Draft<'_>) -> Result<Vec<TouchedResource>> {
    let later: BTreeSet<Output> = draft.prepared.stages.iter().flat_map(|stage| stage.later.clone()).collect();
    if later.is_empty() || !scene.makes_resources(draft.name) || scene.is_check() {
        return Ok(draft.prepared.touches.clone());
    }
    draft.prepared.warnings.push(unknown_yet(draft.name, &later));
    let made = if_there(Box::pin(made_by(ports, &step(scene, draft, &[]))).await)?.flatten().unwrap_or_default();
    Ok(made.into_iter().map(|resource| TouchedResource { resource, ..TouchedResource::default() }).collect())
}

/// Takes in those whose targets are touched and that are not asked for: each is brought back to what is recorded of it.
/// One that could not be is left as it is.
pub async fn bring_back<'a>(ports: &impl Ports, scene: &'a Scene, drafts: &mut Vec<Draft<'a>>) -> Result<()> {
    if scene.is_check() {
        return Ok(());
    }
    let is_here = |held: &&HeldClaim| owner(scene, &held.owner.component) == held.owner;
    let touched = drafts.iter().flat_map(|draft| &draft.touches).filter(is_here);
    let touched: BTreeSet<ComponentName> = touched.map(|held| held.owner.component.clone()).collect();
    for name in touched {
        let is_drafted = drafts.iter().any(|draft| *draft.name == name);
        let Some(wanted) = scene.recorded(&name).filter(|_| !is_drafted) else { continue };
        let mut drafted = {
            let before = EarlierComponents::of(drafts);
            Box::pin(draft(ports, scene, wanted, &before)).await?
        };
        let prepared = &mut drafted.prepared;
        let stays = drafted.ran.as_ref().is_some_and(|ran| ran.claims == prepared.claims);
        if stays && prepared.findings.is_empty() && !prepared.target.is_null() {
            prepared.in_one_stage();
            drafts.push(drafted);
        }
    }
    Ok(())
}

impl Scene {
    /// Returns a component as what is recorded of it, if something is to which it can go back.
    pub fn recorded(&self, name: &ComponentName) -> Option<WantedComponent<'_>> {
        let (name, component) = self.loaded.resolved.components.get_key_value(name)?;
        let running = self.state.running.get(name).filter(|_| component.spec.kind().goes_back())?;
        let goal_state = Some(running.state.get("goal")?);
        Some(WantedComponent { name, component, artifact: running.artifact.as_ref(), goal_state })
    }
}

/// Lets each component whose target another one touches look at it behind that one, even if nothing of it changes.
/// Whoever plans is warned of those that cannot.
pub fn look_behind(scene: &Scene, drafts: &mut [Draft<'_>]) {
    let touching = drafts.iter().flat_map(|draft| draft.touches.iter().map(|held| (draft.name.clone(), held.clone())));
    let touching: Vec<(ComponentName, HeldClaim)> = touching.collect();
    for (by, held) in touching {
        let name = &held.owner.component;
        let is_here = owner(scene, name) == held.owner;
        // A rollback goes the other way round.
        let is_later = scene.is_rollback() || comes_after(&scene.loaded.resolved, drafts, &by, name);
        let behind = drafts.iter_mut().find(|draft| is_here && draft.name == name);
        if behind.is_some_and(|behind| behind.look_behind(&by, is_later)) {
            continue;
        }
        if let Some(touching) = drafts.iter_mut().find(|draft| *draft.name == by) {
            let warning = not_looked_at(&by, &held, is_here);
            if !touching.prepared.warnings.contains(&warning) {
                touching.prepared.warnings.push(warning);
            }
        }
    }
}

impl Draft<'_> {
    /// Lets the component be looked at behind another one, which touches its target; behind all others if that one
    /// changes later than this one. One that nobody has looked at yet is planned behind it anyway. Returns false if
    /// nobody looks at it.
    fn look_behind(&mut self, by: &ComponentName, is_later: bool) -> bool {
        let prepared = &mut self.prepared;
        if !prepared.findings.is_empty() || (prepared.is_not_looked_at() && !is_later) {
            return true;
        }
        if prepared.target.is_null() {
            return false;
        }
        let last = prepared.stages.last().map(|last| (last.goal.clone(), last.closing));
        let is_closing = last.as_ref().is_some_and(|(_, closing)| *closing);
        if last.is_none() || (is_later && !is_closing) {
            let (goal, what) = match last {
                Some((goal, _)) => (goal, "looked at again".to_owned()),
                None => (prepared.before["goal"].clone(), format!("{}, looked at", prepared.take_unchanged())),
            };
            let stage = Stage::new(goal, format!("{what} once {by} has changed"));
            prepared.stages.push(Stage { closing: is_later, ..stage });
        }
        let touching = if is_later { &mut self.touched_later } else { &mut self.touched_by };
        touching.insert(by.clone());
        true
    }
}

/// Returns whether a component changes after another one.
fn comes_after(
    declared: &ResolvedEnvironment,
    drafts: &[Draft<'_>],
    name: &ComponentName,
    first: &ComponentName,
) -> bool {
    let (mut before, mut left) = (BTreeSet::new(), vec![name]);
    while let Some(next) = left.pop() {
        let declared_after = declared.components.get(next).into_iter().flat_map(|component| &component.after);
        let touched_by = drafts.iter().filter(|draft| draft.name == next).flat_map(|draft| &draft.touched_by);
        left.extend(declared_after.chain(touched_by).filter(|one| before.insert(*one)));
    }
    before.contains(first)
}

/// The warning that a component can be planned only once others have changed.
fn unknown_yet(name: &ComponentName, later: &BTreeSet<Output>) -> Finding {
    let (givers, has) = givers(later);
    Finding::new(
        FindingName::NotLookedAt,
        format!("components.{name}"),
        format!(
            "What `{name}` changes is known only once {givers} {has} changed: no plan shows it, nor what would be lost."
        ),
        format!(
            "Nothing: what would lose data then is refused, and all is undone. Release {givers} first, and `{name}` with the next release, to see it before."
        ),
    )
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
        "Look yourself whether it runs what it should; or release its component behind it.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::declaration::Declaration;
    use windlass_domain::text::name::EnvironmentName;

    /// Each component comes after three, in so many layers that nobody could walk each way through them.
    #[test]
    fn who_comes_after_whom_is_found_in_any_declaration() {
        let name = |layer: usize, nth: usize| format!("c{layer}-{nth}");
        let of = |layer: usize| (0..3).map(move |nth| name(layer, nth)).collect::<Vec<_>>().join(", ");
        let component = |(layer, nth): (usize, usize)| {
            let after = if layer == 0 { String::new() } else { of(layer - 1) };
            let own = name(layer, nth);
            format!("  {own}: {{kind: lambda, function: shop-{own}, alias: live, after: [{after}]}}\n")
        };
        let components = (0..20).flat_map(|layer| (0..3).map(move |nth| (layer, nth))).map(component);
        let text = format!(
            "app: shop\nversion: 1.0.0\nenvironments:\n  prod: {{deploy: {{branch: main}}}}\ncomponents:\n{}",
            components.collect::<String>()
        );
        let prod = EnvironmentName::new("prod").unwrap();
        let declared = Declaration::parse(&text).unwrap().resolve(&prod).unwrap();
        let [first, last, beside] = [(0, 0), (19, 0), (19, 1)].map(|(layer, nth)| {
            let name = name(layer, nth);
            ComponentName::new(&name).unwrap()
        });
        assert!(comes_after(&declared, &[], &last, &first));
        assert!(!comes_after(&declared, &[], &first, &last));
        assert!(!comes_after(&declared, &[], &last, &beside));
    }
}
