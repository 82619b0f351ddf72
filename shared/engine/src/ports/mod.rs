//! Ports: what the engine needs of AWS, in the shape that AWS has. One service, one file; the adapter in `shared/aws`
//! and the in-memory service in `tests/world` carry the same file name.
//!
//! A port imitates the service and not our own verbs, conditions included: otherwise a forgotten condition could never
//! be caught by the in-memory world. Every method may answer with the transient faults `Throttled` and `Unavailable`,
//! and with `AccessDenied`.

mod alarms;
mod cdn;
mod clock;
mod codedeploy;
mod configurations;
mod events;
mod executions;
mod functions;
mod json_services;
mod ledger;
mod notifications;
mod objects;
mod probe;
mod reach;
mod registry;
mod roles;
mod runners;
mod runs;
mod services;

pub use alarms::*;
pub use cdn::*;
pub use clock::*;
pub use codedeploy::*;
pub use configurations::*;
pub use events::*;
pub use executions::*;
pub use functions::*;
pub use json_services::*;
pub use ledger::*;
pub use notifications::*;
pub use objects::*;
pub use probe::*;
pub use reach::*;
pub use registry::*;
pub use roles::*;
pub use runners::*;
pub use runs::*;
pub use services::*;

use windlass_domain::fault::Fault;

/// The answer of a port.
pub type Answered<T> = Result<T, Fault>;
