//! A person steers: `pause`, `continue` and `skip_bake` a deployment that watches, `hold` and `release_hold` the
//! automatic deployments of an environment.

use crate::conductor::answering::without_deployment::once;
use crate::conductor::environment::{deployment_in, hold_of, set_hold};
use crate::conductor::request::{Asker, Ports};
use crate::deployment_context::resolved;
use crate::ledger::{self, ExecutionRecord, Stored, put_deployment, put_state};
use crate::payload::{Answer, EndTransition};
use crate::pin;
use crate::ports::{Result, Write};
use crate::trouble::Checked;
use windlass_domain::access::Asked;
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::steering::{SteeringDecision, SteeringFacts, SteeringRequest, decide};
use windlass_domain::environment::{Hold, Lock};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::Request;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::EnvironmentName;

/// Writes what is decided into the record, while the wave is judged no further and nobody takes over. The judge takes
/// it in with its next look.
pub async fn steer(ports: &impl Ports, execution: &Asker<'_>, request: &Request) -> Checked<Answer<EndTransition>> {
    once(ports, execution, "steering the deployment", async || {
        let env = pin::named_environment(ports, request).await?;
        let found = find(ports, request, &env).await?;
        match decision(ports, execution, request, &found).await? {
            SteeringDecision::Refused(findings) => Err(findings.into()),
            SteeringDecision::Already(sentence) => Ok((ExecutionRecord::of(&found.record.value.id, sentence), vec![])),
            SteeringDecision::Turn(turn) => {
                let sentence = turn.message(&found.record.value);
                let done = ExecutionRecord::of(&found.record.value.id, sentence);
                let mut record = found.record.clone();
                record.value.wheel.push(turn);
                Ok((done, found.changed(&record)?))
            }
        }
    })
    .await
}

/// A deployment as the ledger has it.
struct SteeredDeployment {
    record: Stored<Deployment>,
    lock: Stored<Lock>,
    plan: Plan,
    judgements: Vec<Stored<Judgement>>,
}

impl SteeredDeployment {
    /// Returns the write of the record, on the condition that the facts of the decision still hold.
    fn changed(&self, record: &Stored<Deployment>) -> Result<Vec<Write>> {
        let last = self.judgements.iter().max_by_key(|judgement| judgement.value.wave);
        let mut writes = vec![put_deployment(record)?, self.lock.check()];
        writes.extend(last.map(Stored::check));
        Ok(writes)
    }
}

/// The deployment that is named, else the one that holds the lock.
async fn find(ports: &impl Ports, request: &Request, env: &EnvironmentName) -> Checked<SteeredDeployment> {
    let of = EnvironmentId::new(&request.app, env);
    let lock = ledger::load_or_default(ports, &ledger::lock(of)).await?;
    let held = lock.value.held.as_ref().map(|held| &held.deployment);
    let Some(id) = request.deployment.as_ref().or(held) else {
        return Err(Finding::new(
            FindingName::NotWatched,
            "deployment",
            format!("nothing is under way in {}/{env}.", request.app),
            "Nothing has to be done.",
        )
        .into());
    };
    let record = deployment_in(ports, of, id, "Leave it out to steer the deployment that holds the lock.").await?;
    let plan = ledger::load(ports, &ledger::plan(id)).await?;
    let plan = plan.map_or_else(|| Plan::empty(PlanOutcome::Change), |plan| plan.value);
    let judgements = ledger::load_all(ports, &ledger::judgements(id)).await?;
    Ok(SteeredDeployment { record, lock, plan, judgements })
}

async fn decision(
    ports: &impl Ports,
    asker: &Asker<'_>,
    request: &Request,
    found: &SteeredDeployment,
) -> Result<SteeringDecision> {
    let resolved = resolved(ports, &found.record.value).await?;
    let judgements: Vec<Judgement> = found.judgements.iter().map(|one| one.value.clone()).collect();
    let by = request.asked_by();
    let wish = SteeringRequest {
        action: request.action,
        lasts: request.pause_for,
        by: by.to_string(),
        allowed_by: asker.rules.allowed_by(&Asked::of(request, &by, found.record.value.environment_id())),
        reason: request.reason.as_deref().unwrap_or("no reason given"),
    };
    let watched = SteeringFacts {
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

/// Sets or releases the hold. A hold that is set stays, and keeps what is said for a reason now beside its own.
pub async fn hold(ports: &impl Ports, execution: &Asker<'_>, request: &Request) -> Checked<Answer<EndTransition>> {
    once(ports, execution, "setting the hold", async || {
        let env = pin::named_environment(ports, request).await?;
        let of = EnvironmentId::new(&request.app, &env);
        let mut state = ledger::load_or_default(ports, &ledger::state(of)).await?;
        let asked = hold_of(ports, execution, request, of);
        let cause = if request.action == ActionName::Hold {
            let words = set_hold(&mut state.value, &asked).in_words();
            format!("Automatic deployments into {}/{env} are held {words}.", request.app)
        } else {
            // Somebody who lets them go on has looked: what is restored is counted anew.
            state.value.restored.clear();
            let held = state.value.hold.take();
            if held.is_some() {
                state.value.released = Some(asked);
            }
            released(of, held.as_ref())
        };
        let done = ExecutionRecord::of(&DeploymentId("none".into()), cause);
        let state = put_state(&state, of)?;
        Ok((done, vec![state]))
    })
    .await
}

fn released(of: EnvironmentId<'_>, hold: Option<&Hold>) -> String {
    let Some(hold) = hold else { return format!("Nothing was released: there is no hold on deployments into {of}.") };
    format!(
        "The hold on deployments into {of} is released; they were held {}. A release that was refused meanwhile \
         comes no more by itself: release or deploy it again.",
        hold.in_words()
    )
}
