//! The conductor's states, and the recovery that starts what it finishes, each on what a ledger says.

#![allow(clippy::needless_pass_by_value)] // called with json!

mod abandoned;
mod accepted_releases;
mod accepting;
mod accepts_refused;
mod approval_wakes;
mod approvals;
mod approvals_of_promotions;
mod arrivals;
mod costs;
mod found_in_place;
mod inputs;
mod late_deployers;
mod left_to_operator;
mod naming;
mod operators;
mod reasons;
mod refusals;
mod refused_together;
mod removing;
mod rollbacks;
mod scene;
mod schedule;
mod schedule_of_many;
mod settling;
mod settling_rollbacks;
mod steering;
mod takeovers;
mod undo_reasons;
mod undoing;
mod unknown_components;
mod vetoes;
mod waiting;
mod write_conflicts;
