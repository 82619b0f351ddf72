//! The recovery of a deployment whose execution died.

pub mod abandon;
pub mod hand_over;
pub mod leave;
pub mod owner;
pub mod recover;
