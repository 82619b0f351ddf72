//! `Prepare` over the in-memory world.

#![allow(clippy::unwrap_used)] // helpers of tests

mod gates;
mod interrupted;
mod later_waves;
mod looks;
mod plans;
mod refusals;
mod rollbacks;
mod scene;
mod sites;
mod sites_moved;
#[path = "../stage/mod.rs"]
mod stage;
mod tenants;
mod warnings;
#[path = "../site/zips.rs"]
#[allow(dead_code)] // each test file uses its part
mod zips;
