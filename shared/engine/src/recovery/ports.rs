//! The ports that recovery needs.

use crate::observe;
use crate::ports::Executions;

/// The ports that recovery needs.
pub trait Ports: observe::Ports + Executions {}
impl<P: observe::Ports + Executions> Ports for P {}
