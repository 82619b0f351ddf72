//! Says how things stand now, beside what came of a deployment then.

use crate::conductor::answering::{ended, of_record};
use crate::conductor::environment::view::AdmissionView;
use crate::ledger;
use crate::payload::{Answer, EndTransition};
use crate::ports::{Clock, DynamoDbApi, Result};
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::environment::EnvironmentState;
use windlass_domain::prose;
use windlass_domain::release::cause_name::CauseName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::release_status::{self, KnownDeployments, PresentState, brought_by};

/// The name of the cause of an execution whose request is another execution's deployment.
const SAME_REQUEST: &str = CauseName::SameRequest.as_str();

/// The deployments that brought what runs of a deployment's components, and another one.
pub async fn known(
    ports: &impl DynamoDbApi,
    record: &Deployment,
    state: &EnvironmentState,
    other: Option<&DeploymentId>,
) -> Result<KnownDeployments> {
    let mut known = KnownDeployments::new();
    for id in brought_by(record, state).iter().chain(other) {
        if *id == record.id {
            known.insert(id.clone(), record.clone());
        } else if !known.contains_key(id) {
            let found = ledger::load(ports, &ledger::deployment(id)).await?;
            known.extend(found.map(|found| (id.clone(), found.value)));
        }
    }
    Ok(known)
}

/// Says how things stand now for a deployment that ended in success; `None` for any other.
pub async fn now(ports: &(impl DynamoDbApi + Clock), record: &Deployment) -> Result<Option<PresentState>> {
    if !record.ending.as_ref().is_some_and(|ended| ended.ending.is_success()) {
        return Ok(None);
    }
    let view = AdmissionView::load(ports, record).await?;
    let known = known(ports, record, &view.state.value, None).await?;
    let waiting = view.who_waits();
    Ok(release_status::now(record, &view.facts(record, &waiting), &known))
}

/// The answer to a request that was made before: how its deployment stands. That it once succeeded stands beside what
/// is so now, and not as the ending of this execution, which brought nothing.
pub async fn same(ports: &(impl DynamoDbApi + Clock), existing: &Deployment) -> Result<Answer<EndTransition>> {
    let id = &existing.id;
    let Some(ended_as) = &existing.ending else {
        let stands = match (existing.status, &existing.undoing) {
            (_, Some(_)) => "is being undone",
            (Status::Waiting, None) => "waits for its turn",
            _ => "is under way",
        };
        let cause = format!("The same request is deployment {id}, which {stands}.");
        return Ok(ended(id, Ending::NothingToDo, SAME_REQUEST, &cause.into()));
    };
    let sentence = format!("The same request is deployment {id}, which ended {ended_as} at {}", ended_as.at);
    if let Some(now) = now(ports, existing).await? {
        let cause = prose!("{}. {}", sentence, now.text);
        return Ok(ended(id, Ending::NothingToDo, SAME_REQUEST, &cause));
    }
    let mut answer = of_record(existing, ended_as);
    answer.cause = prose!("{}: {}", sentence, &ended_as.cause).written();
    Ok(answer)
}
