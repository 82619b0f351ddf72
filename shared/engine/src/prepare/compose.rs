//! Puts the plan and the steps together. Pure.

use super::component::{Draft, touched};
use super::filled::RUNS_ALREADY;
use super::gates::GateProblems;
use super::scene::Scene;
use crate::kinds;
use crate::ports::Result;
use crate::prepare::stages::{PlannedStages, goes_together, held_too_short, not_together};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::execution_history::WaveHistory;
use windlass_domain::declaration::plan::{
    ComponentInPlan, Plan, PlanOutcome, RolloutStage, Unchanged, Watch, Wave, plan, reversed, together, waves_of,
};
use windlass_domain::declaration::resolved::ResolvedComponent;
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::irreversible::{crossed_later, foreseen};
use windlass_domain::prose;
use windlass_domain::shown::planned::GateNow;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName, limited};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::next_step::NextStep;
use windlass_domain::text::time::Time;

/// A plan, and the steps that the ledger must hold before it begins.
pub struct Composed {
    pub plan: Plan,
    /// One for each component that is changed; none unless the outcome is `change`.
    pub steps: Vec<Step>,
    /// One for each component that the release names and that was found in place, if that is not recorded.
    pub seen: Vec<Step>,
    /// One for each component of which something was made only to plan, to let go of that.
    pub made_to_plan: Vec<Step>,
    /// The gates of what is changed, as they are now.
    pub gates: Vec<GateNow>,
}

/// Composes the plan: rejected with every finding at once, or nothing to do, or waves.
pub fn compose(
    scene: &Scene,
    drafts: &[Draft<'_>],
    gates: GateProblems,
    tenancy: Vec<Finding>,
    now: Time,
) -> Result<Composed> {
    let mut plan = described(scene, drafts, tenancy);
    plan.given = gates.given;
    let made_to_plan = made_to_plan(scene, drafts);
    if plan.findings.is_empty() {
        plan.waves = waves(scene, drafts)?;
        if plan.waves.is_empty() {
            // A plan that changes nothing needs no gates.
            plan.outcome = PlanOutcome::NothingToDo;
            return Ok(Composed { plan, steps: vec![], seen: seen(scene, drafts), made_to_plan, gates: gates.now });
        }
        plan.warnings.extend(crosses_later(scene, drafts));
        plan.findings.extend(too_long(scene, &plan.waves, now));
        let kept = drafts.iter().map(|draft| (draft.name, kept_stages(scene, draft).collect()));
        let kept: Vec<PlannedStages<'_>> = kept.collect();
        plan.findings.extend(held_too_short(&kept, &plan.waves));
        plan.findings.extend(not_together(scene, &kept));
    }
    plan.findings.extend(gates.findings);
    plan.warnings.extend(gates.warnings);
    if !plan.findings.is_empty() {
        let input = scene.loaded.record.input();
        plan.findings = limited(plan.findings);
        plan.findings.iter_mut().for_each(|one| with_next(one, &input));
        plan.outcome = PlanOutcome::Rejected;
        plan.waves.clear();
        return Ok(Composed { plan, steps: vec![], seen: vec![], made_to_plan, gates: gates.now });
    }
    let changed = drafts.iter().filter(|d| !d.prepared.stages.is_empty());
    let steps = changed.map(|draft| step(scene, draft, &plan.waves));
    let steps = steps.collect();
    Ok(Composed { plan, steps, seen: seen(scene, drafts), made_to_plan, gates: gates.now })
}

/// Returns a step for each component that the release names and that was found in place. With it the ledger can record
/// what runs, and a later rollback can go back to it. Bytes that are recorded already get none.
fn seen(scene: &Scene, drafts: &[Draft<'_>]) -> Vec<Step> {
    let record = &scene.loaded.record;
    let is_new = |draft: &&Draft<'_>| {
        let named = record.release.components.get(draft.name);
        let known = scene.state.running.get(draft.name);
        named.is_some_and(|named| known.is_none_or(|known| !known.has(named)))
    };
    let in_place = drafts.iter().filter(|draft| draft.prepared.stages.is_empty());
    let seen = in_place.filter(|_| !scene.is_rollback()).filter(is_new);
    seen.map(|draft| {
        let before = &draft.prepared.before;
        Step {
            // A later look compares with what was wanted as well.
            goals: [(0, before["goal"].clone())].into(),
            seen: Some(before.clone()),
            ..step(scene, draft, &[])
        }
    })
    .collect()
}

/// Returns a step for each component of which something was made only to plan, with findings too.
fn made_to_plan(scene: &Scene, drafts: &[Draft<'_>]) -> Vec<Step> {
    let made = drafts.iter().filter(|draft| draft.prepared.is_made_to_plan);
    made.map(|draft| step(scene, draft, &[])).collect()
}

/// Returns the finding that AWS would end the execution before the deployment is through. The execution began when the
/// deployment was asked for.
fn too_long(scene: &Scene, waves: &[Wave], now: Time) -> Option<Finding> {
    let resolved = &scene.loaded.resolved;
    let rule = Some(&resolved.gates.unknown).filter(|_| scene.gates_decide());
    let gone_s = now.ms_since(scene.loaded.record.accepted) / 1000;
    WaveHistory::of(waves, &resolved.components, rule).too_long(gone_s)
}

/// Returns the warning that going back from the release crosses what was run before it. What the release runs itself
/// stands at its component.
fn crosses_later(scene: &Scene, drafts: &[Draft<'_>]) -> Option<Finding> {
    let goal = scene.way_back.as_ref()?;
    let mut crossed = crossed_later(goal, &scene.state);
    let is_run = |draft: &&Draft<'_>| draft.prepared.irreversible && !draft.prepared.stages.is_empty();
    for draft in drafts.iter().filter(is_run) {
        crossed.remove(draft.name);
    }
    foreseen(goal, &crossed)
}

/// Adds to a finding on a target that is not ready what is to be started once it is steady, or mended, so that this
/// same release can go.
fn with_next(finding: &mut Finding, input: &NextStep) {
    if finding.name == FindingName::TargetNotReady {
        finding.remedy = prose!("{}; then start {}.", finding.remedy.clone().bare(), input.clone());
    }
}

/// Returns a plan without waves: what is kept, what is wrong, what is noted.
fn described(scene: &Scene, drafts: &[Draft<'_>], tenancy: Vec<Finding>) -> Plan {
    let all = scene.wanted();
    let is_changed =
        |name: &ComponentName| drafts.iter().any(|draft| draft.name == name && !draft.prepared.stages.is_empty());
    let mut plan = Plan {
        unchanged: all.unchanged.into_iter().filter(|one| !is_changed(&one.component)).collect(),
        findings: all.findings,
        warnings: all.warnings,
        ..Plan::empty(PlanOutcome::Change)
    };
    for draft in drafts {
        plan.unchanged.extend(kept(draft));
        plan.findings.extend(draft.prepared.findings.iter().cloned());
        plan.warnings.extend(draft.prepared.warnings.iter().cloned());
        plan.stays_reachable.extend(draft.prepared.stays_reachable.clone());
    }
    plan.findings.extend(tenancy);
    plan
}

fn kept(draft: &Draft<'_>) -> Option<Unchanged> {
    let prepared = &draft.prepared;
    let reason = prepared.unchanged.as_deref().unwrap_or(RUNS_ALREADY);
    (!prepared.would_change()).then(|| Unchanged {
        irreversible: prepared.irreversible,
        kept_files: prepared.kept_files,
        ..Unchanged::new(draft.name, reason)
    })
}

fn waves(scene: &Scene, drafts: &[Draft<'_>]) -> Result<Vec<Wave>> {
    let drafts: BTreeMap<&ComponentName, &Draft<'_>> = drafts.iter().map(|draft| (draft.name, draft)).collect();
    let declared = scene.loaded.resolved.components.iter();
    let candidates = declared.map(|(name, component)| ComponentInPlan {
        component: name.clone(),
        kind: component.spec.kind(),
        after: after(component, drafts.get(name)),
        stages: drafts.get(name).map_or(vec![], |draft| stages(scene, draft)),
        offsets: vec![],
    });
    let mut candidates: Vec<ComponentInPlan> = candidates.collect();
    if scene.is_rollback() {
        candidates = reversed(candidates);
    } else if goes_together(scene, &candidates) {
        candidates = together(candidates);
    }
    plan(&candidates, watch(scene)).map_err(|cycle| Fault::internal(cycle.to_string()))
}

/// Returns what a component comes after: what is declared, and what touches its target.
fn after(component: &ResolvedComponent, draft: Option<&&Draft<'_>>) -> BTreeSet<ComponentName> {
    let touched_by = draft.into_iter().flat_map(|draft| &draft.touched_by);
    component.after.iter().chain(touched_by).cloned().collect()
}

/// Returns how long waves are watched. An operator's rollback does not wait for gates, because they do not decide it
/// (rule 8).
fn watch(scene: &Scene) -> Watch {
    if !scene.is_watched() {
        return Watch::default();
    }
    let gates = &scene.loaded.resolved.gates;
    Watch { bake_s: gates.bake.as_s(), between_waves_s: gates.between_waves.as_s() }
}

fn stages(scene: &Scene, draft: &Draft<'_>) -> Vec<RolloutStage> {
    let stages = kept_stages(scene, draft);
    stages
        .map(|stage| RolloutStage {
            what: stage.what.clone(),
            bake_s: stage.bake_s.filter(|_| scene.is_watched()),
            ahead: stage.ahead,
            closing: stage.closing,
            look: stage.look,
            tested: stage.tested,
            share: stage.share,
            later: stage.later.clone(),
            timing: stage.timing(),
            details: stage.details.clone(),
        })
        .collect()
}

/// Returns the stages of a component. A rollback tries nothing before callers get it, because no gate decides it (rule
/// 8). It only wakes what is idle, because the first callers would get errors (decision 0230).
fn kept_stages<'a>(scene: &Scene, draft: &'a Draft<'_>) -> impl Iterator<Item = &'a kinds::Stage> + use<'a> {
    let tries = !scene.is_rollback();
    draft.prepared.stages.iter().filter(move |stage| tries || !stage.ahead || stage.wakes)
}

/// Returns the step of a component, whose goals are those of its waves.
pub(super) fn step(scene: &Scene, draft: &Draft<'_>, waves: &[Wave]) -> Step {
    let record = &scene.loaded.record;
    let is_later = kept_stages(scene, draft).any(|stage| !stage.later.is_empty());
    // A null stands for a goal that nobody knows yet.
    let goals = kept_stages(scene, draft).map(|stage| {
        let known = (!is_later).then(|| stage.goal.clone());
        known.unwrap_or(Value::Null)
    });
    let planned = Step::planned(
        record.id.clone(),
        record.app.clone(),
        record.environment.clone(),
        draft.name.clone(),
        draft.kind,
    );
    let waves = waves_of(waves, draft.name);
    Step {
        place: scene.loaded.place.clone(),
        target: draft.prepared.target.clone(),
        claims: draft.prepared.claims.clone(),
        before: draft.prepared.before.clone(),
        inputs: draft.inputs.clone(),
        stands_on: draft.stands_on.clone(),
        touches: touched(&draft.touches),
        touched_by: draft.touched_by.union(&draft.touched_later).cloned().collect(),
        touched_first: !draft.touched_by.is_empty(),
        behind: waves.last().copied().filter(|_| !draft.touched_later.is_empty()),
        artifact: draft.prepared.artifact.clone(),
        irreversible: draft.prepared.irreversible,
        withdraws: draft.prepared.withdraws.clone(),
        goals: waves.into_iter().zip(goals).collect(),
        ..planned
    }
}
