//! The ledger's items of an environment: what admission needs of it, its hold, what became of its releases, its drills,
//! and the snapshots to go back to. It is the lowest room.

pub mod drills;
pub mod snapshot_walk;
pub mod view;
pub mod way_back;

use crate::conductor::request::{Asker, Ports};
use crate::ledger::{self, Stored};
use crate::ports::{DynamoDbApi, Result, Write};
use crate::trouble::Checked;
use windlass_domain::access::{Asked, Rules};
use windlass_domain::deployment::{Deployment, Resolved};
use windlass_domain::environment::{EnvironmentState, Hold, PastRelease, ReleaseFate};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::operators;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::{Request, Requester};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;

/// Reads a deployment of an environment. Who may act in one environment may not in another one by naming its
/// deployment, which is as unknown as one of another application. `remedy` says what to name.
pub async fn deployment_in(
    ports: &impl DynamoDbApi,
    of: EnvironmentId<'_>,
    id: &DeploymentId,
    remedy: &'static str,
) -> Checked<Stored<Deployment>> {
    let record = ledger::load(ports, &ledger::deployment(id)).await?;
    record.filter(|record| record.value.environment_id() == of).ok_or_else(|| {
        let reason = format!("the environment {} of this application has no deployment {id}.", of.environment());
        Finding::new(FindingName::UnknownName, "deployment", reason, remedy).into()
    })
}

/// Makes the hold that a request asks for; the end of one has the same form.
pub fn hold_of(ports: &impl Ports, asker: &Asker<'_>, request: &Request, of: EnvironmentId<'_>) -> Hold {
    Hold {
        since: ports.now(),
        reason: request.reason.clone().unwrap_or_else(|| "no reason given".into()),
        by: request.requester.as_ref().and_then(Requester::named).unwrap_or_else(|| "an operator".into()),
        allowed_by: asker.rules.allowed_by(&Asked::of(request, &request.asked_by(), of)),
        also: Vec::new(),
    }
}

/// Makes what a record keeps of an `accept` or a `recover` that somebody asks for.
pub fn resolved(ports: &impl Ports, rules: &Rules, request: &Request, of: EnvironmentId<'_>) -> Resolved {
    let by = request.asked_by();
    let allowed_by = rules.allowed_by(&Asked::of(request, &by, of));
    Resolved { at: ports.now(), by, allowed_by, reason: request.reason.clone().unwrap_or_default() }
}

/// Sets a hold, beside one that is there.
pub fn set_hold<'a>(state: &'a mut EnvironmentState, new: &Hold) -> &'a Hold {
    let hold = state.hold.get_or_insert_with(|| new.clone());
    hold.join(new);
    hold
}

/// Returns the line, for the ending of a rollback, that automatic deployments are held. A person has to know it,
/// because only a person lets them go on. `None` if the deployment is no rollback, or nothing is held now.
pub fn hold_line(record: &Deployment, state: &EnvironmentState) -> Option<Prose> {
    let hold = state.hold.as_ref().filter(|_| record.action == ActionName::Rollback)?;
    Some(prose!(
        "automatic deployments are held {}; start {} to let them go on",
        hold.in_words(),
        operators(ActionName::ReleaseHold, record.environment_id())
    ))
}

/// The write that keeps it, to be made with the deployment's ending. A rollback brings no release of its own.
pub async fn past(ports: &impl Ports, record: &Deployment, became: ReleaseFate, at: Time) -> Result<Option<Write>> {
    if record.action != ActionName::Deploy {
        return Ok(None);
    }
    let release = record.release_digest.clone();
    let key = ledger::past(record.environment_id(), &release);
    let past = PastRelease { release, deployment: record.id.clone(), sequence: record.order.sequence, became, at };
    ledger::replacing(ports, key, past).await?.put().map(Some)
}
