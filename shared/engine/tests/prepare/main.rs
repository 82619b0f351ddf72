//! `Prepare` over the in-memory world.

#![allow(clippy::unwrap_used)] // helpers of tests

mod interrupted;
mod plans;
mod refusals;
mod rollbacks;
mod scene;
#[path = "../stage/mod.rs"]
mod stage;
