//! `recover`: finishes a deployment whose execution died, or undoes it again out of `NeedsOperator`.

use super::abandon::{abandon, nothing};
use super::answer::plain;
use super::commit::{TRIES, commit, contended, pause};
use super::done;
use super::hand_over::{hand_over, handed_over};
use super::turn::turn;
use super::{Ports, leave, refuse};
use crate::payload::{Answer, Ask, Word};
use crate::ports::{Answered, Execution};
use crate::recovery::Owner;
use crate::store::{self, Stored};
use windlass_domain::call;
use windlass_domain::cancellation;
use windlass_domain::deployment::{Deployment, Status, Why};
use windlass_domain::environment::{Held, HeldState, Lock};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::gate::Verdict;
use windlass_domain::identity::{DeploymentId, EnvironmentId};
use windlass_domain::input::operators;
use windlass_domain::name::EnvironmentName;
use windlass_domain::plan::Outcome;
use windlass_domain::request::{ActionName, Request, Route};
use windlass_domain::time::Time;

/// `Admit` of an execution that is known: a recovery goes on, everything else takes its turn.
pub async fn or_turn(ports: &impl Ports, ask: &Ask, id: &DeploymentId) -> Answered<Answer> {
    let record = store::require(ports, &store::deployment(id)).await?;
    let lock = store::load_or_default(ports, &store::lock(record.value.environment_id())).await?;
    match &lock.value.held {
        Some(held)
            if held.execution == ask.execution.arn && held.state == HeldState::Recovering =>
        {
            Ok(go_on(&record.value, lock.value.token))
        }
        _ => turn(ports, &ask.execution, id).await,
    }
}

/// Takes over from an owner that has ended, and goes on to undo or to settle.
pub async fn admit(ports: &impl Ports, ask: &Ask, request: &Request) -> Answered<Answer> {
    for tried in 0..TRIES {
        if let Some(answer) = done::before(ports, ask).await? {
            return Ok(answer);
        }
        let found = match find(ports, request).await? {
            Ok(found) => found,
            Err(findings) => return refuse::refuse(ports, ask, request, findings).await,
        };
        let Some((record, lock)) = found else {
            if let Some(answer) = nothing(ports, ask, request, "nobody holds the lock").await? {
                return Ok(answer);
            }
            pause(ports, tried).await;
            continue;
        };
        let answer = match &lock.value.held {
            // A retry beside the invocation that has just taken over.
            Some(held)
                if held.execution == ask.execution.arn && held.state == HeldState::Recovering =>
            {
                Some(go_on(&record.value, lock.value.token))
            }
            Some(held) if held.deployment == record.value.id => {
                match may_take_over(ports, ask, request, &record.value, held).await? {
                    TakeOver::Yes(owner) => {
                        take_over(ports, ask, request, record, lock, owner).await?
                    }
                    TakeOver::Enough(owner) => {
                        leave::leave(ports, ask, record, lock, owner).await?
                    }
                    TakeOver::No(why) => nothing(ports, ask, request, &why).await?,
                    TakeOver::Refuse(finding) => {
                        return refuse::refuse(ports, ask, request, vec![finding]).await;
                    }
                }
            }
            _ => abandon(ports, ask, request, record).await?,
        };
        if let Some(answer) = answer {
            return Ok(answer);
        }
        pause(ports, tried).await;
    }
    Err(contended("taking over"))
}

type Found = Option<(Stored<Deployment>, Stored<Lock>)>;

/// The deployment that is meant, and its environment's lock. A deployment of another environment is as
/// unknown as one of another application: whoever calls the API may be allowed this environment only.
async fn find(ports: &impl Ports, request: &Request) -> Answered<Result<Found, Vec<Finding>>> {
    let env = match request.named_environment() {
        Ok(env) => env,
        Err(finding) => return Ok(Err(vec![finding])),
    };
    let key = store::lock(EnvironmentId::new(&request.app, env));
    let lock = store::load_or_default(ports, &key).await?;
    let held = lock.value.held.as_ref().map(|held| &held.deployment);
    let Some(id) = request.deployment.as_ref().or(held) else {
        return Ok(Ok(None));
    };
    let record = store::load(ports, &store::deployment(id)).await?;
    let is_ours = |record: &Deployment| record.app == request.app && record.environment == *env;
    Ok(match record.filter(|record| is_ours(&record.value)) {
        Some(record) => Ok(Some((record, lock))),
        None => Err(vec![unknown_deployment(id, env)]),
    })
}

fn unknown_deployment(id: &DeploymentId, env: &EnvironmentName) -> Finding {
    Finding::new(
        FindingName::UnknownName,
        "deployment",
        format!("the environment {env} of this application has no deployment {id}."),
        "Leave it out to recover the deployment that holds the lock.",
    )
}

enum TakeOver {
    Yes(Option<Execution>),
    /// As `Yes`, but so many recoveries of this deployment have died that it is left to an operator.
    Enough(Option<Execution>),
    No(String),
    Refuse(Finding),
}

/// Rule 4: a lock whose owner has ended is taken by the recovery of that same deployment; in
/// `NeedsOperator`, only by an operator.
async fn may_take_over(
    ports: &impl Ports,
    ask: &Ask,
    request: &Request,
    record: &Deployment,
    held: &Held,
) -> Answered<TakeOver> {
    let automatic = is_automatic(request);
    if held.state == HeldState::NeedsOperator {
        return Ok(if automatic {
            TakeOver::No("only an operator goes on in NeedsOperator".into())
        } else {
            TakeOver::Yes(None)
        });
    }
    if held.execution == ask.execution.arn {
        return Ok(TakeOver::No("this execution holds the lock itself".into()));
    }
    let owner = owner(ports, request, &held.execution, held.since).await?;
    Ok(match (owner, automatic) {
        (Owner::Ended(owner), true) if leave::has_had_enough(record) => TakeOver::Enough(owner),
        (Owner::Ended(owner), _) => TakeOver::Yes(owner),
        (Owner::Running, true) => TakeOver::No(format!("its owner {} still runs", held.execution)),
        (Owner::Running, false) => TakeOver::Refuse(Finding::new(
            FindingName::TargetNotReady,
            "deployment",
            format!(
                "deployment {} is still being worked on by {}.",
                held.deployment, held.execution
            ),
            format!(
                "Wait for its ending; or cancel it with {}; or start {}, which stops it first.",
                call::cancel(record.environment_id(), &held.deployment),
                operators(ActionName::Rollback, record.environment_id()),
            ),
        )),
    })
}

/// Returns whether Windlass itself asked. It starts a recovery when it was told, or has seen, that an execution has
/// ended.
pub(super) fn is_automatic(request: &Request) -> bool {
    let requester = request.requester.as_ref();
    requester.is_some_and(|requester| requester.route == Route::Windlass)
}

pub(super) async fn owner(
    ports: &impl Ports,
    request: &Request,
    arn: &str,
    since: Time,
) -> Answered<Owner> {
    if is_automatic(request) {
        Owner::of_ended(ports, arn, since).await
    } else {
        Owner::of(ports, arn, since).await
    }
}

/// Raises the token before anything else, so that the former owner's functions change nothing any
/// more; then stops what may still run. Who asked for it has looked at what is there, unless that was
/// Windlass itself.
async fn take_over(
    ports: &impl Ports,
    ask: &Ask,
    request: &Request,
    mut record: Stored<Deployment>,
    mut lock: Stored<Lock>,
    owner: Option<Execution>,
) -> Answered<Option<Answer>> {
    let Some(former) = hand_over(ports, ask, HeldState::Recovering, &mut record, &mut lock) else {
        return Ok(None);
    };
    let has_looked = !is_automatic(request);
    if let Some(held) = &mut lock.value.held {
        held.looked = has_looked;
    }
    if has_looked {
        record.value.asked_for = record.value.executions.len() - 1;
    }
    record.value.status = Status::Recovering;
    record.value.taken_up_again |= record.value.ending.take().is_some();
    if record.value.undoing.is_none() && !may_be_settled(ports, &record.value).await? {
        record.value.stopped = was_stopped(owner.as_ref());
        record.value.undoing = Some(why_stopped(owner.as_ref()));
    }
    let writes = handed_over(ask, &record, &lock)?;
    if !commit(ports, writes).await? {
        return Ok(None);
    }
    ports
        .stop(&former, "TakenOver", "A recovery has taken over.")
        .await?;
    Ok(Some(go_on(&record.value, lock.value.token)))
}

/// Returns whether a person stopped the execution. Windlass itself stops only an execution that it has taken over from,
/// whose deployment is being undone already.
pub(super) fn was_stopped(owner: Option<&Execution>) -> bool {
    owner.is_some_and(|owner| owner.status == "ABORTED")
}

/// Returns why an owner is gone, as Step Functions tells it.
pub fn why_stopped(owner: Option<&Execution>) -> Why {
    let Some(owner) = owner else {
        return Why {
            name: "ExecutionLost".into(),
            text: "The execution is not known to Step Functions any more.".into(),
        };
    };
    let name = match (&owner.error, owner.status.as_str()) {
        (Some(error), _) if !error.is_empty() => error.clone(),
        (_, "TIMED_OUT") => "ExecutionTimedOut".into(),
        (_, "ABORTED") => "ExecutionStopped".into(),
        _ => "ExecutionDied".into(),
    };
    let cause = owner.cause.as_deref().map(cancellation::told);
    let text = cause.filter(|cause| !cause.is_empty()).map_or_else(
        || {
            format!(
                "The execution {} ended {} in the middle.",
                owner.arn, owner.status
            )
        },
        str::to_owned,
    );
    Why { name, text }
}

/// Returns the state in which a recovery goes on. `Settle` checks again that the deployment may be settled.
fn go_on(record: &Deployment, token: u64) -> Answer {
    let word = if record.undoing.is_some() {
        Word::Undo
    } else {
        Word::Settle
    };
    plain(word, &record.id, token)
}

/// Returns whether the deployment was judged good and all its steps are still reached. A step that was reached may have
/// been taken back later, by an invocation that saw more of it.
async fn may_be_settled(ports: &impl Ports, record: &Deployment) -> Answered<bool> {
    if !judged_good(ports, record).await? {
        return Ok(false);
    }
    let steps = store::load_all(ports, &store::steps(&record.id)).await?;
    if steps.iter().all(|step| step.value.was_reached()) {
        return Ok(true);
    }
    // A plan that changes nothing has no steps but those of a `Prepare` that was killed.
    let plan = store::require(ports, &store::plan(&record.id)).await?;
    Ok(plan.value.outcome != Outcome::Change)
}

/// Returns whether only the settling is left to do: the last wave was judged as passed, or the plan changes nothing.
pub async fn judged_good(ports: &impl Ports, record: &Deployment) -> Answered<bool> {
    if record.undoing.is_some() {
        return Ok(false);
    }
    let plan = store::load(ports, &store::plan(&record.id)).await?;
    let Some(plan) = plan else { return Ok(false) };
    if plan.value.outcome != Outcome::Change {
        return Ok(true);
    }
    let Some(last) = plan.value.waves.len().checked_sub(1) else {
        return Ok(false);
    };
    let key = store::judgement(&record.id, u32::try_from(last).unwrap_or(u32::MAX));
    let judgement = store::load(ports, &key).await?;
    Ok(judgement.is_some_and(|judgement| judgement.value.verdict == Verdict::Pass))
}
