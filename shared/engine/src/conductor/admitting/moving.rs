//! `rename` and `hand_over`: give the records of a component, or of all of an environment, another owner, in one step.

use crate::conductor::ports::Ports;
use crate::conductor::telling::completed_action::once;
use crate::ledger::ExecutionRecord;
use crate::movable::Movable;
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::trouble::Checked;
use windlass_domain::fault::Fault;
use windlass_domain::request::Request;

/// Moves it, in one transaction. Where somebody has written in between, all of it is looked at anew.
pub async fn move_records(
    ports: &impl Ports,
    execution: &ExecutionRef,
    request: &Request,
) -> Checked<Answer<EndTransition>> {
    once(ports, execution, "moving", async || {
        request.named_environment()?;
        let Some(moving) = request.moving() else {
            return Err(Fault::internal("a move without what is moved").into());
        };
        let found = Movable::load(ports, moving).await?;
        let moves = found.decide(moving)?;
        let done = ExecutionRecord::moved(moving.sides(), moves.in_words(moving));
        let writes = found.moved(moving, &moves, ports.now())?;
        Ok((done, writes))
    })
    .await
}
