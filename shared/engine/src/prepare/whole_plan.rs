//! The whole of a plan, from looking at every target to what the ledger must hold. `Prepare` writes it down, claims and
//! steps first, so that a plan that is there is whole; `Plan` only shows it.

use super::compose::compose;
use super::{drafts, gates, others, reachable};
use crate::deployment_context;
use crate::ledger::{self, Range, Stored, commit, retry};
use crate::payload::{Answer, PlanTransition};
use crate::ports::{Condition, Result, Transacted, Write};
use crate::prepare::compose::Composed;
use crate::prepare::scene::{Ports, Scene};
use crate::prepare::targets;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::execution_history::WaveHistory;
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::kept::Irreversible;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::planned::{self, DrawnPlan, End, FromTo};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// Looks at everything and plans; answers beside it the writes that claim targets. Nothing is written.
pub async fn composed(ports: &impl Ports, scene: &Scene) -> Result<(Composed, Vec<Write>)> {
    let looked = ports.now();
    let mut drafts = drafts::drafts(ports, scene).await?;
    if let Some(ms) = targets::wait_ms(scene, &drafts, looked)? {
        ports.sleep_ms(ms).await;
        drafts = drafts::drafts(ports, scene).await?;
    }
    targets::settle(ports, scene, &mut drafts).await?;
    others::leave_to_owners(ports, scene, &mut drafts).await?;
    others::bring_back(ports, scene, &mut drafts).await?;
    others::look_behind(scene, &mut drafts);
    let gates = gates::check(ports, scene, &drafts).await?;
    let tenancy = targets::check(ports, scene, &drafts).await?;
    let mut composed = compose(scene, &drafts, gates, tenancy.findings, ports.now())?;
    Box::pin(reachable::name(ports, scene, &mut composed.plan)).await?;
    Ok((composed, tenancy.writes))
}

/// Draws the plan, and records it until it expires. Asked again it answers from what it has recorded; what somebody
/// else has recorded meanwhile is the plan. A write that was refused may have met another one that came to nothing.
pub async fn plan(ports: &impl Ports, id: &DeploymentId) -> Result<Answer<PlanTransition>> {
    retry(ports, "drawing the plan", async || {
        let mut planned = ledger::require(ports, &ledger::planned(id)).await?;
        let loaded = deployment_context::planned(ports, planned.value.deployment.clone()).await?;
        let is_asked = planned.value.deployment.approval.is_some();
        let answer = loaded.answer(if is_asked { PlanTransition::Draw } else { PlanTransition::Plan });
        if planned.value.drawn.is_some() {
            return Ok(Some(answer));
        }
        let drawn = if goes_back_to_nothing(&planned.value.deployment) {
            let findings = planned.value.turn.findings.clone();
            let history = WaveHistory::of(&[], &loaded.resolved.components, None);
            let plan = Plan { findings, ..Plan::empty(PlanOutcome::Rejected) };
            let (plan, none, changes) = ((plan, vec![]), BTreeMap::new(), BTreeMap::new());
            DrawnPlan::of(&loaded.record, plan, &none, changes, (&history, &Irreversible::new()), ports.now())
        } else {
            let scene = Scene::read(ports, loaded).await?;
            let (composed, _) = composed(ports, &scene).await?;
            drafts::let_go(ports, &composed.made_to_plan).await?;
            let snapshots = Box::pin(reachable::snapshots(ports, &scene)).await?;
            DrawnPlan { snapshots, ..drawn(&scene, composed, ports.now()) }
        };
        planned.value.draw(drawn);
        let write = planned.put_until(planned.value.expires)?;
        Ok(commit(ports, vec![write]).await?.then_some(answer))
    })
    .await
}

/// Returns whether it is a rollback or a drill for which no snapshot was found. Then its turn says why, and there is
/// nothing to look at.
fn goes_back_to_nothing(record: &Deployment) -> bool {
    record.action.is_to_a_snapshot() && record.snapshot.is_none()
}

fn drawn(scene: &Scene, composed: Composed, now: Time) -> DrawnPlan {
    let (targets, changes) = targets_and_changes(scene, &composed.steps);
    let components = &scene.loaded.resolved.components;
    let rule = Some(&scene.loaded.resolved.gates.unknown).filter(|_| scene.gates_decide());
    let waves = composed.plan.waves.clone();
    let history = WaveHistory::of(&waves, components, rule);
    let record = &scene.loaded.record;
    let unmeasured = unmeasured(scene, &composed.steps);
    let (plan, beside) = ((composed.plan, composed.gates), (&history, &scene.state.irreversible));
    let drawn = DrawnPlan::of(record, plan, &targets, changes, beside, now);
    DrawnPlan { unmeasured, ..drawn }
}

type TargetsAndChanges = (BTreeMap<ComponentName, Value>, BTreeMap<ComponentName, FromTo>);

/// Returns the target of each component with what callers get of it now, and the changes.
fn targets_and_changes(scene: &Scene, steps: &[Step]) -> TargetsAndChanges {
    let targets: BTreeMap<ComponentName, Value> =
        steps.iter().map(|step| (step.component.clone(), planned::target_of(step))).collect();
    // A check brings nothing, so nothing goes from one version to another.
    let brought = targets.keys().filter(|_| !scene.is_check());
    let changes = changes(scene, brought);
    (targets, changes)
}

/// Returns whether it is another plan than people have approved, and one that asks for approval: it changes something.
/// By another declaration, which was put in force meanwhile, it is another plan.
pub async fn is_unapproved(ports: &impl Ports, scene: &Scene, composed: &Composed) -> Result<bool> {
    let record = &scene.loaded.record;
    let approved = record.approval.as_ref().and_then(|approval| approval.hash.as_ref());
    let Some(approved) = approved.filter(|_| composed.plan.outcome == PlanOutcome::Change) else { return Ok(false) };
    if deployment_context::declared_meanwhile(ports, record).await?.is_some() {
        return Ok(true);
    }
    let (targets, changes) = targets_and_changes(scene, &composed.steps);
    Ok(planned::hash(record, &composed.plan, &targets, (&changes, &scene.state.irreversible)) != *approved)
}

/// Returns the components that a release changes and that no gate measures. A task is measured by its end, and gates do
/// not decide a rollback.
fn unmeasured(scene: &Scene, steps: &[Step]) -> BTreeSet<ComponentName> {
    let gates = &scene.loaded.resolved.gates;
    let is_judged = scene.gates_decide() && !scene.is_check();
    let decided = steps.iter().filter(|step| is_judged && step.kind.goes_back());
    decided.map(|step| &step.component).filter(|name| !gates.measure(name)).cloned().collect()
}

/// Returns for each of these components what it runs now, and what it goes to.
fn changes<'a>(scene: &Scene, names: impl Iterator<Item = &'a ComponentName>) -> BTreeMap<ComponentName, FromTo> {
    let goal = scene.goal.as_ref();
    let change = |name: &ComponentName| {
        let back = goal.and_then(|goal| goal.components.get(name)).filter(|_| !scene.is_passed_over(name));
        let from = scene.state.running.get(name).map(End::running);
        // What nobody asks for is only brought back to what is recorded.
        let stays = from.clone().filter(|_| !scene.loaded.record.release.components.contains_key(name));
        let to = back.map(End::running).or(stays).unwrap_or_else(|| End::brought(&scene.loaded.record, name));
        (name.clone(), FromTo { from, to })
    };
    names.map(change).collect()
}

/// Items per transaction, beside the lock and the plan: DynamoDB takes 100 in all (Amazon DynamoDB
/// API Reference, TransactWriteItems).
const PER_TRANSACTION: usize = 98;

/// Writes all of it. `false` if others wrote what was read: then plan anew.
pub async fn write(ports: &impl Ports, scene: &Scene, composed: &Composed, claims: Vec<Write>) -> Result<bool> {
    let key = ledger::plan(&scene.loaded.record.id);
    let plan = Stored::new(key, composed.plan.clone());
    if composed.plan.outcome == PlanOutcome::Change || !composed.seen.is_empty() {
        // A step is there before its claims: by it they are found where its turn is given back.
        let id = &scene.loaded.record.id;
        let mut writes = steps(ports, &ledger::steps(id), &composed.steps).await?;
        writes.extend(steps(ports, &ledger::all_seen(id), &composed.seen).await?);
        writes.extend(claims);
        for some in writes.chunks(PER_TRANSACTION) {
            // As soon as a twin has written the plan, its steps may be changing.
            let no_plan = Write::check(plan.key.clone(), Condition::Absent);
            let mut transaction = vec![scene.loaded.fence.check(), no_plan];
            transaction.extend_from_slice(some);
            if !transact(ports, scene, transaction).await? {
                return Ok(false);
            }
        }
    }
    transact(ports, scene, vec![scene.loaded.fence.check(), plan.put()?]).await
}

async fn transact(ports: &impl Ports, scene: &Scene, writes: Vec<Write>) -> Result<bool> {
    match ports.transact(writes).await? {
        Transacted::Done => Ok(true),
        Transacted::Refused(_) => {
            scene.loaded.fence.lock(ports).await?;
            Ok(false)
        }
    }
}

/// The steps, over those of an invocation that was killed before it wrote the plan.
async fn steps(ports: &impl Ports, range: &Range<Step>, steps: &[Step]) -> Result<Vec<Write>> {
    let known = ledger::load_all(ports, range).await?;
    let mut known: BTreeMap<ComponentName, Stored<Step>> =
        known.into_iter().map(|step| (step.value.component.clone(), step)).collect();
    let mut writes = Vec::new();
    for step in steps {
        let rev = known.remove(&step.component).map_or(0, |step| step.rev);
        let stored = Stored { key: range.item(step.component.as_str()), rev, value: step.clone() };
        writes.push(stored.put()?);
    }
    let left = known.into_values();
    writes.extend(left.map(|step| step.delete()));
    Ok(writes)
}
