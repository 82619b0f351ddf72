//! The conductor's states, and the recovery that starts what it finishes, each on what a ledger says.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)] // helpers of tests, called with json!

mod abandoned;
mod accepted_releases;
mod accepting;
mod accepts_refused;
mod arrivals;
mod busy;
mod costs;
mod desk;
mod each;
mod late;
mod left;
mod naming;
mod operators;
mod reasons;
mod refusals;
mod refused_together;
mod removing;
mod rollbacks;
mod schedule;
mod settling;
mod settling_rollbacks;
#[path = "../stage/mod.rs"]
mod stage;
mod takeovers;
mod undoing;
mod vetoes;
mod waiting;
mod wheel;
