//! The deployers: one file per function.

pub mod appconfig;
pub mod ecs;
pub mod lambda;
pub mod publish;
pub mod site;
mod warnings;
