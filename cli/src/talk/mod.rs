//! What a command talks with: the installation and its API, and what it is told of both by settings and by Git.

pub mod git;
pub mod installation;
pub mod installation_source;
pub mod listing;
pub mod settings;
pub mod windlass;
