//! The requests of all routes. It is the highest room: each action is recorded here, or done at once.

pub mod accept;
pub mod admit;
pub mod deploy;
pub mod drill;
pub mod hold;
pub mod identify;
pub mod moving;
pub mod plan;
pub mod remove;
pub mod remove_application;
pub mod rename_application;
pub mod rollback;
pub mod steering;
