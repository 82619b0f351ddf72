//! Leaving a deployment to an operator, once its recoveries keep dying.

use crate::conductor::environment::drills;
use crate::conductor::ports::Ports;
use crate::conductor::recovering::hand_over::{hand_over, handed_over};
use crate::conductor::recovering::owner;
use crate::conductor::telling::answer::of_record;
use crate::conductor::telling::ending::end;
use crate::ledger::{Stored, commit};
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::ports::{Execution, Result};
use windlass_domain::deployment::Deployment;
use windlass_domain::ending::Ending;
use windlass_domain::environment::{HeldState, Lock};
use windlass_domain::input::operators;
use windlass_domain::request::ActionName;

/// The number of recoveries that may die before Windlass starts no further one by itself. Each has retried for minutes
/// whatever a retry may help, so one more recovery does not mend what still fails after that. Without a bound they
/// would follow each other for ever, and nobody would be told.
const RECOVERIES: usize = 5;

/// The name of the cause.
const RECOVERIES_DIED: &str = "RecoveriesDied";

/// Returns whether that many recoveries have died, one after the other.
pub fn has_had_enough(record: &Deployment) -> bool {
    record.recoveries() >= RECOVERIES
}

/// Ends it `NeedsOperator`: only an operator's `recover` or `accept` goes on. The token is raised as
/// by every taking over, so that nothing that still runs changes anything. Reads nothing but what
/// was read already, because what cannot be read may be why the recoveries died. `None` when
/// something was written in between.
pub async fn leave(
    ports: &impl Ports,
    execution: &ExecutionRef,
    mut record: Stored<Deployment>,
    mut lock: Stored<Lock>,
    owner: Option<Execution>,
) -> Result<Option<Answer<EndTransition>>> {
    let Some(former) = hand_over(ports, execution, HeldState::NeedsOperator, &mut record, &mut lock) else {
        return Ok(None);
    };
    let cause = cause(&record.value, owner.as_ref());
    let now = ports.now();
    end(&mut record, Ending::NeedsOperator, RECOVERIES_DIED, cause, Vec::new(), now);
    let mut writes = handed_over(execution, &record, &lock)?;
    writes.extend(drills::drill_deployment_left(ports, &record.value).await?);
    if !commit(ports, writes).await? {
        return Ok(None);
    }
    ports.stop(&former, "TakenOver", "It is left to an operator.").await?;
    let ended = record.value.ending.as_ref();
    Ok(ended.map(|ended| of_record(&record.value, ended)))
}

fn cause(record: &Deployment, owner: Option<&Execution>) -> String {
    let (app, env) = (&record.app, &record.environment);
    let last = owner::why_stopped(owner);
    let undoing = record.undoing.as_ref();
    let undoing =
        undoing.map_or(String::new(), |why| format!("\n  it was being undone because {}: {}", why.name, why.text));
    format!(
        "{app} {env} {} NEEDS AN OPERATOR: {RECOVERIES} recoveries died, the last with {}: {}{undoing}\n  \
         next: the record tells of each component what was changed and seen; the environment stays \
         locked; mend what stopped the recoveries, then start {}, or {} to take \
         what is there",
        record.release.version,
        last.name,
        last.text,
        operators(ActionName::Recover, record.environment_id()),
        operators(ActionName::Accept, record.environment_id()),
    )
}
