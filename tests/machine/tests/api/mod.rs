//! The HTTP API over the real release machine and the in-memory world: the answer of each route, and its effects.

mod access;
mod approvals;
mod apps;
mod call;
mod ci;
mod deployments;
mod documented;
mod environments;
mod keys;
mod known_names;
mod mistakes_together;
mod moves;
mod plans;
mod releases;
mod removals;
mod renames;
mod starts;
mod stats;
