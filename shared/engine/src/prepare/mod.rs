//! `Prepare`: observes every target, checks everything that the deployment will need, plans, and writes the intent down
//! before anything changes (rule 2). `Plan` does the same and writes nothing but the plan. `Look` observes what an
//! operator accepts, and changes no target.

mod artifact;
mod component;
mod compose;
mod drafts;
mod filled;
mod gates;
mod inputs;
mod later_waves;
mod made;
mod others;
mod permissions;
mod reachable;
mod scene;
mod stages;
mod targets;
mod whole_plan;

use crate::deployment_context::{DeploymentContext, load};
use crate::ledger::{self, Fence, Stored, commit, retry};
use crate::observe::live;
use crate::payload::{Answer, CallingExecution, LookTransition, PlannerInput, PrepareTransition, WorkItem};
use crate::ports::Result;
use crate::{last_fault, log};
use futures::stream::{self, StreamExt, TryStreamExt};
pub use scene::Ports;
use scene::Scene;
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::deployment::accept_look::{AcceptLook, Live};
use windlass_domain::deployment::step::{SEEN_AFTER_MS, Step};
use windlass_domain::environment::EnvironmentState;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;

/// Serves the states of [`PlannerInput`].
pub async fn handle(ports: &impl Ports, input: PlannerInput) -> Result<Answer> {
    Ok(match &input {
        PlannerInput::Look(by) => {
            let looked = look(ports, by).await;
            last_fault::kept(ports, ("Look", by), looked).await?.widened()
        }
        PlannerInput::Plan(by) => crate::prepare::whole_plan::plan(ports, &by.deployment).await?.widened(),
        PlannerInput::Prepare { by, wave } => {
            let planned = prepare(ports, by, *wave).await;
            last_fault::kept(ports, ("Prepare", by), planned).await?.widened()
        }
    })
}

/// Asked again it answers from the plan that it wrote; killed before that, it plans anew, because nothing
/// has changed yet. Asked for a later wave it plans what of it could not be planned before.
async fn prepare(ports: &impl Ports, by: &CallingExecution, wave: u32) -> Result<Answer<PrepareTransition>> {
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
        if whole_plan::is_unapproved(ports, &scene, &composed).await? {
            drafts::let_go(ports, &composed.made_to_plan).await?;
            return Ok(Some(scene.loaded.answer(PrepareTransition::GiveBack)));
        }
        let is_written = crate::prepare::whole_plan::write(ports, &scene, &composed, claims).await?;
        // A twin may have written a plan that needs it.
        if is_written && composed.plan.outcome != PlanOutcome::Change {
            drafts::let_go(ports, &composed.made_to_plan).await?;
        }
        Ok(is_written.then(|| answer(&scene.loaded, &composed.plan)))
    })
    .await
}

fn answer(loaded: &DeploymentContext, plan: &Plan) -> Answer<PrepareTransition> {
    match (plan.outcome, plan.waves.first()) {
        (PlanOutcome::Change, Some(wave)) => {
            Answer { items: WorkItem::of_wave(wave), ..loaded.answer(PrepareTransition::Change) }
        }
        _ => loaded.answer(PrepareTransition::Settle),
    }
}

/// The number of targets that are looked at at the same time.
const AT_A_TIME: usize = 8;

/// The longest wait, until everything shows that was sent when the look was asked for: also a call that may take long.
const LONGEST_MS: u64 = 4 * SEEN_AFTER_MS;

/// Looks at the target of each component, also of those that the deployment has not touched or has brought back,
/// which may have been changed since by whoever repairs by hand: when every look shows what was changed before
/// this was asked. What was seen goes into the steps, for the state `Accept`.
pub async fn look(ports: &impl Ports, by: &CallingExecution) -> Result<Answer<LookTransition>> {
    let id = &by.deployment;
    log::name_deployment(id);
    let record = ledger::require(ports, &ledger::deployment(id)).await?;
    let record = record.value;
    let fence = Fence::new(record.environment_id(), id, by.token);
    if !is_ours(ports, &fence).await? {
        return Ok(all_seen(by));
    }
    let asked = ports.now();
    let state = ledger::load_or_default(ports, &ledger::state(record.environment_id())).await?;
    let mut is_first_look = true;
    retry(ports, "looking", async || {
        let steps = ledger::load_all(ports, &ledger::steps(id)).await?;
        if std::mem::take(&mut is_first_look) {
            ports.sleep_ms(until_shown(&steps, asked)).await;
        }
        let steps: Vec<Stored<Step>> = stream::iter(steps)
            .map(|step| see(ports, step, &state.value, by.token))
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let is_over = keep(ports, &fence, &steps).await? || !is_ours(ports, &fence).await?;
        Ok(is_over.then(|| all_seen(by)))
    })
    .await
}

/// Returns whether the lock is still the one that is accepted. If not, `Accept` says why.
async fn is_ours(ports: &impl Ports, fence: &Fence) -> Result<bool> {
    match fence.lock(ports).await {
        Ok(_) => Ok(true),
        Err(fault) if fault.name == FaultName::StaleToken => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Returns for how many milliseconds a look may not show yet what was changed before this was asked for.
fn until_shown(steps: &[Stored<Step>], asked: Time) -> u64 {
    let shown = steps.iter().filter_map(|step| step.value.shown_from());
    let latest = shown.chain([asked.plus_ms(SEEN_AFTER_MS)]).max();
    latest.map_or(0, |latest| latest.ms_since(asked)).min(LONGEST_MS)
}

async fn see(ports: &impl Ports, mut step: Stored<Step>, state: &EnvironmentState, token: u64) -> Result<Stored<Step>> {
    if !step.value.is_looked_at() {
        return Ok(step);
    }
    let at = ports.now();
    let running = state.running.get(&step.value.component);
    let saw = match live(ports, &step.value, running).await {
        // It is as well known as it was before the deployment, so nobody has to wait for it.
        Err(fault) if !step.value.status.may_have_changed() => Live::Unknown(fault),
        saw => saw?,
    };
    step.value.looked = Some(AcceptLook { at, token, saw });
    Ok(step)
}

/// Writes what was seen; `false` where a step was written in between, such as by a call whose answer came late.
async fn keep(ports: &impl Ports, fence: &Fence, steps: &[Stored<Step>]) -> Result<bool> {
    for step in steps {
        let writes = vec![fence.check(), step.put()?];
        if !commit(ports, writes).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn all_seen(by: &CallingExecution) -> Answer<LookTransition> {
    Answer::of(LookTransition::Look, &by.deployment, by.token)
}
