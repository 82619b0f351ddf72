//! `rollback`, `restore` and `withdraw` go back to what an earlier snapshot says, and a rollback holds automatic
//! deployments. `drill` goes to the version before, and back; see [`windlass_domain::deployment::drill`].

use crate::conductor::admitting::identify::reused;
use crate::conductor::answering::release_status::same;
use crate::conductor::environment::snapshot_walk::snapshot;
use crate::conductor::environment::{drills, hold_of, set_hold};
use crate::conductor::request::{Admitted, Asker, Ports};
use crate::ledger::{self, ExecutionDeployment, Stored, commit, put_arrived, put_state, retry};
use crate::payload::ExecutionRef;
use crate::pin;
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::Checked;
use std::collections::BTreeMap;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::drill::{Drill, Drills};
use windlass_domain::deployment::refusal::not_idle;
use windlass_domain::environment::EnvironmentState;
use windlass_domain::prose;
use windlass_domain::release::Release;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::operators;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::{Request, Route};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::EnvironmentName;

/// Records the rollback and sets the hold, in one transaction; or records the restoring or the withdrawal, which set
/// none. A rollback that names what does not exist sets none either.
pub async fn go_back(ports: &impl Ports, execution: &Asker<'_>, request: &Request) -> Checked<Admitted> {
    let env = pin::named_environment(ports, request).await?;
    let declaration = pin::declaration_in_force(ports, &request.app).await?.version;
    retry(ports, "recording the rollback", async || {
        let record = new_record(ports, execution, request, &env, declaration.clone());
        let id = record.value.id.clone();
        let former = ledger::load(ports, &ledger::deployment(&id)).await?;
        if let Some(former) = former {
            let asked = former.value.keyed.as_ref();
            if let Some(finding) = asked.and_then(|asked| reused(request, asked, &id)) {
                return Err(finding.into());
            }
            return Ok(Some(before(ports, execution, &former.value).await?));
        }
        let known = Stored::new(ledger::execution(&execution.arn), ExecutionDeployment { deployment: id.clone() });
        let mut writes = vec![put_arrived(&record)?, known.put()?];
        if request.action == ActionName::Rollback {
            let of = EnvironmentId::new(&request.app, &env);
            let mut state = ledger::load_or_default(ports, &ledger::state(of)).await?;
            if !is_nowhere(ports, request, of, &state.value).await? {
                set_hold(&mut state.value, &hold_of(ports, execution, request, of));
                writes.push(put_state(&state, of)?);
            }
        }
        Ok(commit(ports, writes).await?.then_some(Admitted::New(id)))
    })
    .await
}

/// Returns whether a request names a snapshot that does not exist, or a component that does not run or was run once.
/// Then it cannot go anywhere, and sets no hold: what makes a snapshot of that number before its turn is another
/// rollback, which has set one.
async fn is_nowhere(
    ports: &impl DynamoDbApi,
    request: &Request,
    of: EnvironmentId<'_>,
    state: &EnvironmentState,
) -> Result<bool> {
    let goes_back = |name| state.running.get(name).is_some_and(|ran| !ran.once);
    let is_unknown = request.component.as_ref().is_some_and(|name| !goes_back(name));
    match request.snapshot {
        Some(number) if !is_unknown => Ok(snapshot(ports, of, number).await?.is_none()),
        _ => Ok(is_unknown),
    }
}

/// Each press is a deployment of its own: its identity is its key's, else the execution's. A check, which brings no
/// release either, has such a record, too.
pub fn new_record(
    ports: &impl Ports,
    execution: &Asker<'_>,
    request: &Request,
    env: &EnvironmentName,
    declaration: semver::Version,
) -> Stored<Deployment> {
    let now = ports.now();
    let key = request.idempotency_key.as_ref().unwrap_or(&execution.arn);
    let press = Digest::of(key.as_bytes());
    let id = DeploymentId::keyed(EnvironmentId::new(&request.app, env), request.action, key);
    let none = Release {
        app: request.app.clone(),
        version: request.action.to_string(),
        git: None,
        sequence: None,
        components: BTreeMap::new(),
        image_push: false,
    };
    let arn = &execution.arn;
    let env = env.clone();
    let mut record = Deployment {
        release_digest: press,
        allow_older: true,
        accept_red: matches!(request.action, ActionName::Rollback | ActionName::Withdraw),
        through_hold: true,
        by_person: request.action != ActionName::Restore || request.asked_by().route != Route::Windlass,
        vouched: execution.vouched,
        ..Deployment::accepted(id.clone(), request, env, none, declaration, arn, now)
    };
    let allowed_by = execution.rules.allowed_by(&record.asked());
    record.allowed_by = allowed_by;
    Stored::new(ledger::deployment(&id), record)
}

/// Records the drill with its first deployment, or the deployment that comes back.
pub async fn drill(ports: &impl Ports, execution: &Asker<'_>, request: &Request) -> Checked<Admitted> {
    let (env, declaration) = match &request.drill {
        None => declared(ports, request).await?,
        Some(drill) => declared_there(ports, request, drill).await?,
    };
    retry(ports, "recording the drill", async || {
        let mut drills = drills::load(ports, EnvironmentId::new(&request.app, &env)).await?;
        let mut record = new_record(ports, execution, request, &env, declaration.clone());
        let admitted = match &request.drill {
            None => begin(ports, execution, request, &mut drills, &record).await?,
            Some(drill) => come_back(ports, execution, &mut drills, drill, &mut record).await?,
        };
        if admitted.is_some() {
            return Ok(admitted);
        }
        let id = record.value.id.clone();
        let known = Stored::new(ledger::execution(&execution.arn), ExecutionDeployment { deployment: id.clone() });
        let writes =
            vec![drills::put(&drills, EnvironmentId::new(&request.app, &env))?, put_arrived(&record)?, known.put()?];
        Ok(commit(ports, writes).await?.then_some(Admitted::New(id)))
    })
    .await
}

/// Begins a drill with this record, unless it is recorded already: then the answer is about that.
async fn begin(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
    drills: &mut Stored<Drills>,
    record: &Stored<Deployment>,
) -> Checked<Option<Admitted>> {
    let id = &record.value.id;
    let former = ledger::load(ports, &ledger::deployment(id)).await?;
    if let Some(former) = former {
        let asked = former.value.keyed.as_ref();
        return match asked.and_then(|asked| reused(request, asked, id)) {
            Some(finding) => Err(finding.into()),
            None => Ok(Some(before(ports, execution, &former.value).await?)),
        };
    }
    if let Some(under_way) = &drills.value.under_way {
        return Err(not_idle(record.value.environment_id(), &under_way.id).into());
    }
    drills.value.under_way = Some(Drill::begin(&record.value));
    Ok(None)
}

/// Makes the record that of the deployment that goes back to what ran when the drill began, unless that one is recorded
/// already.
async fn come_back(
    ports: &impl Ports,
    execution: &ExecutionRef,
    drills: &mut Stored<Drills>,
    id: &DeploymentId,
    record: &mut Stored<Deployment>,
) -> Checked<Option<Admitted>> {
    let (app, env) = (record.value.app.clone(), record.value.environment.clone());
    let of = EnvironmentId::new(&app, &env);
    let Some(drill) = drills.value.under_way.as_mut().filter(|drill| drill.id == *id) else {
        return Err(not_under_way(of, id).into());
    };
    if !drill.awaits_back() {
        let deployment = drill.back.as_ref().unwrap_or(&drill.there);
        let former = ledger::require(ports, &ledger::deployment(&deployment.deployment)).await?;
        return Ok(Some(before(ports, execution, &former.value).await?));
    }
    let next = drill.next_back(of);
    drill.come_back(next.clone());
    record.key = ledger::deployment(&next);
    record.value.order.id = next.clone();
    record.value.id = next;
    record.value.drill = Some(id.clone());
    record.value.snapshot = drill.from.as_ref().map(|from| from.snapshot);
    record.value.accept_red = true;
    Ok(None)
}

/// Returns the answer where the deployment is recorded: it goes on where this execution has recorded it, in an
/// invocation beside this one, or in one whose answer was lost.
async fn before(ports: &impl Ports, execution: &ExecutionRef, former: &Deployment) -> Result<Admitted> {
    Ok(if former.executions.first() == Some(&execution.arn) {
        Admitted::New(former.id.clone())
    } else {
        Admitted::from(same(ports, former).await?)
    })
}

fn not_under_way(of: EnvironmentId<'_>, id: &DeploymentId) -> Finding {
    let env = of.environment();
    Finding::new(
        FindingName::UnknownName,
        "drill",
        format!("drill {id} is not under way in {env}."),
        prose!("Leave `drill` out: start {} for another drill.", operators(ActionName::Drill, of)),
    )
}

/// The environment that a drill is asked for, and the version of the declaration in force.
async fn declared(ports: &impl Ports, request: &Request) -> Checked<(EnvironmentName, semver::Version)> {
    let declared = pin::declaration_in_force(ports, &request.app).await?;
    let env = pin::named_environment(ports, request).await?;
    Ok((env, declared.version))
}

/// Returns the same of a drill that is to come back, by the declaration by which it went there. A later one may have
/// other components, and by it what ran before could not be brought back.
async fn declared_there(
    ports: &impl Ports,
    request: &Request,
    drill: &DeploymentId,
) -> Checked<(EnvironmentName, semver::Version)> {
    let there = ledger::load(ports, &ledger::deployment(drill)).await?;
    let env = request.named_environment()?.clone();
    match there {
        Some(there) => Ok((env, there.value.declaration)),
        None => Err(not_under_way(EnvironmentId::new(&request.app, &env), drill).into()),
    }
}
