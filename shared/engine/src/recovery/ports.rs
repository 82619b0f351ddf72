//! The ports that recovery needs.

use crate::observe;
use crate::ports::StepFunctionsApi;

/// The ports that recovery needs.
pub trait Ports: observe::Ports + StepFunctionsApi {}
impl<P: observe::Ports + StepFunctionsApi> Ports for P {}
