//! `pause`, `continue` and `skip_bake`: a person steers a deployment that watches.

use super::commit::{TRIES, commit, contended, pause};
use super::done;
use super::ending::put;
use super::{Ports, refuse};
use crate::loaded::resolved;
use crate::payload::{Answer, Ask};
use crate::pin;
use crate::ports::{Answered, Write};
use crate::store::Done;
use crate::store::{self, Stored};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::Lock;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::EnvironmentId;
use windlass_domain::judgement::Judgement;
use windlass_domain::name::EnvironmentName;
use windlass_domain::plan::{Outcome, Plan};
use windlass_domain::request::Request;
use windlass_domain::wheel::{Decision, Watched, Wish, decide};

/// Writes what is decided into the record, while the wave is judged no further and nobody takes over. The judge takes
/// it in with its next look.
pub async fn steer(ports: &impl Ports, ask: &Ask, request: &Request) -> Answered<Answer> {
    for tried in 0..TRIES {
        if let Some(answer) = done::before(ports, ask).await? {
            return Ok(answer);
        }
        let env = match pin::named_environment(ports, request).await? {
            Ok(env) => env,
            Err(findings) => return refuse::refuse(ports, ask, request, findings).await,
        };
        let found = match find(ports, request, &env).await? {
            Ok(found) => found,
            Err(finding) => return refuse::refuse(ports, ask, request, vec![finding]).await,
        };
        let (done, mut writes) = match decision(ports, request, &found).await? {
            Decision::Refused(findings) => {
                return refuse::refuse(ports, ask, request, findings).await;
            }
            Decision::Already(told) => (Done::of(&found.record.value.id, told), vec![]),
            Decision::Turn(turn) => {
                let told = turn.told(&found.record.value);
                let done = Done::of(&found.record.value.id, told);
                let mut record = found.record.clone();
                record.value.wheel.push(turn);
                (done, found.changed(&record)?)
            }
        };
        writes.push(done.put(ask)?);
        if commit(ports, writes).await? {
            return Ok(done.answer());
        }
        pause(ports, tried).await;
    }
    Err(contended("steering the deployment"))
}

/// A deployment as the ledger has it.
struct Found {
    record: Stored<Deployment>,
    lock: Stored<Lock>,
    plan: Plan,
    judgements: Vec<Stored<Judgement>>,
}

impl Found {
    /// Returns the write of the record, on the condition that the facts of the decision still hold.
    fn changed(&self, record: &Stored<Deployment>) -> Answered<Vec<Write>> {
        let last = self
            .judgements
            .iter()
            .max_by_key(|judgement| judgement.value.wave);
        let unchanged = last.map(|last| Write::check(last.key.clone(), last.unchanged()));
        let mut writes = vec![
            put(record)?,
            Write::check(self.lock.key.clone(), self.lock.unchanged()),
        ];
        writes.extend(unchanged);
        Ok(writes)
    }
}

/// The deployment that is named, else the one that holds the lock.
async fn find(
    ports: &impl Ports,
    request: &Request,
    env: &EnvironmentName,
) -> Answered<Result<Found, Finding>> {
    let key = store::lock(EnvironmentId::new(&request.app, env));
    let lock = store::load_or_default(ports, &key).await?;
    let held = lock.value.held.as_ref().map(|held| &held.deployment);
    let Some(id) = request.deployment.as_ref().or(held) else {
        return Ok(Err(Finding::new(
            FindingName::NotWatched,
            "deployment",
            format!("nothing is under way in {}/{env}.", request.app),
            "Nothing has to be done.",
        )));
    };
    let record = store::load(ports, &store::deployment(id)).await?;
    // Who may steer in one environment may not in another one by naming its deployment.
    let is_here = |record: &Stored<Deployment>| {
        record.value.app == request.app && record.value.environment == *env
    };
    let Some(record) = record.filter(is_here) else {
        return Ok(Err(Finding::new(
            FindingName::UnknownName,
            "deployment",
            format!("the environment {env} of this application has no deployment {id}."),
            "Leave it out to steer the deployment that holds the lock.",
        )));
    };
    let plan = store::load(ports, &store::plan(id)).await?;
    let plan = plan.map_or_else(no_plan, |plan| plan.value);
    let judgements = store::load_all(ports, &store::judgements(id)).await?;
    Ok(Ok(Found {
        record,
        lock,
        plan,
        judgements,
    }))
}

fn no_plan() -> Plan {
    Plan {
        outcome: Outcome::Change,
        waves: vec![],
        unchanged: vec![],
        findings: vec![],
        warnings: vec![],
    }
}

async fn decision(ports: &impl Ports, request: &Request, found: &Found) -> Answered<Decision> {
    let resolved = resolved(ports, &found.record.value).await?;
    let judgements: Vec<Judgement> = found
        .judgements
        .iter()
        .map(|one| one.value.clone())
        .collect();
    let wish = Wish {
        action: request.action,
        lasts: request.pause_for,
        by: request.asked_by().to_string(),
        reason: request.reason.as_deref().unwrap_or("no reason given"),
    };
    let watched = Watched {
        record: &found.record.value,
        lock: &found.lock.value,
        plan: &found.plan,
        judgements: &judgements,
        components: &resolved.components,
        unknown: &resolved.gates.unknown,
        pause: resolved.gates.pause,
    };
    Ok(decide(&wish, &watched, ports.now()))
}
