//! The release machine in process: an interpreter of the subset of the states language that
//! Windlass allows itself, and a region that runs whole deployments over the in-memory world.
//!
//! Everything that the state machine file may hold is in [`definition`]; the file is read strictly,
//! so that nothing in it can be ignored here that AWS obeys.

pub mod arrivals;
pub mod core_time;
pub mod definition;
pub mod many_functions;
pub mod older_ledger;
pub mod program;
pub mod resource_types;
pub mod shop;
pub mod shop_stack;
pub mod shop_world;
pub mod state_paths;
pub mod template;

mod control_line;
mod deployed;
mod execution;
mod items;
mod path;
mod region;
mod surroundings;
mod visit;

pub use deployed::{Deployed, answer, status_event, timeout_s};
pub use execution::{End, Execution};
pub use path::Path;
pub use region::{Ended, Region};
pub use surroundings::{Surroundings, TaskError};
