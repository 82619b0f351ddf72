//! Prepares the components in the order in which they give to each other.

use super::artifact;
use super::component::{Draft, as_finding, out_of_band_change, prepared};
use super::filled::TakenInputs;
use super::inputs::{self, EarlierComponents};
use super::scene::{Ports, Scene, WantedComponent};
use crate::kinds::{Kind, KindVisitor, Prepared, from_value, with_kind_of};
use crate::observe::{shows, where_it_ran};
use crate::ports::Result;
use crate::trouble::or_findings;
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeSet;
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::Running;
use windlass_domain::release::action::ActionName;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;

/// The number of components that are observed at the same time: enough to be quick, and few enough for the request
/// rates of the services.
const AT_A_TIME: usize = 8;

/// Prepares all wanted components: those that take nothing of others side by side, and each of the others once those
/// are prepared that it takes something of.
pub async fn drafts<'a>(ports: &impl Ports, scene: &'a Scene) -> Result<Vec<Draft<'a>>> {
    let mut left = scene.wanted().wanted;
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    while !left.is_empty() {
        let waiting: BTreeSet<&ComponentName> = left.iter().map(|wanted| wanted.name).collect();
        let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|wanted| !takes_of(scene, wanted, &waiting));
        if now.is_empty() {
            return Err(Fault::internal("components take something of each other"));
        }
        let before = &EarlierComponents::of(&drafts);
        let more: Vec<Draft<'a>> = stream::iter(now.into_iter().map(|wanted| draft(ports, scene, wanted, before)))
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        drafts.extend(more);
        left = later;
    }
    Ok(drafts)
}

/// Returns whether a component takes something of one of the waiting components.
fn takes_of(scene: &Scene, wanted: &WantedComponent<'_>, waiting: &BTreeSet<&ComponentName>) -> bool {
    let taken = scene.loaded.resolved.takes(wanted.component);
    taken.iter().any(|(_, output)| waiting.contains(&output.component))
}

/// Prepares a component as if nothing of it ran, because that ran elsewhere.
pub async fn elsewhere(
    ports: &impl Ports,
    scene: &Scene,
    name: &ComponentName,
    before: &EarlierComponents<'_>,
) -> Result<Prepared> {
    let Some(wanted) = scene.wanted().wanted.into_iter().find(|wanted| wanted.name == name) else {
        return Err(Fault::internal(format!("{name} is not wanted")));
    };
    let inputs = or_findings(inputs::of(ports, scene, before, &wanted).await)?;
    prepared(ports, scene, &wanted, None, &inputs).await
}

/// Prepares one component, with what those give that were prepared before.
pub async fn draft<'a>(
    ports: &impl Ports,
    scene: &'a Scene,
    wanted: WantedComponent<'a>,
    before: &EarlierComponents<'_>,
) -> Result<Draft<'a>> {
    let running = scene.state.running.get(wanted.name);
    let ran = match running {
        Some(running) => where_it_ran(ports, wanted.name, running).await?,
        None => None,
    };
    let kind = wanted.component.spec.kind();
    let is_readable = ran.as_ref().is_none_or(|step| step.kind == kind);
    // A component that ran its bytes already when it was first named has no recorded state.
    let running = running.filter(|running| is_readable && !running.state.is_null());
    let inputs = or_findings(inputs::of(ports, scene, before, &wanted).await)?;
    let mut prepared = prepared(ports, scene, &wanted, running, &inputs).await?;
    if let Some(ran) = ran.as_ref().filter(|_| !prepared.findings.is_empty())
        && prepared.claims == ran.claims
        && let Some((former, back)) = recorded_as_then(ports, scene, wanted.name, ran).await?
    {
        prepared = match shows(ports, &former, back).await {
            Ok(true) => staying(ran, prepared),
            Err(fault) if fault.name == FaultName::AccessDenied => unseen(wanted.name, fault, prepared)?,
            Err(fault) if fault.name.is_transient() => return Err(fault),
            Ok(false) | Err(_) => prepared,
        };
    }
    if let Some(running) = running {
        let warning = out_of_band_change(wanted.name, running, &prepared)?;
        prepared.warnings.splice(0..0, warning);
    }
    if scene.is_check() {
        let movable = artifact::movable_tags(ports, &wanted).await?;
        prepared.warnings.extend(movable);
    }
    let inputs = inputs.unwrap_or_default();
    let stands_on = stands_on(scene, &inputs);
    Ok(Draft {
        name: wanted.name,
        kind,
        prepared,
        inputs: inputs.known(),
        stands_on,
        touches: vec![],
        touched_by: [].into(),
        touched_later: [].into(),
        ran,
    })
}

/// Lets go of what the kinds have made to plan these steps, where nobody carries the plan out.
pub async fn let_go(ports: &impl Ports, steps: &[Step]) -> Result<()> {
    for step in steps {
        with_kind_of(ports, step, LetGo { step }).await?;
    }
    Ok(())
}

/// Lets a kind let go of what it has made to plan a step.
struct LetGo<'s> {
    step: &'s Step,
}

impl KindVisitor for LetGo<'_> {
    type Out = ();

    async fn visit<K: Kind>(self, kind: &K) -> Result<()> {
        kind.let_go(&from_value("target", &self.step.target)?).await
    }
}

/// Returns the components that an undo leaves as they are while this one is not back: those that give names of its
/// target, and those whose resources go with what they give.
fn stands_on(scene: &Scene, inputs: &TakenInputs) -> BTreeSet<ComponentName> {
    let listed = inputs.listed.keys().filter(|output| scene.makes_resources(&output.component));
    inputs.names.keys().chain(listed).map(|output| output.component.clone()).collect()
}

/// Returns what a component goes back to, with the step that brought it, if by the ledger it runs just that, where it
/// ran then. The target is to show it as well: AWS alone may answer with the state of a moment ago.
async fn recorded_as_then<'s>(
    ports: &impl Ports,
    scene: &'s Scene,
    name: &ComponentName,
    ran: &Step,
) -> Result<Option<(Step, &'s Running)>> {
    let action = scene.loaded.record.action;
    let goes_back = matches!(action, ActionName::Rollback | ActionName::Drill | ActionName::Restore);
    let goal = scene.goal.as_ref().filter(|_| goes_back);
    let Some(back) = goal.and_then(|goal| goal.components.get(name)) else { return Ok(None) };
    if back.state.is_null() || !scene.state.running.get(name).is_some_and(|running| running.is_same(back)) {
        return Ok(None);
    }
    let former = where_it_ran(ports, name, back).await?;
    Ok(former.filter(|former| former.claims == ran.claims).map(|former| (former, back)))
}

/// Returns the plan of a component that stays as it is. A rollback asks nothing of it, so that what would refuse its
/// change is a warning: the way back of the others does not wait for it.
fn staying(ran: &Step, refused: Prepared) -> Prepared {
    let remedy = "Nothing for this rollback. Mend it before one that changes this component.";
    let warned = refused.findings.into_iter().map(|found| Finding::new(found.name, found.path, found.reason, remedy));
    Prepared {
        claims: ran.claims.clone(),
        unchanged: Some("shows already what the snapshot has".to_owned()),
        warnings: warned.chain(refused.warnings).collect(),
        ..Prepared::default()
    }
}

/// Returns the plan of a component at which Windlass may not look, so that nobody knows whether it stays as it is. The
/// right to look is what is missing. What would refuse its change is a warning: it may be in nobody's way.
fn unseen(name: &ComponentName, denied: Fault, refused: Prepared) -> Result<Prepared> {
    let findings = vec![as_finding(name, denied)?];
    Ok(Prepared { findings, warnings: refused.findings.into_iter().chain(refused.warnings).collect(), ..refused })
}
