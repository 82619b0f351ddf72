//! `rollback`: goes back to an earlier verified-good snapshot, and holds automatic deployments. `restore` and
//! `withdraw` are recorded in the same way, and hold nothing.

use crate::conductor::admitting::identify::reused;
use crate::conductor::environment::good_snapshots::snapshot;
use crate::conductor::environment::holds::set_hold;
use crate::conductor::ports::Ports;
use crate::conductor::request::Admitted;
use crate::conductor::telling::release_status::same;
use crate::ledger::{self, Execution, Stored, commit, put_arrived, put_state, retry};
use crate::payload::ExecutionRef;
use crate::pin;
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::Checked;
use std::collections::BTreeMap;
use windlass_domain::deployment::Deployment;
use windlass_domain::digest::Digest;
use windlass_domain::identity::{DeploymentId, EnvironmentId};
use windlass_domain::name::EnvironmentName;
use windlass_domain::release::Release;
use windlass_domain::request::{ActionName, Request};

/// Records the rollback and sets the hold, in one transaction; or records the restoring. A rollback to a snapshot that
/// does not exist sets none.
pub async fn go_back(ports: &impl Ports, execution: &ExecutionRef, request: &Request) -> Checked<Admitted> {
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
            // A retry beside the invocation that has just recorded it, or after that one's answer was lost.
            if former.value.executions.first() == Some(&execution.arn) {
                return Ok(Some(Admitted::New(id)));
            }
            let answer = same(ports, &former.value).await?;
            return Ok(Some(Admitted::from(answer)));
        }
        let known = Stored::new(ledger::execution(&execution.arn), Execution { deployment: id.clone() });
        let mut writes = vec![put_arrived(&record)?, known.put()?];
        if request.action == ActionName::Rollback && !is_nowhere(ports, request, &env).await? {
            let of = EnvironmentId::new(&request.app, &env);
            let mut state = ledger::load_or_default(ports, &ledger::state(of)).await?;
            set_hold(ports, &mut state.value, request);
            writes.push(put_state(&state, of)?);
        }
        let is_done = commit(ports, writes).await?;
        Ok(is_done.then_some(Admitted::New(id)))
    })
    .await
}

/// Returns whether a request names a snapshot that does not exist. Then it cannot go anywhere, and sets no hold: what
/// makes a snapshot of that number before its turn is another rollback, which has set one.
async fn is_nowhere(ports: &impl DynamoDbApi, request: &Request, env: &EnvironmentName) -> Result<bool> {
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
    execution: &ExecutionRef,
    request: &Request,
    env: &EnvironmentName,
    declaration: semver::Version,
) -> Stored<Deployment> {
    let now = ports.now();
    let key = request.idempotency_key.as_ref();
    let key = key.unwrap_or(&execution.arn);
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
    let record = Deployment {
        release_digest: press,
        allow_older: true,
        accept_red: matches!(request.action, ActionName::Rollback | ActionName::Withdraw),
        through_hold: true,
        by_person: request.action != ActionName::Restore,
        ..Deployment::accepted(id.clone(), request, env, none, declaration, arn, now)
    };
    Stored::new(ledger::deployment(&id), record)
}
