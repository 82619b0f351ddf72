//! `drill`: to the version before, and back; see [`windlass_domain::drill`].
//!
//! One item holds everything that is known of an environment's drills. It is written together with the record of each
//! of the two deployments: when the deployment is recorded, has its first turn, and ends. So a drill never lags behind
//! its deployments, wherever an invocation was killed.

use super::commit::{TRIES, commit, contended, pause};
use super::deploy::Admitted;
use super::ending::put_arrived;
use super::identify::reused;
use super::rollback::new_record;
use super::since::same;
use super::view::View;
use super::{Ports, rollback};
use crate::payload::Ask;
use crate::pin;
use crate::ports::{Answered, Ledger, Write};
use crate::recovery;
use crate::store::Execution;
use crate::store::{self, Stored};
use windlass_domain::deployment::Deployment;
use windlass_domain::drill::{Drill, Drills, LegEnd, Standing};
use windlass_domain::environment::Snapshot;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::{DeploymentId, EnvironmentId};
use windlass_domain::input::operators;
use windlass_domain::irreversible::{crossed, in_words};
use windlass_domain::judgement::Judgement;
use windlass_domain::name::EnvironmentName;
use windlass_domain::refusal::not_idle;
use windlass_domain::request::{ActionName, Request};
use windlass_domain::step::Step;

/// Records the drill with its first deployment, or the deployment that comes back.
pub async fn admit(
    ports: &impl Ports,
    ask: &Ask,
    request: &Request,
) -> Answered<Result<Admitted, Vec<Finding>>> {
    let declared = match &request.drill {
        None => declared(ports, request).await?,
        Some(drill) => declared_there(ports, request, drill).await?,
    };
    let (env, declaration) = match declared {
        Ok(declared) => declared,
        Err(findings) => return Ok(Err(findings)),
    };
    for tried in 0..TRIES {
        let mut drills = load(ports, EnvironmentId::new(&request.app, &env)).await?;
        let record = new_record(ports, ask, request, &env, declaration.clone());
        let begun = match &request.drill {
            None => begin(ports, ask, request, &mut drills, record).await?,
            Some(drill) => come_back(ports, ask, &mut drills, drill, record).await?,
        };
        let record = match begun {
            Begun::Recorded(record) => record,
            Begun::Before(admitted) => return Ok(Ok(admitted)),
            Begun::Refused(finding) => return Ok(Err(vec![finding])),
        };
        let id = record.value.id.clone();
        let execution = Execution {
            deployment: id.clone(),
        };
        let execution = Stored::new(store::execution(&ask.execution.arn), execution);
        let writes = vec![
            put(&drills, EnvironmentId::new(&request.app, &env))?,
            put_arrived(&record)?,
            execution.put()?,
        ];
        if commit(ports, writes).await? {
            return Ok(Ok(Admitted::New(id)));
        }
        pause(ports, tried).await;
    }
    Err(contended("recording the drill"))
}

/// The deployment to record, or why none is recorded.
enum Begun {
    Recorded(Box<Stored<Deployment>>),
    Before(Admitted),
    Refused(Finding),
}

async fn begin(
    ports: &impl Ports,
    ask: &Ask,
    request: &Request,
    drills: &mut Stored<Drills>,
    record: Stored<Deployment>,
) -> Answered<Begun> {
    let id = &record.value.id;
    let former = store::load(ports, &store::deployment(id)).await?;
    if let Some(former) = former {
        let asked = former.value.keyed.as_ref();
        return match asked.and_then(|asked| reused(request, asked, id)) {
            Some(finding) => Ok(Begun::Refused(finding)),
            None => before(ports, ask, &former.value).await,
        };
    }
    if let Some(under_way) = &drills.value.under_way {
        return Ok(Begun::Refused(not_idle(
            record.value.environment_id(),
            &under_way.id,
        )));
    }
    drills.value.under_way = Some(Drill::begin(&record.value));
    Ok(Begun::Recorded(Box::new(record)))
}

/// The deployment that goes back to what ran when the drill began.
async fn come_back(
    ports: &impl Ports,
    ask: &Ask,
    drills: &mut Stored<Drills>,
    id: &DeploymentId,
    mut record: Stored<Deployment>,
) -> Answered<Begun> {
    let (app, env) = (record.value.app.clone(), record.value.environment.clone());
    let under_way = drills.value.under_way.as_mut();
    let Some(drill) = under_way.filter(|drill| drill.id == *id) else {
        return Ok(Begun::Refused(not_under_way(
            EnvironmentId::new(&app, &env),
            id,
        )));
    };
    if !drill.awaits_back() {
        let leg = drill.back.as_ref().unwrap_or(&drill.there);
        let key = store::deployment(&leg.deployment);
        let former = store::require(ports, &key).await?;
        return before(ports, ask, &former.value).await;
    }
    let next = drill.next_back(EnvironmentId::new(&app, &env));
    drill.come_back(next.clone());
    record.key = store::deployment(&next);
    record.value.order.id = next.clone();
    record.value.id = next;
    record.value.drill = Some(id.clone());
    record.value.snapshot = drill.from.as_ref().map(|from| from.snapshot);
    record.value.accept_red = true;
    Ok(Begun::Recorded(Box::new(record)))
}

/// The answer where the deployment is recorded: it goes on where this execution has recorded it.
async fn before(ports: &impl Ports, ask: &Ask, former: &Deployment) -> Answered<Begun> {
    Ok(Begun::Before(
        if former.executions.first() == Some(&ask.execution.arn) {
            Admitted::New(former.id.clone())
        } else {
            Admitted::Answer(same(ports, former).await?)
        },
    ))
}

fn not_under_way(of: EnvironmentId<'_>, id: &DeploymentId) -> Finding {
    let EnvironmentId {
        environment: env, ..
    } = of;
    Finding::new(
        FindingName::UnknownName,
        "drill",
        format!("drill {id} is not under way in {env}."),
        format!(
            "Leave `drill` out: start {} for another drill.",
            operators(ActionName::Drill, of)
        ),
    )
}

/// The environment that a drill is asked for, and the version of the declaration in force.
async fn declared(
    ports: &impl Ports,
    request: &Request,
) -> Answered<Result<(EnvironmentName, semver::Version), Vec<Finding>>> {
    let declared = match pin::declaration_in_force(ports, &request.app).await? {
        Ok(declared) => declared,
        Err(findings) => return Ok(Err(findings)),
    };
    let env = pin::named_environment(ports, request).await?;
    Ok(env.map(|env| (env, declared.version)))
}

/// The same of a drill that is to come back: by the declaration by which it went there. What was uploaded since may have
/// other components, and by it what ran before could not be brought back.
async fn declared_there(
    ports: &impl Ports,
    request: &Request,
    drill: &DeploymentId,
) -> Answered<Result<(EnvironmentName, semver::Version), Vec<Finding>>> {
    let there = store::load(ports, &store::deployment(drill)).await?;
    let env = match request.named_environment() {
        Ok(env) => env.clone(),
        Err(finding) => return Ok(Err(vec![finding])),
    };
    Ok(there.map_or_else(
        || {
            Err(vec![not_under_way(
                EnvironmentId::new(&request.app, &env),
                drill,
            )])
        },
        |there| Ok((env.clone(), there.value.declaration)),
    ))
}

/// Reads what is known of an environment's drills.
pub async fn load(ports: &impl Ledger, of: EnvironmentId<'_>) -> Answered<Stored<Drills>> {
    store::load_or_default(ports, &store::drills(of)).await
}

/// Returns the write of the drills. They have a place in the index while somebody is to start the way back.
fn put(drills: &Stored<Drills>, of: EnvironmentId<'_>) -> Answered<Write> {
    let awaits = drills.value.awaits_back();
    let ended = awaits.and_then(|drill| {
        let leg = drill.back.as_ref().unwrap_or(&drill.there);
        leg.ended.as_ref()
    });
    drills.put_indexed(ended.map(|ended| store::drills_index(ended.at, of)))
}

fn writes(
    drills: &Stored<Drills>,
    of: EnvironmentId<'_>,
    ended: Option<Drill>,
) -> Answered<Vec<Write>> {
    let mut writes = vec![put(drills, of)?];
    if let Some(ended) = ended {
        let key = store::drill(of, ended.asked, &ended.id);
        writes.push(Stored::new(key, ended).put()?);
    }
    Ok(writes)
}

/// Chooses where the way there goes: to the newest verified-good snapshot that the present one replaced, whose release is
/// not vetoed, and that is something else than what runs. It goes across nothing irreversible. The drill notes both ends.
pub async fn choose(
    ports: &impl Ports,
    view: &mut View,
    record: &Deployment,
) -> Answered<Result<Option<u64>, Vec<Finding>>> {
    let at = record.environment_id();
    let state = &view.state.value;
    let mut goal = rollback::newest_good(ports, state.snapshot, at).await?;
    while let Some(same) = goal.take_if(|goal| goal.clone().with_found(state).runs(state)) {
        goal = rollback::newest_good(ports, same.number, at).await?;
    }
    let goal = goal.map(|goal| goal.with_found(state));
    let present = rollback::snapshot(ports, at, state.snapshot).await?;
    let (Some(goal), Some(present)) = (goal, present) else {
        let good = rollback::good_ones(ports, view, at).await?;
        return Ok(Err(vec![no_version_before(record, &good)]));
    };
    let crossed = crossed(&goal, state);
    if !crossed.is_empty() {
        let finding = irreversible(record, &goal, &in_words(&crossed));
        return Ok(Err(vec![finding]));
    }
    let under_way = view.drills.value.under_way.as_mut();
    if let Some(drill) = under_way.filter(|drill| drill.id == record.id) {
        drill.from = Some(Standing::of(&present));
        drill.to = Some(Standing::of(&goal));
    }
    Ok(Ok(Some(goal.number)))
}

fn no_version_before(record: &Deployment, good: &[Snapshot]) -> Finding {
    let to_good = rollback::to_a_good_one(good, record.environment_id());
    let (reason, remedy) = match to_good {
        Some(to_good) => (
            "the present snapshot replaced none that was verified good, is not vetoed, and is something else. A drill \
             goes only to what the present one replaced.",
            format!(
                "{to_good} Or deploy a release: then there is a version before, and a drill can go there."
            ),
        ),
        None => (
            "no other release that was verified good, and is not vetoed, ran before the present one.",
            "Deploy a second release: then there is a version before, and a drill can go there."
                .into(),
        ),
    };
    let at = format!("environments.{}", record.environment);
    Finding::new(FindingName::NothingToGoBackTo, at, reason, remedy)
}

fn irreversible(record: &Deployment, goal: &Snapshot, crossed: &str) -> Finding {
    Finding::new(
        FindingName::Irreversible,
        format!("environments.{}", record.environment),
        format!(
            "going back to snapshot {} ({}) crosses what is irreversible: {crossed}. A drill goes across nothing.",
            goal.number, goal.version
        ),
        "Nothing has to be done. After one more release without such a run there is a version before to go to.",
    )
}

/// Returns the writes that note, at its turn, where a drill goes.
pub fn noted(view: &View, record: &Deployment) -> Answered<Vec<Write>> {
    if record.of_drill() != Some(&record.id) {
        return Ok(Vec::new());
    }
    Ok(vec![put(&view.drills, record.environment_id())?])
}

/// The writes of what the end of a deployment means for its drill; none of a deployment of no drill that is under way.
/// `snapshot` is the number of the one that describes what runs now.
pub async fn leg_ended(
    ports: &impl Ports,
    record: &Deployment,
    steps: &[Stored<Step>],
    snapshot: u64,
) -> Answered<Vec<Write>> {
    if record.of_drill().is_none() {
        return Ok(Vec::new());
    }
    let judged = store::load_all(ports, &store::judgements(&record.id)).await?;
    let judgements: Vec<Judgement> = judged.into_iter().map(|judged| judged.value).collect();
    let steps: Vec<&Step> = steps.iter().map(|step| &step.value).collect();
    taken_in(ports, record, &steps, &judgements, snapshot).await
}

/// The same of a deployment that is left to an operator because its recoveries died: the steps and judgements may be what
/// they died of, and the drill ends without them.
pub async fn leg_left(ports: &impl Ports, record: &Deployment) -> Answered<Vec<Write>> {
    taken_in(ports, record, &[], &[], 0).await
}

async fn taken_in(
    ports: &impl Ports,
    record: &Deployment,
    steps: &[&Step],
    judgements: &[Judgement],
    snapshot: u64,
) -> Answered<Vec<Write>> {
    if record.of_drill().is_none() {
        return Ok(Vec::new());
    }
    let mut drills = load(ports, record.environment_id()).await?;
    let under_way = drills.value.under_way.as_ref();
    if under_way.is_none_or(|drill| drill.direction(&record.id).is_none()) {
        return Ok(Vec::new());
    }
    let end = LegEnd {
        record,
        steps,
        judgements,
        snapshot,
    };
    let ended = drills.value.leg_ended(record.environment_id(), &end);
    writes(&drills, record.environment_id(), ended)
}

/// Starts the way back where a deployment of a drill has ended and its drill awaits that. Where that fails, the schedule
/// of recovery starts it.
pub async fn go_on(ports: &impl Ports, record: &Deployment) {
    if record.of_drill().is_none() {
        return;
    }
    let started = match load(ports, record.environment_id()).await {
        // The first try. The schedule makes the next ones, so that there is time between two.
        Ok(drills) => match drills.value.awaits_back() {
            Some(drill) if drill.tries == 0 => {
                recovery::come_back(ports, record.environment_id(), drill).await
            }
            _ => return,
        },
        Err(fault) => Err(fault),
    };
    if let Err(fault) = started {
        tracing::warn!(%fault, "the way back of the drill is left to the schedule");
    }
}
