//! `deploy-ecs`: drives one service to a wave's goal, or back.

use crate::config::Configured;
use crate::converge::{Budget, converge};
use crate::kinds::ecs::Ecs;
use crate::payload::{Work, WorkDone};
use crate::ports::{Answered, Clock, Ledger, Objects, Reach, Services};
use windlass_domain::place::Place;

/// Handles one invocation; see [`converge`] for answers and faults.
pub async fn handle<P>(ports: &P, work: Work) -> Answered<WorkDone>
where
    P: Ledger + Clock + Reach + Services + Objects + Configured,
{
    let home = ports.at(&Place::default());
    let make = |at| Ecs::new(home, at, work.deployment.clone());
    converge(ports, make, &work, Budget::default()).await
}
