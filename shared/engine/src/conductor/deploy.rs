//! `deploy`: pins the release, gives the deployment its id, and records it.

use super::admit::Execution;
use super::answer::{ended, of_record};
use super::commit::{TRIES, commit, contended, pause};
use super::cost::note_cost;
use super::ending::{end, put_arrived, reject, told};
use super::{Ports, refuse};
use crate::beside;
use crate::log;
use crate::payload::{Answer, Ask};
use crate::pin::{self, Pinned};
use crate::ports::{Answered, Ledger, Write};
use crate::store::{self, Stored};
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::ending::Ending;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::DeploymentId;
use windlass_domain::order::Order;
use windlass_domain::request::{ActionName, Request};

/// What came of the admission.
pub enum Admitted {
    /// A new deployment is recorded; it takes its turn.
    New(DeploymentId),
    /// The execution ends with this answer.
    Answer(Answer),
}

/// A request with the deployment that it is.
#[derive(Debug, Clone)]
pub struct Identified {
    /// The deployment's id.
    pub id: DeploymentId,
    /// The attempt; 1 unless it was deployed before.
    pub attempt: u32,
    /// The deployment, if it was accepted before.
    pub existing: Option<Stored<Deployment>>,
}

/// The name of the ending of an arrival that a manual environment only records.
const RECORDED: &str = "Recorded";

/// Pins the request and records the deployment.
pub async fn admit<P: Ports>(ports: &P, ask: &Ask, request: &Request) -> Answered<Admitted> {
    let pinned = match pin::pin(ports, request).await? {
        Ok(pinned) => pinned,
        Err(findings) => {
            let answer = refuse::refuse(ports, ask, request, findings).await?;
            return Ok(Admitted::Answer(answer));
        }
    };
    for tried in 0..TRIES {
        let identified = identify(ports, request, &pinned).await?;
        log::name_deployment(&identified.id);
        beside::clear(ports, request.upload(), &identified.id).await?;
        if let Some(existing) = &identified.existing {
            // A retry beside the invocation that has just recorded it, or after that one's answer was lost.
            if existing.value.executions.first() == Some(&ask.execution.arn) {
                return Ok(Admitted::New(identified.id));
            }
            return Ok(Admitted::Answer(same(&existing.value)));
        }
        let mut record = new_record(ports, ask, request, &pinned, &identified);
        settle_at_once(ports, &mut record, request, &pinned);
        note_cost(ports, &mut record.value, &[]).await;
        if commit(ports, writes(&record, ask, &pinned)?).await? {
            if let Some(answer) = told(ports, &record.value).await? {
                return Ok(Admitted::Answer(answer));
            }
            return Ok(Admitted::New(identified.id));
        }
        pause(ports, tried).await;
    }
    Err(contended("recording the deployment"))
}

/// Finds the id of a request, by which the same request is one deployment whatever its route.
///
/// A deployment that was rejected, or only recorded, changed nothing: asking again is a new
/// attempt. So is `again`, and a person who asks for an older release with `allow_older`. What a
/// person stopped comes again by `again` alone: a late duplicate must not undo the stop. Nor is it
/// asking again where what was rejected comes once more, late or by another event.
pub async fn identify<P: Ledger>(
    ports: &P,
    request: &Request,
    pinned: &Pinned,
) -> Answered<Identified> {
    let release = pinned.release.digest();
    let (app, env) = (&request.app, &pinned.resolved.environment);
    let mut attempt = 1;
    loop {
        let id = DeploymentId::of(app, env, ActionName::Deploy, &release, attempt);
        let existing: Option<Stored<Deployment>> =
            store::load(ports, &store::deployment(&id)).await?;
        match existing {
            Some(existing) if is_new_attempt(request, pinned, &existing.value) => attempt += 1,
            existing => {
                return Ok(Identified {
                    id,
                    attempt,
                    existing,
                });
            }
        }
    }
}

fn is_new_attempt(request: &Request, pinned: &Pinned, existing: &Deployment) -> bool {
    let Some(ended) = &existing.ending else {
        return false;
    };
    match ended.ending {
        Ending::Rejected => request.again || !(existing.stopped || is_repeated(request, existing)),
        Ending::NothingToDo if ended.cause_name == RECORDED => pinned.by_person,
        // Until it is resolved, the environment is locked for it.
        Ending::NeedsOperator => ended.resolved.is_some() && request.again,
        _ => request.again || (pinned.by_person && request.allow_older),
    }
}

/// Whether a request is for the upload that became this deployment, or for an image that had been
/// pushed when it was recorded.
fn is_repeated(request: &Request, existing: &Deployment) -> bool {
    request
        .arrived
        .is_some_and(|arrived| match request.upload() {
            Some(upload) => existing.upload.as_ref() == Some(upload),
            None => arrived <= existing.accepted,
        })
}

/// The answer to a request that was made before: the truth about that deployment.
fn same(existing: &Deployment) -> Answer {
    let Some(ended_as) = &existing.ending else {
        let cause = format!(
            "The same request is deployment {}, which is under way.",
            existing.id
        );
        return ended(&existing.id, Ending::NothingToDo, "SameRequest", &cause);
    };
    let mut answer = of_record(existing, ended_as);
    answer.cause = format!(
        "The same request is deployment {}: {}",
        existing.id, ended_as.cause
    );
    answer
}

fn new_record<P: Ports>(
    ports: &P,
    ask: &Ask,
    request: &Request,
    pinned: &Pinned,
    identified: &Identified,
) -> Stored<Deployment> {
    let now = ports.now();
    let id = identified.id.clone();
    let resolved = &pinned.resolved;
    let order = Order {
        version: pinned.order_version.clone(),
        sequence: pinned.release.sequence,
        accepted: request.arrived.map_or(now, |arrived| arrived.min(now)),
        recorded: now,
        id: id.clone(),
    };
    let record = Deployment {
        id: id.clone(),
        app: request.app.clone(),
        environment: resolved.environment.clone(),
        action: ActionName::Deploy,
        attempt: identified.attempt,
        release_digest: pinned.release.digest(),
        release: pinned.release.clone(),
        snapshot: None,
        declaration: resolved.version.clone(),
        upload: request.upload().cloned(),
        requester: request.asked_by(),
        reason: request.reason.clone(),
        order,
        allow_older: request.allow_older,
        accept_red: request.accept_red,
        again: request.again,
        by_person: pinned.by_person,
        accepted: now,
        executions: vec![ask.execution.arn.clone()],
        asked_for: 0,
        started: None,
        status: Status::Waiting,
        undoing: None,
        stopped: false,
        ending: None,
    };
    Stored::new(store::deployment(&id), record)
}

/// Ends at once what the environment does not deploy: from a source that it does not accept, or
/// an arrival where only a person starts deployments.
fn settle_at_once<P: Ports>(
    ports: &P,
    record: &mut Stored<Deployment>,
    request: &Request,
    pinned: &Pinned,
) {
    use windlass_domain::declaration::resolved::Start;
    let route = record.value.requester.route;
    let env = &pinned.resolved.environment;
    if !pinned.resolved.sources.contains(&route) {
        let finding = Finding::new(
            FindingName::SourceNotAccepted,
            format!("environments.{env}.sources"),
            format!("the environment does not accept releases from `{route}`."),
            "Add the source to the declaration, or use another one.",
        );
        reject(record, vec![finding], ports.now());
    } else if pinned.resolved.start == Start::Manual && !pinned.by_person {
        let cause = format!(
            "Recorded: {}/{env} deploys only what a person starts. Start it with {}.",
            request.app,
            record.value.input()
        );
        end(
            record,
            Ending::NothingToDo,
            RECORDED,
            cause,
            Vec::new(),
            ports.now(),
        );
    }
}

fn is_rejected(record: &Deployment) -> bool {
    let ended = record.ending.as_ref();
    ended.is_some_and(|ended| ended.ending == Ending::Rejected)
}

fn writes(record: &Stored<Deployment>, ask: &Ask, pinned: &Pinned) -> Answered<Vec<Write>> {
    let execution = Stored::new(
        store::execution(&ask.execution.arn),
        Execution {
            deployment: record.value.id.clone(),
        },
    );
    let mut writes = vec![put_arrived(record)?, execution.put()?];
    // What came by a source that is not accepted takes no version's name.
    if let Some(recorded) = &pinned.to_record
        && !is_rejected(&record.value)
    {
        writes.push(recorded.put()?);
    }
    Ok(writes)
}
