use crate::ports::{Answered, Ledger};
use crate::store::{self, Stored};
use windlass_domain::cost::{Counted, cost};
use windlass_domain::deployment::Cost;
use windlass_domain::identity::DeploymentId;
use windlass_domain::judgement::Judgement;
use windlass_domain::plan::KindName;
use windlass_domain::step::{Step, StepStatus};

/// What a deployment cost, from what its items counted.
pub async fn cost_of<P: Ledger>(
    ports: &P,
    id: &DeploymentId,
    steps: &[Stored<Step>],
) -> Answered<Cost> {
    let judgements: Vec<Stored<Judgement>> =
        store::load_all(ports, &store::deployment_partition(id), "judgement#").await?;
    let begun = || {
        steps
            .iter()
            .map(|s| &s.value)
            .filter(|s| s.status != StepStatus::Planned)
    };
    let back =
        || begun().filter(|s| matches!(s.status, StepStatus::Undone | StepStatus::UndoFailed));
    let mut undo_waves: Vec<_> = back().filter_map(|step| step.goals.keys().next()).collect();
    undo_waves.sort_unstable();
    undo_waves.dedup();
    let waves = judgements.len();
    let items: usize = begun().map(|step| choices(step, waves)).sum::<usize>() + back().count();
    Ok(cost(&Counted {
        waves: waves as u64,
        undo_waves: undo_waves.len() as u64,
        invocations: begun().map(|step| step.invocations).sum(),
        items: items as u64,
        looks: judgements
            .iter()
            .map(|judgement| u64::from(judgement.value.polls))
            .sum(),
        worked_ms: begun().map(|step| step.worked_ms).sum(),
    }))
}

/// The Choices that a component met on its way forward: one of its kind in each wave, and a site's
/// whether its files were published.
fn choices(step: &Step, waves: usize) -> usize {
    let met = step
        .goals
        .keys()
        .filter(|wave| (**wave as usize) < waves)
        .count();
    if step.kind == KindName::StaticSite {
        2 * met
    } else {
        met
    }
}
