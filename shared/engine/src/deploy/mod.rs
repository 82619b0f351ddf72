//! The deployers: one file per function.

pub mod ecs;
pub mod lambda;
