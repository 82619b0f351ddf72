//! Plans the part that can only be planned once earlier waves have changed, because it takes what they give (decision
//! 0355). The first `Prepare` looked at each of its components: the target, the state that it comes back to and the
//! place in the plan are known since then. The goals are known now.

use super::drafts::draft;
use super::inputs::EarlierComponents;
use super::scene::{Ports, Scene};
use crate::deployment_context::DeploymentContext;
use crate::kinds::Prepared;
use crate::ledger::{self, commit, retry};
use crate::payload::{Answer, PrepareTransition, WorkItem};
use crate::ports::Result;
use crate::trouble::Checked;
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::Spec;
use windlass_domain::declaration::output::Output;
use windlass_domain::declaration::plan::Wave;
use windlass_domain::deployment::step::{Step, StepFailure, StepStatus};
use windlass_domain::prose;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::next_step::Redeploy;

/// Plans what of the wave is not planned yet. Asked again it plans what is left: nothing, once all is written.
pub async fn plan(
    ports: &impl Ports,
    loaded: DeploymentContext,
    number: u32,
    wave: &Wave,
) -> Result<Answer<PrepareTransition>> {
    let mut verdict = PrepareTransition::Change;
    let later = wave.changes.iter().filter(|it| !it.later.is_empty());
    let later: Vec<&ComponentName> = later.map(|change| &change.component).collect();
    let scene = Scene::read(ports, loaded).await?;
    for name in later {
        if !plan_one(ports, &scene, name, number).await? {
            verdict = PrepareTransition::Failed;
        }
    }
    Ok(Answer { wave: number, items: WorkItem::of_wave(wave), ..scene.loaded.answer(verdict) })
}

/// Plans one component, and writes its goals into its step; `false` where it cannot go there, which the step says.
async fn plan_one(ports: &impl Ports, scene: &Scene, name: &ComponentName, wave: u32) -> Result<bool> {
    let key = ledger::step(&scene.loaded.record.id, name);
    retry(ports, "planning a later wave", async || {
        let mut step = ledger::require(ports, &key).await?;
        if step.value.status == StepStatus::Failed {
            return Ok(Some(false));
        }
        if is_being_undone(&step.value) {
            return Err(late(&step.value));
        }
        if step.value.goals.get(&wave).is_some_and(|goal| !goal.is_null()) {
            return Ok(Some(true));
        }
        let planned = planned(ports, scene, name, &step.value).await;
        let is_planned = planned.is_ok();
        match planned {
            Ok(draft) => take(&mut step.value, draft),
            Err(trouble) => {
                step.value.failure = Finding::joined(trouble.findings()?).map(StepFailure::Finding);
                step.value.status = StepStatus::Failed;
            }
        }
        // Another invocation that works on this step finds itself superseded.
        step.value.attempt += 1;
        let writes = vec![scene.loaded.fence.check(), step.put()?];
        if commit(ports, writes).await? {
            return Ok(Some(is_planned));
        }
        scene.loaded.fence.lock(ports).await?;
        Ok(None)
    })
    .await
}

/// A component's part of the plan, with what others give to it.
struct Planned {
    prepared: Prepared,
    inputs: BTreeMap<Output, String>,
}

fn is_being_undone(step: &Step) -> bool {
    use StepStatus::{UndoFailed, Undoing, Undone};
    matches!(step.status, Undoing | Undone | UndoFailed)
}

fn late(step: &Step) -> Fault {
    Fault::new(
        FaultName::AttemptSuperseded,
        format!(
            "component {} of deployment {}: its undo has begun; this planning came late and wrote nothing",
            step.component, step.deployment
        ),
    )
}

/// The kind's part of the plan, or what is in the way of it.
async fn planned(ports: &impl Ports, scene: &Scene, name: &ComponentName, step: &Step) -> Checked<Planned> {
    let Some(wanted) = scene.wanted().wanted.into_iter().find(|wanted| wanted.name == name) else {
        return Err(Fault::internal(format!("{name} is not wanted")).into());
    };
    let before = EarlierComponents::changed(given(ports, scene, step, &wanted.component.spec).await?);
    let drafted = draft(ports, scene, wanted, &before).await?;
    let (prepared, inputs) = (drafted.prepared, drafted.inputs);
    if !prepared.findings.is_empty() {
        return Err(prepared.findings.into());
    }
    if prepared.claims != step.claims {
        return Err(moved(name).into());
    }
    let waves = step.goals.len();
    let stages = prepared.stages.len();
    if stages != waves && stages != 0 {
        return Err(otherwise(name, waves, stages).into());
    }
    Ok(Planned { prepared, inputs })
}

/// Returns what others give: what was known at first, and what the components give that this deployment has changed.
async fn given(ports: &impl Ports, scene: &Scene, step: &Step, spec: &Spec) -> Result<BTreeMap<Output, String>> {
    let steps = ledger::load_all(ports, &ledger::steps(&scene.loaded.record.id)).await?;
    let mut given = step.inputs.clone();
    for output in spec.as_kind().takes_from().into_iter().flat_map(|it| it.outputs) {
        let mut steps = steps.iter().map(|step| &step.value);
        if let Some(step) = steps.find(|step| step.component == output.component) {
            let value = step.outputs.get(&output.name).ok_or_else(|| not_given(step, output))?;
            given.insert(output.clone(), value.clone());
        }
    }
    Ok(given)
}

fn not_given(step: &Step, output: &Output) -> Fault {
    Fault::internal(format!(
        "component {} of deployment {} has changed and gives no {}",
        step.component, step.deployment, output.name
    ))
}

/// Takes in the goals of all its waves. If the target is there already, each goal is what is there.
fn take(step: &mut Step, planned: Planned) {
    let Planned { prepared, inputs } = planned;
    step.inputs = inputs;
    let there = prepared.before["goal"].clone();
    let mut stages = prepared.stages.into_iter().map(|stage| stage.goal);
    for goal in step.goals.values_mut() {
        *goal = stages.next().unwrap_or_else(|| there.clone());
    }
    step.target = prepared.target;
}

fn moved(name: &ComponentName) -> Finding {
    Finding::new(
        FindingName::TargetChangedByOther,
        format!("components.{name}"),
        format!(
            "The names in the declaration of `{name}` lead to another target than when the deployment was planned."
        ),
        prose!("Find out who replaced the target, then {}.", Redeploy::Again),
    )
}

fn otherwise(name: &ComponentName, waves: usize, stages: usize) -> Finding {
    Finding::new(
        FindingName::TargetChangedByOther,
        format!("components.{name}"),
        format!(
            "`{name}` was planned in {}, and would take {stages} now: what its rollout follows was changed meanwhile.",
            count(waves, "wave")
        ),
        prose!("Find out who changed it, such as a deployment strategy, then {}.", Redeploy::Again),
    )
}
