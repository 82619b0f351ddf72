//! The ports that the conductor needs.

use crate::config::Configured;
use crate::payload::Ask;
use crate::ports::{Answered, Clock, Executions, Ledger, Objects, Registry};
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::identity::DeploymentId;

/// The ports that the conductor needs.
pub trait Ports: Ledger + Objects + Registry + Executions + Clock + Configured {}
impl<P: Ledger + Objects + Registry + Executions + Clock + Configured> Ports for P {}

/// Returns the deployment of a request. Every state other than `Admit` must name one.
pub fn deployment_of(ask: &Ask) -> Answered<&DeploymentId> {
    ask.deployment.as_ref().ok_or_else(|| {
        Fault::new(
            FaultName::BadInput,
            format!("the state {} names no deployment", ask.state),
        )
    })
}
