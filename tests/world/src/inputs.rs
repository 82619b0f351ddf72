//! The inputs of deployers and publishers, as the state machine makes them.

use windlass_engine::payload::{DeployerInput, PublisherInput, StepRef};

/// Returns the input of a deployer: for a wave, or for the way back if there is none.
pub fn deployer_input(of: StepRef, wave: Option<u32>) -> DeployerInput {
    match wave {
        Some(wave) => DeployerInput::Deploy { of, wave },
        None => DeployerInput::Restore(of),
    }
}

/// Returns the input of a publisher in the first wave.
pub fn publisher_input(of: StepRef) -> PublisherInput {
    PublisherInput::Publish { of, wave: 0 }
}
