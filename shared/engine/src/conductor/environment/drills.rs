//! One item holds everything that is known of an environment's drills. It is written together with the record of each
//! of the two deployments: when the deployment is recorded, has its first turn, and ends. So a drill never lags behind
//! its deployments, wherever an invocation was killed.

use crate::conductor::request::Ports;
use crate::ledger::{self, Stored};
use crate::ports::{DynamoDbApi, Result, Write};
use crate::recovery;
use windlass_domain::deployment::drill::{Drill, Drills, EndedDeployment};
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::Step;
use windlass_domain::deployment::{Deployment, Resolved};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;

/// Reads what is known of an environment's drills.
pub async fn load(ports: &impl DynamoDbApi, of: EnvironmentId<'_>) -> Result<Stored<Drills>> {
    ledger::load_or_default(ports, &ledger::drills(of)).await
}

/// Returns the write of the drills. They have a place in the index while somebody is to start the way back.
pub fn put(drills: &Stored<Drills>, of: EnvironmentId<'_>) -> Result<Write> {
    let ended = drills.value.awaits_back().and_then(|drill| drill.back.as_ref().unwrap_or(&drill.there).ended.as_ref());
    drills.put_indexed(ended.map(|ended| ledger::drills_index(ended.at, of)))
}

fn writes(drills: &Stored<Drills>, of: EnvironmentId<'_>, ended: Option<Drill>) -> Result<Vec<Write>> {
    let mut writes = vec![put(drills, of)?];
    if let Some(ended) = ended {
        let key = ledger::drill(of, ended.asked, &ended.id);
        writes.push(Stored::new(key, ended).put()?);
    }
    Ok(writes)
}

/// Returns the writes that note, at its turn, where a drill goes.
pub fn noted(drills: &Stored<Drills>, record: &Deployment) -> Result<Vec<Write>> {
    if record.of_drill() != Some(&record.id) {
        return Ok(Vec::new());
    }
    Ok(vec![put(drills, record.environment_id())?])
}

/// The writes of what the end of a deployment means for its drill; none of a deployment of no drill that is under way.
/// `snapshot` is the number of the one that describes what runs now.
pub async fn drill_deployment_ended(
    ports: &impl Ports,
    record: &Deployment,
    steps: &[Stored<Step>],
    snapshot: u64,
) -> Result<Vec<Write>> {
    if record.of_drill().is_none() {
        return Ok(Vec::new());
    }
    let judged = ledger::load_all(ports, &ledger::judgements(&record.id)).await?;
    let judgements: Vec<Judgement> = judged.into_iter().map(|judged| judged.value).collect();
    let steps: Vec<&Step> = steps.iter().map(|step| &step.value).collect();
    taken_in(ports, record, &steps, &judgements, snapshot).await
}

/// The same of a deployment that is left to an operator because its recoveries died: the steps and judgements may be
/// what they died of, and the drill ends without them.
pub async fn drill_deployment_left(ports: &impl Ports, record: &Deployment) -> Result<Vec<Write>> {
    taken_in(ports, record, &[], &[], 0).await
}

async fn taken_in(
    ports: &impl Ports,
    record: &Deployment,
    steps: &[&Step],
    judgements: &[Judgement],
    snapshot: u64,
) -> Result<Vec<Write>> {
    if record.of_drill().is_none() {
        return Ok(Vec::new());
    }
    let mut drills = load(ports, record.environment_id()).await?;
    let under_way = drills.value.under_way.as_ref();
    if under_way.is_none_or(|drill| drill.direction(&record.id).is_none()) {
        return if record.taken_up_again { resolved(ports, record, drills, None).await } else { Ok(Vec::new()) };
    }
    let kept_files = kept_files(ports, record).await?;
    let end = EndedDeployment { record, steps, judgements, snapshot, kept_files };
    let ended = drills.value.drill_deployment_ended(record.environment_id(), &end);
    writes(&drills, record.environment_id(), ended)
}

/// Returns the number of files by which alone sites differ, of a deployment that changed nothing.
async fn kept_files(ports: &impl Ports, record: &Deployment) -> Result<Option<usize>> {
    if record.ending.as_ref().is_none_or(|ended| ended.ending != Ending::NothingToDo) {
        return Ok(None);
    }
    let plan = ledger::load(ports, &ledger::plan(&record.id)).await?;
    let unchanged = plan.into_iter().flat_map(|plan| plan.value.unchanged);
    let files: Vec<usize> = unchanged.filter_map(|one| one.kept_files).collect();
    Ok((!files.is_empty()).then(|| files.iter().sum()))
}

/// The writes of what it means for the drill of a deployment that what this had left is accepted.
pub async fn accepted(ports: &impl Ports, record: &Deployment, by: &Resolved) -> Result<Vec<Write>> {
    if record.of_drill().is_none() {
        return Ok(Vec::new());
    }
    let drills = load(ports, record.environment_id()).await?;
    resolved(ports, record, drills, Some(by)).await
}

/// The writes of a drill that had ended because this deployment needed an operator, and does no more: whoever reads of
/// the last drill reads what is so now.
async fn resolved(
    ports: &impl Ports,
    record: &Deployment,
    mut drills: Stored<Drills>,
    accepted: Option<&Resolved>,
) -> Result<Vec<Write>> {
    let of = record.environment_id();
    let Some(id) = record.of_drill() else { return Ok(Vec::new()) };
    let Some(first) = ledger::load(ports, &ledger::deployment(id)).await? else { return Ok(Vec::new()) };
    let Some(mut drill) = ledger::load(ports, &ledger::drill(of, first.value.accepted, id)).await? else {
        return Ok(Vec::new());
    };
    if !drill.value.resolve(of, record, accepted) {
        return Ok(Vec::new());
    }
    drills.value.update_last(&drill.value);
    Ok(vec![put(&drills, of)?, drill.put()?])
}

/// Starts the way back where a deployment of a drill has ended and its drill awaits that. Where that fails, the
/// schedule of recovery starts it.
pub async fn go_on(ports: &impl Ports, record: &Deployment) {
    if record.of_drill().is_none() {
        return;
    }
    let started = match load(ports, record.environment_id()).await {
        // The first try. The schedule makes the next ones, so that there is time between two.
        Ok(drills) => match drills.value.awaits_back() {
            Some(drill) if drill.tries == 0 => recovery::come_back(ports, record.environment_id(), drill).await,
            _ => return,
        },
        Err(fault) => Err(fault),
    };
    if let Err(fault) = started {
        tracing::warn!(%fault, "the way back of the drill is left to the schedule");
    }
}
