//! `deploy-appconfig`: drives one configuration to a wave's goal, or back.

use crate::config::Configured;
use crate::converge::{Budget, converge};
use crate::kinds::appconfig::Appconfig;
use crate::payload::{Work, WorkDone};
use crate::ports::{Answered, Clock, Configurations, Ledger, Objects, Reach};
use windlass_domain::place::Place;

/// Handles one invocation; see [`converge`] for answers and faults.
pub async fn handle<P>(ports: &P, work: Work) -> Answered<WorkDone>
where
    P: Ledger + Clock + Reach + Configurations + Objects + Configured,
{
    let home = ports.at(&Place::default());
    let make = |at| Appconfig::new(home, at, work.deployment.clone());
    converge(ports, make, &work, Budget::default()).await
}
