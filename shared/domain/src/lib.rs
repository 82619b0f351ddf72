//! The pure core of Windlass: all decisions, and the words for them.
//!
//! This crate knows no AWS SDK, no async runtime, no clock, no environment and no randomness: time, identities and
//! observations come in as values, so every decision can be tested as a table. `windlass-engine` carries the decisions
//! out.

pub mod access;
pub mod declaration;
pub mod deployment;
pub mod document;
pub mod environment;
pub mod moving;
pub mod release;
pub mod shown;
pub mod text;
