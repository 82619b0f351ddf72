//! `rename` and `hand_over`: give the records of a component, or of all of an environment, another owner, in one step.

use super::commit::{TRIES, commit, contended, pause};
use super::done;
use super::{Ports, refuse};
use crate::movable::Movable;
use crate::payload::{Answer, Ask};
use crate::ports::Answered;
use crate::store::Done;
use windlass_domain::request::Request;

/// Moves it, in one transaction. Where somebody has written in between, all of it is looked at anew.
pub async fn moving(ports: &impl Ports, ask: &Ask, request: &Request) -> Answered<Answer> {
    for tried in 0..TRIES {
        if let Some(answer) = done::before(ports, ask).await? {
            return Ok(answer);
        }
        let moving = match request.named_environment() {
            Ok(_) => request.moving(),
            Err(finding) => return refuse::refuse(ports, ask, request, vec![finding]).await,
        };
        let Some(moving) = moving else {
            break;
        };
        let found = Movable::load(ports, moving).await?;
        let moves = match found.decide(moving) {
            Ok(moves) => moves,
            Err(findings) => return refuse::refuse(ports, ask, request, findings).await,
        };
        let done = Done::moved(moving.sides(), moves.in_words(moving));
        let mut writes = found.moved(moving, &moves, ports.now())?;
        writes.push(done.put(ask)?);
        if commit(ports, writes).await? {
            return Ok(done.answer());
        }
        pause(ports, tried).await;
    }
    Err(contended("moving"))
}
