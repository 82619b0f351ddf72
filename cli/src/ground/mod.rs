//! What every other room stands on: how a command ends, fails and speaks, and what it takes of its machine.

pub mod arguments;
pub mod exit;
pub mod failure;
pub mod heartbeat;
pub mod interrupt;
pub mod machine;
pub mod manual;
pub mod output;
pub mod quoting;
pub mod trouble;
