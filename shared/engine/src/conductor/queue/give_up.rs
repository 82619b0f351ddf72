//! `GiveUp`: ends a deployment that waited longer than is allowed, or that could not wait.

use crate::conductor::environment::drills;
use crate::conductor::environment::holds::told_of_hold;
use crate::conductor::environment::view::View;
use crate::conductor::ports::Ports;
use crate::conductor::telling::cost::note_cost;
use crate::conductor::telling::ending::{add_line, reject, told};
use crate::ledger::{self, commit, put_deployment, retry};
use crate::payload::{Answer, Caller, EndTransition};
use crate::ports::{Result, Write};
use windlass_domain::deployment::Deployment;
use windlass_domain::finding::{Finding, FindingName};

/// The error name that Step Functions gives to a timeout.
const TOO_LONG: &str = "States.Timeout";

/// Serves the state. Where a late invocation of `Admit` has taken the lock after all, nothing is given up:
/// the recovery ends the deployment.
pub async fn give_up(ports: &impl Ports, by: &Caller, error: &str) -> Result<Answer<EndTransition>> {
    let id = &by.deployment;
    retry(ports, "giving up", async || {
        let mut record = ledger::require(ports, &ledger::deployment(id)).await?;
        if let Some(answer) = told(ports, &record.value).await? {
            return Ok(Some(answer));
        }
        let view = View::load(ports, &record.value).await?;
        view.not_taken_over(&record.value)?;
        let finding = match error {
            "" | TOO_LONG => waited_too_long(&record.value, &view),
            error => could_not_wait(&record.value, error),
        };
        reject(&mut record, vec![finding], ports.now());
        let hold = told_of_hold(&record.value, &view.state.value);
        add_line(&mut record, hold);
        note_cost(ports, &mut record.value, &[]).await;
        let mut writes = vec![put_deployment(&record)?, Write::check(view.lock.key.clone(), view.lock.unchanged())];
        writes.extend(view.leave_queue(&record.value));
        let snapshot = view.state.value.snapshot;
        writes.extend(drills::drill_deployment_ended(ports, &record.value, &[], snapshot).await?);
        if !commit(ports, writes).await? {
            return Ok(None);
        }
        told(ports, &record.value).await
    })
    .await
}

fn waited_too_long(record: &Deployment, view: &View) -> Finding {
    let owner = view.lock.value.held.as_ref().map_or_else(
        || "nobody holds the lock now".to_owned(),
        |held| format!("deployment {} holds the lock since {}", held.deployment, held.since),
    );
    Finding::new(
        FindingName::WaitedTooLong,
        format!("environments.{}", record.environment),
        format!("it waited too long for its turn; {owner}."),
        "See why the other deployment takes so long, then ask again.",
    )
}

fn could_not_wait(record: &Deployment, error: &str) -> Finding {
    Finding::new(
        FindingName::CouldNotWait,
        format!("environments.{}", record.environment),
        format!("it could not wait for its turn: a function failed with {error}."),
        "See the function's log for what failed, mend it, then ask again.",
    )
}
