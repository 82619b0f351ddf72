//! The room in which a command finds the installation, calls its API, and reads settings and Git.

pub mod git;
pub mod installation;
pub mod installation_source;
pub mod listing;
pub mod settings;
pub mod windlass;
