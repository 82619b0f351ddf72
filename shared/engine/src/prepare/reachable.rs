//! Looks whether a rollback can still go to the snapshots that passed. One that is refused, because what it goes to is
//! gone, names the newest that can be reached: whoever rolls back in an incident should not have to try one number
//! after the other. A check says of each beforehand. Only reads.

use super::scene::{Ports, Scene};
use super::{drafts, targets};
use crate::conductor::{MOST_LOOKED_AT, Sought, newest_of, newest_other};
use crate::ports::Result;
use std::collections::BTreeSet;
use windlass_domain::declaration::plan::Plan;
use windlass_domain::environment::kept::Irreversible;
use windlass_domain::environment::reach::SnapshotReach;
use windlass_domain::environment::{Snapshot, irreversible};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::text::finding::{Finding, FindingName, limited};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;

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
    if let Some(finding) = plan.findings.iter_mut().find(is_gone).filter(|_| is_rollback && is_small(scene))
        && let Some(instead) = instead(ports, scene).await?
    {
        finding.remedy = prose!("{} {}", finding.remedy.clone().sentence(), instead);
    }
    Ok(())
}

fn is_small(scene: &Scene) -> bool {
    scene.loaded.resolved.components.len() <= MOST_COMPONENTS
}

/// Returns, for a check, at most four of the snapshots that passed, and whether a rollback can go to each: first the
/// one to which it goes that names none. A fault while looking at one says nothing of it, and does not end the check.
pub async fn snapshots(ports: &impl Ports, check: &Scene) -> Result<Vec<SnapshotReach>> {
    if !check.is_check() {
        return Ok(vec![]);
    }
    // A check asks for more than a rollback needs.
    let mut scene = check.clone();
    scene.loaded.record.action = ActionName::Rollback;
    let sought = Sought { state: &check.state, component: None };
    let at = check.loaded.record.environment_id();
    let next = newest_other(ports, check.state.snapshot, at, &sought).await?.map(|next| sought.of(next));
    let number = next.as_ref().map(|next| next.number);
    let others = others(ports, &scene, true).await?.into_iter().filter(|one| Some(one.number) != number);
    let (began, mut all) = (ports.now(), Vec::new());
    for good in next.into_iter().chain(others).take(MOST_TRIED) {
        let (named, is_next) = ((good.number, good.version.clone()), number == Some(good.number));
        let crossed = irreversible::crossed(&good, &check.state);
        let mut findings = irreversible::refusals((at, None, &BTreeSet::new()), &good, &crossed, &BTreeSet::new());
        findings.extend(tried(ports, &Scene { goal: Some(good), is_trial: true, ..scene.clone() }, began).await);
        all.push(SnapshotReach::new(named, is_next, limited(findings)));
    }
    Ok(all)
}

/// Returns what stands in the way of a rollback, or that it was not looked at, and why.
async fn tried(ports: &impl Ports, scene: &Scene, began: Time) -> Vec<Finding> {
    let why = if !is_small(scene) {
        format!("more than {MOST_COMPONENTS} components are declared, and each would be looked at for each snapshot.")
    } else if ports.now().ms_since(began) > LONGEST_MS {
        format!("the looks at the other snapshots took more than {} s.", LONGEST_MS / 1000)
    } else {
        match in_the_way(ports, scene).await {
            Ok(findings) => return findings,
            Err(fault) => format!("{}.", fault.to_string().trim_end_matches('.')),
        }
    };
    let remedy = "Ask again later; or plan a rollback there, which looks at that snapshot alone.";
    let path = format!("environments.{}", scene.loaded.record.environment);
    vec![Finding::new(FindingName::CouldNotPrepare, path, why, remedy).not_checked()]
}

/// Says where the rollback can go, or that none of those that were tried can be reached; `None` if no other snapshot
/// passed.
async fn instead(ports: &impl Ports, scene: &Scene) -> Result<Option<Prose>> {
    let record = &scene.loaded.record;
    let (at, component) = (record.environment_id(), record.component.as_ref());
    let (began, mut tried) = (ports.now(), Vec::new());
    for good in others(ports, scene, false).await? {
        if ports.now().ms_since(began) > LONGEST_MS {
            break;
        }
        let (of, version) = (good.number, good.version.clone());
        if is_reachable(ports, &Scene { goal: Some(good), is_trial: true, ..scene.clone() }).await? {
            // It was tried with what the request may lose, and goes there with that alone.
            let start = irreversible::back_to((at, component, &record.may_lose), of, &Irreversible::new());
            return Ok(Some(prose!("Snapshot {} ({}) can be reached: start {}.", of, version, start)));
        }
        tried.push(of.to_string());
    }
    let was_tried = !tried.is_empty();
    Ok(was_tried.then(|| prose!("None of the others that passed and were tried can be reached: {}.", tried.join(", "))))
}

/// Returns the newest other snapshots that passed, newest first, as many as are tried: also across what is
/// irreversible, which a person has to name, or not.
async fn others(ports: &impl Ports, scene: &Scene, is_across: bool) -> Result<Vec<Snapshot>> {
    let record = &scene.loaded.record;
    let sought = Sought { state: &scene.state, component: record.component.as_ref() };
    let (mut others, mut number) = (Vec::new(), scene.state.snapshot);
    for _ in 0..MOST_LOOKED_AT {
        let Some(good) = newest_of(ports, number, record.environment_id(), &sought, |_| Some(true)).await? else {
            break;
        };
        number = good.replaced;
        let good = sought.of(good);
        if is_another(scene, &good) && (is_across || irreversible::crossed(&good, &scene.state).is_empty()) {
            others.push(good);
        }
        if others.len() == MOST_TRIED {
            break;
        }
    }
    Ok(others)
}

/// Returns whether it is another one than what runs and than where the rollback went.
fn is_another(scene: &Scene, good: &Snapshot) -> bool {
    let is_goal = scene.goal.as_ref().is_some_and(|goal| goal.number == good.number);
    !is_goal && !good.runs(&scene.state)
}

/// Returns whether nothing stands in the way of a rollback there. What cannot be found out does. Faults: those that
/// pass, upon which it is asked again.
async fn is_reachable(ports: &impl Ports, scene: &Scene) -> Result<bool> {
    match in_the_way(ports, scene).await {
        Err(fault) if !fault.name.is_transient() => Ok(false),
        seen => Ok(seen?.is_empty()),
    }
}

/// Returns what stands in the way of a rollback to the goal. No target is looked at where the record alone says it.
async fn in_the_way(ports: &impl Ports, scene: &Scene) -> Result<Vec<Finding>> {
    let findings = scene.wanted().findings;
    if !findings.is_empty() {
        return Ok(findings);
    }
    let mut drafts = drafts::drafts(ports, scene).await?;
    targets::settle(ports, scene, &mut drafts).await?;
    Ok(drafts.into_iter().flat_map(|draft| draft.prepared.findings).collect())
}
