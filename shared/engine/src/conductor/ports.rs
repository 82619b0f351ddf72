//! The ports that the conductor needs.

use crate::config::Configured;
use crate::ports::{Clock, Executions, Ledger, Objects, Registry};

/// The ports that the conductor needs.
pub trait Ports: Ledger + Objects + Registry + Executions + Clock + Configured {}
impl<P: Ledger + Objects + Registry + Executions + Clock + Configured> Ports for P {}
