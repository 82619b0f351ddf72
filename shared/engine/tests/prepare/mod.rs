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
mod tenants;
mod warnings;
