//! All that Windlass does, over ports. It names no AWS SDK, so that the whole of it runs in a test.

pub mod conductor;
pub mod config;
pub mod converge;
pub mod deploy;
pub mod deployment_context;
pub mod faults;
mod html;
pub mod judge;
pub mod kinds;
pub mod last_fault;
pub mod ledger;
pub mod log;
pub mod measurements;
mod movable;
pub mod observe;
pub mod outbox;
mod overview;
pub mod payload;
pub mod pin;
pub mod ports;
pub mod prepare;
pub mod recovery;
mod removable;
pub mod retention;
pub mod routes;
pub mod trouble;
pub mod upload_findings;
