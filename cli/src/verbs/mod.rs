//! The verbs of the command line, and what several of them have in common: to start, follow and act.

pub mod approve;
pub mod cancel;
pub mod declare;
pub mod deploy;
pub mod doctor;
pub mod explain;
pub mod follow;
pub mod import;
pub mod init;
pub mod logs;
pub mod moves;
pub mod operator;
pub mod plan;
pub mod planned;
pub mod promote;
pub mod refusals;
pub mod release;
pub mod remove;
pub mod rollback;
pub mod scope;
pub mod start;
pub mod stats;
pub mod status;
pub mod steering;
pub mod validate;
pub mod watch;
