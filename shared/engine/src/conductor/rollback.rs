//! `rollback`: goes back to an earlier verified-good snapshot, and holds automatic deployments. `restore` is recorded
//! in the same way, and holds nothing.

use super::Ports;
use super::commit::{TRIES, commit, contended, pause};
use super::deploy::Admitted;
use super::ending::{put_arrived, put_state};
use super::hold::set_hold;
use super::identify::reused;
use super::since::same;
use super::view::View;
use crate::payload::Ask;
use crate::pin;
use crate::ports::{Answered, Ledger};
use crate::store::Execution;
use crate::store::{self, Stored};
use std::collections::BTreeMap;
use windlass_domain::call;
use windlass_domain::deployment::{Deployment, Keyed, Status};
use windlass_domain::digest::Digest;
use windlass_domain::environment::Snapshot;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::{DeploymentId, EnvironmentId};
use windlass_domain::input::input;
use windlass_domain::irreversible::{self, Irreversible};
use windlass_domain::name::EnvironmentName;
use windlass_domain::order::Order;
use windlass_domain::overtaking::Supersede;
use windlass_domain::release::Release;
use windlass_domain::request::{ActionName, Request};

/// The number of the snapshot that has what was found before the first release.
pub const FOUND_FIRST: u64 = 1;

/// Records the rollback and sets the hold, in one transaction; or records the restoring. A rollback to a snapshot that
/// does not exist sets none.
pub async fn admit(
    ports: &impl Ports,
    ask: &Ask,
    request: &Request,
) -> Answered<Result<Admitted, Vec<Finding>>> {
    let env = match pin::named_environment(ports, request).await? {
        Ok(env) => env,
        Err(findings) => return Ok(Err(findings)),
    };
    let declaration = match pin::declaration_in_force(ports, &request.app).await? {
        Ok(declared) => declared.version,
        Err(findings) => return Ok(Err(findings)),
    };
    for tried in 0..TRIES {
        let record = new_record(ports, ask, request, &env, declaration.clone());
        let id = record.value.id.clone();
        let former = store::load(ports, &store::deployment(&id)).await?;
        if let Some(former) = former {
            let asked = former.value.keyed.as_ref();
            if let Some(finding) = asked.and_then(|asked| reused(request, asked, &id)) {
                return Ok(Err(vec![finding]));
            }
            // A retry beside the invocation that has just recorded it, or after that one's answer was lost.
            if former.value.executions.first() == Some(&ask.execution.arn) {
                return Ok(Ok(Admitted::New(id)));
            }
            let answer = same(ports, &former.value).await?;
            return Ok(Ok(Admitted::Answer(answer)));
        }
        let execution = Stored::new(
            store::execution(&ask.execution.arn),
            Execution {
                deployment: id.clone(),
            },
        );
        let mut writes = vec![put_arrived(&record)?, execution.put()?];
        if request.action == ActionName::Rollback && !is_nowhere(ports, request, &env).await? {
            let key = store::state(EnvironmentId::new(&request.app, &env));
            let mut state = store::load_or_default(ports, &key).await?;
            set_hold(ports, &mut state.value, request);
            writes.push(put_state(&state, EnvironmentId::new(&request.app, &env))?);
        }
        if commit(ports, writes).await? {
            return Ok(Ok(Admitted::New(id)));
        }
        pause(ports, tried).await;
    }
    Err(contended("recording the rollback"))
}

/// Returns whether a request names a snapshot that does not exist. Then it cannot go anywhere, and sets no hold: what
/// makes a snapshot of that number before its turn is another rollback, which has set one.
async fn is_nowhere(
    ports: &impl Ledger,
    request: &Request,
    env: &EnvironmentName,
) -> Answered<bool> {
    let Some(number) = request.snapshot else {
        return Ok(false);
    };
    let named = snapshot(ports, EnvironmentId::new(&request.app, env), number).await?;
    Ok(named.is_none())
}

/// Each press is a deployment of its own: its identity is its key's, else the execution's. A check, which brings no
/// release either, has such a record, too.
pub fn new_record(
    ports: &impl Ports,
    ask: &Ask,
    request: &Request,
    env: &EnvironmentName,
    declaration: semver::Version,
) -> Stored<Deployment> {
    let now = ports.now();
    let key = request.idempotency_key.as_ref();
    let key = key.unwrap_or(&ask.execution.arn);
    let press = Digest::of(key.as_bytes());
    let id = DeploymentId::keyed(EnvironmentId::new(&request.app, env), request.action, key);
    let record = Deployment {
        id: id.clone(),
        app: request.app.clone(),
        environment: env.clone(),
        action: request.action,
        attempt: 1,
        keyed: request.idempotency_key.clone().map(|key| Keyed {
            key,
            content: request.content(),
        }),
        release: Release {
            app: request.app.clone(),
            version: request.action.to_string(),
            git: None,
            sequence: None,
            components: BTreeMap::new(),
            image_push: false,
        },
        release_digest: press,
        snapshot: request.snapshot,
        across: request.across.clone(),
        found: Vec::new(),
        drill: None,
        stops: None,
        declaration,
        upload: None,
        requester: request.asked_by(),
        reason: request.reason.clone(),
        order: Order {
            version: None,
            sequence: None,
            accepted: now,
            recorded: now,
            id: id.clone(),
        },
        allow_older: true,
        accept_red: request.action == ActionName::Rollback,
        through_hold: true,
        preempt: false,
        supersede: Supersede::Wait,
        again: false,
        by_person: request.action != ActionName::Restore,
        accepted: now,
        executions: vec![ask.execution.arn.clone()],
        asked_for: 0,
        started: None,
        status: Status::Waiting,
        undoing: None,
        stopped: false,
        wheel: Vec::new(),
        taken_up_again: false,
        ending: None,
    };
    Stored::new(store::deployment(&id), record)
}

/// Chooses the snapshot to go back to, when it is the rollback's turn: the named one, or the
/// newest verified-good one that the present one replaced and whose release is not vetoed. What was found of a
/// component belongs to the snapshots that are older than its first change.
pub async fn choose(
    ports: &impl Ports,
    view: &View,
    record: &mut Deployment,
) -> Answered<Result<(), Vec<Finding>>> {
    let at = record.environment_id();
    let present = view.present_to_go_back_from();
    let snapshot = match record.snapshot {
        Some(number) => snapshot(ports, at, number).await?,
        None => newest_good(ports, present, at).await?,
    };
    let Some(snapshot) = snapshot else {
        return Ok(Err(nowhere(ports, view, record).await?));
    };
    let snapshot = snapshot.with_found(&view.state.value);
    let barred = bars(view, record, &snapshot);
    if !barred.is_empty() {
        return Ok(Err(barred));
    }
    record.snapshot = Some(snapshot.number);
    record.release.version.clone_from(&snapshot.version);
    record.release.components.clear();
    record.found.clear();
    for (name, running) in snapshot.components {
        match running.artifact {
            Some(artifact) => {
                record.release.components.insert(name, artifact);
            }
            None => record.found.push(name),
        }
    }
    Ok(Ok(()))
}

/// Returns why a rollback must not go there: it crosses an irreversible run unasked, or names one that it does not
/// cross.
fn bars(view: &View, record: &Deployment, goal: &Snapshot) -> Vec<Finding> {
    let crossed = irreversible::crossed(goal, &view.state.value);
    let at = record.environment_id();
    irreversible::refusals(at, goal, &crossed, &record.across)
}

/// Returns why a rollback goes nowhere. It goes to the snapshot that it names, or else to the present one: somebody who
/// stops a deployment that is under way wants the present one back. If this returns findings, nothing is stopped.
pub async fn goes_nowhere(
    ports: &impl Ports,
    view: &View,
    record: &Deployment,
) -> Answered<Vec<Finding>> {
    let at = record.environment_id();
    let named = record.snapshot;
    let goal = match named.or(view.present()) {
        Some(number) => snapshot(ports, at, number).await?,
        None => None,
    };
    match goal {
        Some(goal) => Ok(bars(view, record, &goal.with_found(&view.state.value))),
        None if named.is_some() => nowhere(ports, view, record).await,
        None => Ok(unasked_for(record)),
    }
}

/// Nothing to go back to, and what it names beside.
async fn nowhere(ports: &impl Ports, view: &View, record: &Deployment) -> Answered<Vec<Finding>> {
    let mut findings = vec![nothing_to_go_back_to(ports, view, record).await?];
    findings.extend(unasked_for(record));
    Ok(findings)
}

/// Returns the findings on the irreversible runs that the request names, where there is nothing to go back to and so
/// none is crossed.
fn unasked_for(record: &Deployment) -> Vec<Finding> {
    irreversible::not_crossed(None, &Irreversible::new(), &record.across)
}

/// A snapshot of an environment.
pub async fn snapshot(
    ports: &impl Ledger,
    EnvironmentId { app, environment }: EnvironmentId<'_>,
    number: u64,
) -> Answered<Option<Snapshot>> {
    let key = store::snapshot(EnvironmentId::new(app, environment), number);
    Ok(store::load(ports, &key)
        .await?
        .map(|stored: Stored<Snapshot>| stored.value))
}

/// The newest verified-good snapshot that the present one replaced and whose release is not vetoed.
pub async fn newest_good(
    ports: &impl Ledger,
    present: u64,
    at: EnvironmentId<'_>,
) -> Answered<Option<Snapshot>> {
    let present = snapshot(ports, at, present).await?;
    newest_good_of(ports, present.map_or(0, |present| present.replaced), at).await
}

/// The first of a snapshot and those that it replaced that is verified good and whose release is not vetoed.
pub async fn newest_good_of(
    ports: &impl Ledger,
    mut number: u64,
    at: EnvironmentId<'_>,
) -> Answered<Option<Snapshot>> {
    while number > 0 {
        let Some(one) = snapshot(ports, at, number).await? else {
            return Ok(None);
        };
        if one.release.is_some() && !is_vetoed(ports, &one, at).await? {
            return Ok(Some(one));
        }
        number = one.replaced;
    }
    Ok(None)
}

/// The most verified-good snapshots that a finding names, and the most snapshots that are looked at for them.
const MOST_NAMED: usize = 4;
const MOST_LOOKED_AT: usize = 25;

/// Returns the newest verified-good snapshots, newest first, to which a rollback can go by their numbers, wherever they
/// stand to the present one: their releases are not vetoed, and something else runs now.
pub async fn good_ones(
    ports: &impl Ledger,
    view: &View,
    at: EnvironmentId<'_>,
) -> Answered<Vec<Snapshot>> {
    let state = &view.state.value;
    let mut good = Vec::new();
    for number in (1..=state.last_snapshot).rev().take(MOST_LOOKED_AT) {
        let one = snapshot(ports, at, number).await?;
        let Some(one) = one.filter(|one| number != state.snapshot && one.release.is_some()) else {
            continue;
        };
        let is_vetoed = is_vetoed(ports, &one, at).await?;
        let is_there = one.clone().with_found(state).runs(state);
        let is_known = |other: &Snapshot| other.release == one.release;
        if !is_vetoed && !is_there && !good.iter().any(is_known) {
            good.push(one);
        }
        if good.len() == MOST_NAMED {
            break;
        }
    }
    Ok(good)
}

async fn is_vetoed(
    ports: &impl Ledger,
    snapshot: &Snapshot,
    at: EnvironmentId<'_>,
) -> Answered<bool> {
    let Some(release) = &snapshot.release else {
        return Ok(false);
    };
    let veto = store::load(ports, &store::veto(at, release)).await?;
    Ok(veto.is_some())
}

/// Returns the step to the first of these snapshots, with the numbers of the others; `None` if there is none.
pub fn to_a_good_one(good: &[Snapshot], of: EnvironmentId<'_>) -> Option<String> {
    let first = good.first()?.number;
    let named = good.iter();
    let named: Vec<String> = named
        .map(|one| format!("{} ({})", one.number, one.version))
        .collect();
    let members = [("snapshot", first.into()), ("reason", "…".into())];
    let start = input(ActionName::Rollback, of, &members);
    Some(format!(
        "Verified good, and not what runs: {}. To go to snapshot {first}, start {start}.",
        named.join(", ")
    ))
}

async fn nothing_to_go_back_to(
    ports: &impl Ledger,
    view: &View,
    record: &Deployment,
) -> Answered<Finding> {
    let (app, env, state) = (&record.app, &record.environment, &view.state.value);
    let to_good = to_a_good_one(
        &good_ones(ports, view, record.environment_id()).await?,
        record.environment_id(),
    );
    let reason = match record.snapshot {
        Some(number) => format!("there is no snapshot {number}."),
        None if to_good.is_some() => {
            "the present snapshot replaced none that was verified good and is not vetoed. A \
             rollback that names none goes only to what the present one replaced."
                .into()
        }
        None => "the present snapshot replaced none that was verified good.".into(),
    };
    let members = |number: u64| [("snapshot", number.into()), ("reason", "…".into())];
    let back_to = |number| {
        input(
            ActionName::Rollback,
            EnvironmentId::new(app, env),
            &members(number),
        )
    };
    let list = call::snapshots(EnvironmentId::new(app, env));
    let first = snapshot(ports, EnvironmentId::new(app, env), FOUND_FIRST).await?;
    let first_runs = first.map(|first| first.with_found(state).runs(state));
    let remedy = match (to_good, first_runs) {
        (Some(to_good), Some(false)) => format!(
            "To go back to what was found before the first release, start {}. {to_good} Others are listed by {list}, \
             and named by their numbers in the same way; or deploy a release.",
            back_to(FOUND_FIRST)
        ),
        (Some(to_good), _) => {
            format!(
                "{to_good} Others are listed by {list}, and named by their numbers in the same way; or deploy a \
                 release."
            )
        }
        (None, None) => {
            "Nothing was deployed here yet, so nothing has to be taken back.".to_owned()
        }
        (None, Some(true)) => format!(
            "What was found before the first release is what runs. Snapshots are listed by {list}, and named by \
             their numbers; or deploy a release."
        ),
        (None, Some(false)) => format!(
            "To go back to what was found before the first release, start {}. Others are listed by {list}, and \
             named by their numbers in the same way; or deploy a release.",
            back_to(FOUND_FIRST)
        ),
    };
    Ok(Finding::new(
        FindingName::NothingToGoBackTo,
        format!("environments.{env}"),
        reason,
        remedy,
    ))
}
