//! `deploy-lambda`: drives one function to a wave's goal, or back.

use crate::config::Configured;
use crate::converge::{Budget, converge};
use crate::kinds::lambda::LambdaKind;
use crate::payload::{Work, WorkDone};
use crate::ports::{Answered, Clock, Functions, Ledger, Objects, Reach};
use windlass_domain::place::Place;

/// Handles one invocation; see [`converge`] for answers and faults.
pub async fn handle<P>(ports: &P, work: Work) -> Answered<WorkDone>
where
    P: Ledger + Clock + Reach + Functions + Objects + Configured,
{
    let home = ports.at(&Place::default());
    let make = |at| LambdaKind::new(home, at);
    converge(ports, make, &work, Budget::default()).await
}
