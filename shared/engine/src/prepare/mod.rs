//! `Prepare`: observes every target, checks everything that the deployment will need, plans, and writes the intent down
//! before anything changes (rule 2). `Plan` does the same and writes nothing but the plan. `Look` observes what an
//! operator accepts.

mod artifact;
mod component;
mod compose;
mod drafts;
mod gates;
mod inputs;
mod later_waves;
mod look;
mod moved_targets;
mod permissions;
mod plan_only;
mod scene;
mod stage_lifetime;
mod stale_reads;
mod tenancy;
mod waves_together;
mod whole_plan;
mod write;

pub use scene::Ports;

use crate::deployment_context::{DeploymentContext, load};
use crate::last_fault;
use crate::ledger::{self, retry};
use crate::payload::{Answer, Caller, PlannerInput, PrepareTransition, WorkItem};
use crate::ports::Result;
use scene::Scene;
use windlass_domain::plan::{Outcome, Plan};

/// Serves the states of [`PlannerInput`].
pub async fn handle(ports: &impl Ports, input: PlannerInput) -> Result<Answer> {
    Ok(match &input {
        PlannerInput::Look(by) => {
            let looked = look::look(ports, by).await;
            last_fault::kept(ports, ("Look", by), looked).await?.widened()
        }
        PlannerInput::Plan(by) => plan_only::plan(ports, &by.deployment).await?.widened(),
        PlannerInput::Prepare { by, wave } => {
            let planned = prepare(ports, by, *wave).await;
            last_fault::kept(ports, ("Prepare", by), planned).await?.widened()
        }
    })
}

/// Asked again it answers from the plan that it wrote; killed before that, it plans anew, because nothing
/// has changed yet. Asked for a later wave it plans what of it could not be planned before.
async fn prepare(ports: &impl Ports, by: &Caller, wave: u32) -> Result<Answer<PrepareTransition>> {
    retry(ports, "planning", async || {
        let loaded = load(ports, by).await?;
        let known = ledger::load(ports, &ledger::plan(&loaded.record.id)).await?;
        if let Some(plan) = known {
            let planned = plan.value.waves.get(wave as usize);
            let later = planned.filter(|planned| planned.is_planned_later());
            return Ok(Some(match later {
                Some(later) => Box::pin(later_waves::plan(ports, loaded, wave, later)).await?,
                None => answer(&loaded, &plan.value),
            }));
        }
        let scene = Scene::read(ports, loaded).await?;
        let (composed, claims) = whole_plan::composed(ports, &scene).await?;
        let is_written = write::write(ports, &scene, &composed, claims).await?;
        Ok(is_written.then(|| answer(&scene.loaded, &composed.plan)))
    })
    .await
}

fn answer(loaded: &DeploymentContext, plan: &Plan) -> Answer<PrepareTransition> {
    match (plan.outcome, plan.waves.first()) {
        (Outcome::Change, Some(wave)) => {
            Answer { items: WorkItem::of_wave(wave), ..loaded.answer(PrepareTransition::Change) }
        }
        _ => loaded.answer(PrepareTransition::Settle),
    }
}
