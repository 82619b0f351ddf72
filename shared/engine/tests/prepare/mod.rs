//! `Prepare` over the in-memory world.

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
