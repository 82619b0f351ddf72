//! Names the newest snapshot to which a rollback can go that is refused, because what it goes to is gone. Whoever rolls
//! back in an incident should not have to try one number after the other. Only reads.

use super::scene::{Ports, Scene};
use super::{drafts, targets};
use crate::conductor::{MOST_LOOKED_AT, Sought, back_to, newest_of};
use crate::ports::Result;
use windlass_domain::declaration::plan::Plan;
use windlass_domain::environment::kept::Irreversible;
use windlass_domain::environment::{Snapshot, irreversible};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::prose::Prose;

/// The most snapshots for which the targets are looked at once more.
const MOST_TRIED: usize = 4;

/// The most components of which that is asked: each is looked at for each snapshot, and a planner has two minutes.
const MOST_COMPONENTS: usize = 20;

/// The milliseconds after which no further snapshot is tried.
const LONGEST_MS: u64 = 30_000;

/// Adds to the first finding that is about what is gone where the rollback can go instead. A plan of anything else, or
/// with no such finding, stays as it is.
pub async fn name(ports: &impl Ports, scene: &Scene, plan: &mut Plan) -> Result<()> {
    let is_rollback = scene.loaded.record.action == ActionName::Rollback;
    let is_gone =
        |finding: &&mut Finding| matches!(finding.name, FindingName::ArtifactMissing | FindingName::NoWayBack);
    let is_small = scene.loaded.resolved.components.len() <= MOST_COMPONENTS;
    if let Some(finding) = plan.findings.iter_mut().find(is_gone).filter(|_| is_rollback && is_small)
        && let Some(instead) = instead(ports, scene).await?
    {
        finding.remedy = prose!("{} {}", finding.remedy.clone().sentence(), instead);
    }
    Ok(())
}

/// Says where the rollback can go, or that none of those that were tried can be reached; `None` if no other snapshot
/// passed.
async fn instead(ports: &impl Ports, scene: &Scene) -> Result<Option<Prose>> {
    let record = &scene.loaded.record;
    let (at, component) = (record.environment_id(), record.component.as_ref());
    let (began, mut tried, mut number) = (ports.now(), Vec::new(), scene.state.snapshot);
    let sought = Sought { state: &scene.state, component };
    for _ in 0..MOST_LOOKED_AT {
        let Some(good) = newest_of(ports, number, at, &sought, |_| Some(true)).await? else {
            break;
        };
        number = good.replaced;
        let good = sought.of(good);
        if !is_another(scene, &good) {
            continue;
        }
        if tried.len() == MOST_TRIED || ports.now().ms_since(began) > LONGEST_MS {
            break;
        }
        let (of, version) = (good.number, good.version.clone());
        if is_reachable(ports, &Scene { goal: Some(good), ..scene.clone() }).await? {
            let start = back_to(at, of, component, &Irreversible::new());
            return Ok(Some(prose!("Snapshot {} ({}) can be reached: start {}.", of, version, start)));
        }
        tried.push(of.to_string());
    }
    let was_tried = !tried.is_empty();
    Ok(was_tried.then(|| prose!("None of the others that passed and were tried can be reached: {}.", tried.join(", "))))
}

/// Returns whether it is another one than what runs and than where the rollback went, with nothing irreversible in
/// between, which a person has to name.
fn is_another(scene: &Scene, good: &Snapshot) -> bool {
    let is_goal = scene.goal.as_ref().is_some_and(|goal| goal.number == good.number);
    !is_goal && !good.runs(&scene.state) && irreversible::crossed(good, &scene.state).is_empty()
}

/// Returns whether nothing stands in the way of a rollback there. What cannot be found out does. Faults: those that
/// pass, upon which it is asked again.
async fn is_reachable(ports: &impl Ports, scene: &Scene) -> Result<bool> {
    if !scene.wanted().findings.is_empty() {
        return Ok(false);
    }
    match has_no_findings(ports, scene).await {
        Err(fault) if !fault.name.is_transient() => Ok(false),
        seen => seen,
    }
}

async fn has_no_findings(ports: &impl Ports, scene: &Scene) -> Result<bool> {
    let mut drafts = drafts::drafts(ports, scene).await?;
    targets::settle(ports, scene, &mut drafts).await?;
    Ok(drafts.iter().all(|draft| draft.prepared.findings.is_empty()))
}
