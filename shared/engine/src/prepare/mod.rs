//! `Prepare`: observes every target, checks everything that the deployment will need, plans, and writes the intent down
//! before anything changes (rule 2). `Plan` does the same and writes nothing but the plan. `Look` observes what an
//! operator accepts.

mod allowed;
mod artifact;
mod behind;
mod component;
mod compose;
mod drafts;
mod gates;
mod held;
mod inputs;
mod later;
mod look;
mod moved;
mod only;
mod scene;
mod tenancy;
mod together;
mod whole;
mod write;

pub use scene::Ports;

use crate::last_fault;
use crate::loaded::{Loaded, load};
use crate::payload::{Answer, Ask, Word, WorkItem};
use crate::ports::Answered;
use crate::store::{self, retry};
use scene::Scene;
use windlass_domain::plan::{Outcome, Plan};

/// Serves the states `Prepare`, `Plan` and `Look`.
pub async fn handle(ports: &impl Ports, ask: Ask) -> Answered<Answer> {
    match (ask.state.as_str(), &ask.deployment) {
        ("Look", Some(id)) => {
            last_fault::kept(ports, &ask, look::look(ports, &ask, id).await).await
        }
        ("Plan", Some(id)) => only::plan(ports, id).await,
        _ => last_fault::kept(ports, &ask, prepare(ports, &ask).await).await,
    }
}

/// Asked again it answers from the plan that it wrote; killed before that, it plans anew, because nothing
/// has changed yet. Asked for a later wave it plans what of it could not be planned before.
async fn prepare(ports: &impl Ports, ask: &Ask) -> Answered<Answer> {
    retry(ports, "planning", async || {
        let loaded = load(ports, ask).await?;
        let known = store::load(ports, &store::plan(&loaded.record.id)).await?;
        if let Some(plan) = known {
            let wave = plan.value.waves.get(ask.wave as usize);
            let later = wave.filter(|wave| wave.is_planned_later());
            return Ok(Some(match later {
                Some(wave) => Box::pin(later::plan(ports, loaded, ask.wave, wave)).await?,
                None => answer(&loaded, &plan.value),
            }));
        }
        let scene = Scene::read(ports, loaded).await?;
        let (composed, claims) = whole::composed(ports, &scene).await?;
        let is_written = write::write(ports, &scene, &composed, claims).await?;
        Ok(is_written.then(|| answer(&scene.loaded, &composed.plan)))
    })
    .await
}

fn answer(loaded: &Loaded, plan: &Plan) -> Answer {
    match (plan.outcome, plan.waves.first()) {
        (Outcome::Change, Some(wave)) => Answer {
            items: WorkItem::of_wave(wave),
            ..loaded.answer(Word::Change)
        },
        _ => loaded.answer(Word::Settle),
    }
}
