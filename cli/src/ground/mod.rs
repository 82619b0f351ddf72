//! The ground of every other room decides how a command ends, fails and speaks, guides to the verbs, and reads the
//! machine.

pub mod arguments;
pub mod exit;
pub mod failure;
pub mod guide;
pub mod heartbeat;
pub mod interrupt;
pub mod machine;
pub mod manual;
pub mod output;
pub mod packing;
pub mod quoting;
pub mod terminal;
pub mod trouble;
