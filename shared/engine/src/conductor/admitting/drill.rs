//! `drill`: to the version before, and back; see [`windlass_domain::drill`].

use crate::conductor::admitting::identify::reused;
use crate::conductor::admitting::rollback::new_record;
use crate::conductor::environment::drills;
use crate::conductor::ports::Ports;
use crate::conductor::request::Admitted;
use crate::conductor::telling::release_status::same;
use crate::ledger::{self, Execution, Stored, commit, put_arrived, retry};
use crate::payload::ExecutionRef;
use crate::pin;
use crate::ports::Result;
use crate::trouble::Checked;
use windlass_domain::deployment::Deployment;
use windlass_domain::drill::{Drill, Drills};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::{DeploymentId, EnvironmentId};
use windlass_domain::input::operators;
use windlass_domain::name::EnvironmentName;
use windlass_domain::refusal::not_idle;
use windlass_domain::request::{ActionName, Request};

/// Records the drill with its first deployment, or the deployment that comes back.
pub async fn drill(ports: &impl Ports, execution: &ExecutionRef, request: &Request) -> Checked<Admitted> {
    let (env, declaration) = match &request.drill {
        None => declared(ports, request).await?,
        Some(drill) => declared_there(ports, request, drill).await?,
    };
    retry(ports, "recording the drill", async || {
        let mut drills = drills::load(ports, EnvironmentId::new(&request.app, &env)).await?;
        let record = new_record(ports, execution, request, &env, declaration.clone());
        let begun = match &request.drill {
            None => begin(ports, execution, request, &mut drills, record).await?,
            Some(drill) => come_back(ports, execution, &mut drills, drill, record).await?,
        };
        let record = match begun {
            DrillAdmission::Recorded(record) => record,
            DrillAdmission::Before(admitted) => return Ok(Some(admitted)),
            DrillAdmission::Refused(finding) => return Err(finding.into()),
        };
        let id = record.value.id.clone();
        let known = Execution { deployment: id.clone() };
        let known = Stored::new(ledger::execution(&execution.arn), known);
        let writes =
            vec![drills::put(&drills, EnvironmentId::new(&request.app, &env))?, put_arrived(&record)?, known.put()?];
        let is_done = commit(ports, writes).await?;
        Ok(is_done.then_some(Admitted::New(id)))
    })
    .await
}

/// The deployment to record, or why none is recorded.
enum DrillAdmission {
    Recorded(Box<Stored<Deployment>>),
    Before(Admitted),
    Refused(Finding),
}

async fn begin(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
    drills: &mut Stored<Drills>,
    record: Stored<Deployment>,
) -> Result<DrillAdmission> {
    let id = &record.value.id;
    let former = ledger::load(ports, &ledger::deployment(id)).await?;
    if let Some(former) = former {
        let asked = former.value.keyed.as_ref();
        return match asked.and_then(|asked| reused(request, asked, id)) {
            Some(finding) => Ok(DrillAdmission::Refused(finding)),
            None => before(ports, execution, &former.value).await,
        };
    }
    if let Some(under_way) = &drills.value.under_way {
        return Ok(DrillAdmission::Refused(not_idle(record.value.environment_id(), &under_way.id)));
    }
    drills.value.under_way = Some(Drill::begin(&record.value));
    Ok(DrillAdmission::Recorded(Box::new(record)))
}

/// The deployment that goes back to what ran when the drill began.
async fn come_back(
    ports: &impl Ports,
    execution: &ExecutionRef,
    drills: &mut Stored<Drills>,
    id: &DeploymentId,
    mut record: Stored<Deployment>,
) -> Result<DrillAdmission> {
    let (app, env) = (record.value.app.clone(), record.value.environment.clone());
    let of = EnvironmentId::new(&app, &env);
    let under_way = drills.value.under_way.as_mut();
    let Some(drill) = under_way.filter(|drill| drill.id == *id) else {
        return Ok(DrillAdmission::Refused(not_under_way(of, id)));
    };
    if !drill.awaits_back() {
        let deployment = drill.back.as_ref().unwrap_or(&drill.there);
        let key = ledger::deployment(&deployment.deployment);
        let former = ledger::require(ports, &key).await?;
        return before(ports, execution, &former.value).await;
    }
    let next = drill.next_back(of);
    drill.come_back(next.clone());
    record.key = ledger::deployment(&next);
    record.value.order.id = next.clone();
    record.value.id = next;
    record.value.drill = Some(id.clone());
    record.value.snapshot = drill.from.as_ref().map(|from| from.snapshot);
    record.value.accept_red = true;
    Ok(DrillAdmission::Recorded(Box::new(record)))
}

/// The answer where the deployment is recorded: it goes on where this execution has recorded it.
async fn before(ports: &impl Ports, execution: &ExecutionRef, former: &Deployment) -> Result<DrillAdmission> {
    Ok(DrillAdmission::Before(if former.executions.first() == Some(&execution.arn) {
        Admitted::New(former.id.clone())
    } else {
        Admitted::from(same(ports, former).await?)
    }))
}

fn not_under_way(of: EnvironmentId<'_>, id: &DeploymentId) -> Finding {
    let EnvironmentId { environment: env, .. } = of;
    Finding::new(
        FindingName::UnknownName,
        "drill",
        format!("drill {id} is not under way in {env}."),
        format!("Leave `drill` out: start {} for another drill.", operators(ActionName::Drill, of)),
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
