//! The ways in. Each turns what arrives into the one request that `Admit` takes.

pub mod api;
pub mod intake;
mod start;

pub use start::{StartedRequest, begin};
