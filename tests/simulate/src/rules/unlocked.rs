use crate::outcome::Outcome;
use std::rc::Rc;
use windlass_domain::environment::{HeldState, Waiting};
use windlass_domain::release::ending::Ending;

/// "restoring failed: the environment stays locked" (rule 1), and only then: at rest no other deployment holds the
/// lock, and nobody waits.
///
/// Safety: endings: At rest nobody holds a lock but a deployment that needs an operator, and nobody waits.
pub fn unlocked(outcome: &Outcome<'_>) -> Result<(), String> {
    let stuck: Vec<_> = outcome
        .records()
        .into_iter()
        .filter(|record| {
            let ended = record.ending.as_ref();
            ended.is_some_and(|e| e.ending == Ending::NeedsOperator && e.resolved.is_none())
        })
        .map(|record| record.id.clone())
        .collect();
    match &outcome.lock().held {
        None if !stuck.is_empty() => {
            return Err(format!("{stuck:?} need an operator, and the lock is free"));
        }
        None => {}
        Some(held) if held.state == HeldState::NeedsOperator && stuck == [held.deployment.clone()] => {}
        Some(held) => {
            return Err(format!("{} holds the lock {:?}", held.deployment, held.state));
        }
    }
    let waiting: Vec<Rc<Waiting>> = outcome.all("env#shop/prod", "waiting#");
    if let Some(one) = waiting.first() {
        return Err(format!("deployment {} waits for ever", one.deployment));
    }
    let tokens = &outcome.world.stepfunctions().tokens;
    match tokens.first() {
        Some(token) => Err(format!("{token} waits for ever")),
        None => Ok(()),
    }
}
