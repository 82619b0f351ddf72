//! `Plan`: makes the same look and the same plan as `Prepare`, of a request that nobody carries out.

use super::compose::Composed;
use super::scene::{Ports, Scene};
use super::whole_plan::composed;
use crate::deployment_context;
use crate::ledger::{self};
use crate::payload::{Answer, PlanTransition};
use crate::ports::Result;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::deployment::Deployment;
use windlass_domain::execution_history::WaveHistory;
use windlass_domain::finding::Finding;
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::ComponentName;
use windlass_domain::plan::{Outcome, Plan};
use windlass_domain::planned::{DrawnPlan, End, FromTo};
use windlass_domain::time::Time;

/// Draws the plan, and records it until it expires. Asked again it answers from what it has recorded; what somebody
/// else has recorded meanwhile is the plan.
pub async fn plan(ports: &impl Ports, id: &DeploymentId) -> Result<Answer<PlanTransition>> {
    let mut planned = ledger::require(ports, &ledger::planned(id)).await?;
    let loaded = deployment_context::planned(ports, planned.value.deployment.clone()).await?;
    let answer = loaded.answer(PlanTransition::Plan);
    if planned.value.drawn.is_some() {
        return Ok(answer);
    }
    let drawn = if goes_back_to_nothing(&planned.value.deployment) {
        let findings = planned.value.turn.findings.clone();
        let history = WaveHistory::of(&[], &loaded.resolved.components, None);
        let (plan, none) = ((refused(findings), vec![]), BTreeMap::new());
        let changes = BTreeMap::new();
        DrawnPlan::of(&loaded.record, plan, &none, changes, &history, ports.now())
    } else {
        let scene = Scene::read(ports, loaded).await?;
        let (composed, _) = composed(ports, &scene).await?;
        drawn(&scene, composed, ports.now())
    };
    planned.value.drawn = Some(drawn);
    let write = planned.put_until(planned.value.expires)?;
    ports.transact(vec![write]).await?;
    Ok(answer)
}

/// Returns whether it is a rollback or a drill for which no snapshot was found. Then its turn says why, and there is
/// nothing to look at.
fn goes_back_to_nothing(record: &Deployment) -> bool {
    record.action.is_to_a_snapshot() && record.snapshot.is_none()
}

fn refused(findings: Vec<Finding>) -> Plan {
    Plan {
        outcome: Outcome::Rejected,
        waves: vec![],
        unchanged: vec![],
        findings,
        warnings: vec![],
        stays_reachable: vec![],
    }
}

fn drawn(scene: &Scene, composed: Composed, now: Time) -> DrawnPlan {
    let steps = composed.steps.iter();
    let targets: BTreeMap<ComponentName, Value> =
        steps.map(|step| (step.component.clone(), step.target.clone())).collect();
    // A check brings nothing, so nothing goes from one version to another.
    let brought = targets.keys().filter(|_| !scene.is_check());
    let changes = changes(scene, brought);
    let components = &scene.loaded.resolved.components;
    let rule = Some(&scene.loaded.resolved.gates.unknown).filter(|_| scene.gates_decide());
    let waves = composed.plan.waves.clone();
    let history = WaveHistory::of(&waves, components, rule);
    let record = &scene.loaded.record;
    DrawnPlan::of(record, (composed.plan, composed.gates), &targets, changes, &history, now)
}

/// Returns for each of these components what it runs now, and what it goes to.
fn changes<'a>(scene: &Scene, names: impl Iterator<Item = &'a ComponentName>) -> BTreeMap<ComponentName, FromTo> {
    let goal = scene.goal.as_ref();
    let change = |name: &ComponentName| {
        let back = goal.and_then(|goal| goal.components.get(name));
        let to = back.map_or_else(|| End::brought(&scene.loaded.record, name), End::running);
        let from = scene.state.running.get(name).map(End::running);
        (name.clone(), FromTo { from, to })
    };
    names.map(change).collect()
}
