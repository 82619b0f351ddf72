//! `AwaitTurn`: leaves the task token in the ledger, so that waiting costs nothing.

use crate::conductor::environment::view::View;
use crate::conductor::ports::Ports;
use crate::ledger::{self, commit, retry};
use crate::payload::{Answer, Caller, WaitTransition};
use crate::ports::Result;
use windlass_domain::admission::Decision;

/// Serves the state. The token is stored before the lock is looked at again, so that a lock which
/// was freed in between wakes it at once: either this look sees it free, or the outbox, which
/// looks after the lock was freed, sees the token.
pub async fn await_turn(ports: &impl Ports, by: &Caller, token: &str) -> Result<Answer<WaitTransition>> {
    let id = &by.deployment;
    retry(ports, "waiting for its turn", async || {
        let record = ledger::require(ports, &ledger::deployment(id)).await?;
        let view = View::load(ports, &record.value).await?;
        let Some(waiting) = view.waiting_of(&record.value) else {
            // It was ended or taken in between; `Admit` tells which.
            ports.succeed_task(token, &serde_json::json!({})).await?;
            return Ok(Some(Answer::of(WaitTransition::Wait, id, 0)));
        };
        let mut waiting = waiting.clone();
        waiting.value.keep(token);
        let index = ledger::waiting_index(record.value.environment_id(), id);
        if commit(ports, vec![waiting.put_indexed(Some(index))?]).await? {
            let view = View::load(ports, &record.value).await?;
            if !matches!(view.decide(&record.value), Decision::Wait | Decision::Preempt(_)) {
                ports.succeed_task(token, &serde_json::json!({})).await?;
            }
            return Ok(Some(Answer::of(WaitTransition::Wait, id, 0)));
        }
        Ok(None)
    })
    .await
}
