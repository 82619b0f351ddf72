//! `Prepare` over the in-memory world.

mod gates;
mod given_names;
mod interrupted;
mod later_waves;
mod looks;
mod named_by_stacks;
mod owners;
mod plans;
mod refusals;
mod rollbacks;
mod scene;
mod sites;
mod sites_moved;
mod stacks;
mod tenants;
mod warnings;
