//! The recovery of a deployment whose execution died.

pub mod abandon;
pub mod hand_over;
pub mod leave_to_operator;
pub mod owner;
pub mod recover;
