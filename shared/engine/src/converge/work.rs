//! The work that a state of the machine asks of a deployer or a publisher.

use crate::payload::{DeployerInput, PublisherInput, StepRef};
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::ComponentName;

/// The work on one step, in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The lock's token.
    pub token: u64,
    /// The component.
    pub component: ComponentName,
    /// The wave whose goal is wanted; `None` on the way back to the state before.
    pub wave: Option<u32>,
}

impl Work {
    fn on(of: StepRef, wave: Option<u32>) -> Self {
        let StepRef { deployment, token, component } = of;
        Self { deployment, token, component, wave }
    }
}

impl From<DeployerInput> for Work {
    fn from(input: DeployerInput) -> Self {
        match input {
            DeployerInput::Deploy { of, wave } => Self::on(of, Some(wave)),
            DeployerInput::Restore(of) => Self::on(of, None),
        }
    }
}

impl From<PublisherInput> for Work {
    fn from(input: PublisherInput) -> Self {
        let PublisherInput::Publish { of, wave } = input;
        Self::on(of, Some(wave))
    }
}
