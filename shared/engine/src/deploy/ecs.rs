//! `deploy-ecs`: drives one ECS service to a wave's goal, or back.

use crate::config::Configured;
use crate::converge::{Budget, converge};
use crate::kinds::ecs::{Ecs, Sent, State, Update, completed};
use crate::payload::{Work, WorkDone};
use crate::ports::{Answered, Clock, Ledger, Objects, Reach, Services};
use crate::store;
use serde::Deserialize as _;
use std::collections::BTreeSet;
use windlass_domain::place::Place;
use windlass_domain::step::Step;

/// Handles one invocation; see [`converge`] for answers and faults.
pub async fn handle<P>(ports: &P, work: Work) -> Answered<WorkDone>
where
    P: Ledger + Clock + Reach + Services + Objects + Configured,
{
    let key = store::step(&work.deployment, &work.component);
    let step = store::require::<Step>(ports, &key).await?;
    let sent = sent(&step.value, &work);
    let home = ports.at(&Place::default());
    let make = |at| Ecs::new(home, at, work.deployment.clone(), sent);
    converge(ports, make, &work, Budget::default()).await
}

/// The last change of the service that was sent on this way under this token.
fn sent(step: &Step, work: &Work) -> Option<Sent> {
    let undo = work.wave.is_none();
    let mut changes = step.changes.iter().rev();
    let last = changes.find(|c| c.switching && c.undo == undo && c.token == work.token)?;
    Some(Sent {
        update: Update::deserialize(&last.change).ok()?,
        at: last.at,
        completed: completed_before(step),
    })
}

/// What was complete when the last change was sent: what was seen then is recorded with it.
fn completed_before(step: &Step) -> BTreeSet<String> {
    let seen = step.seen.as_ref();
    let state = seen.and_then(|seen| State::deserialize(seen).ok());
    let seen = state.and_then(|state| state.seen);
    seen.map_or_else(BTreeSet::new, |seen| completed(&seen.deployments))
}
