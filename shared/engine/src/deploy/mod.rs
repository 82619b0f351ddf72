//! The deployers: one file per function.

pub mod lambda;
