//! Whole deployments with a mishap at every step.
//!
//! A scenario is what people and CI do. A schedule places mishaps in it. The stage runs both over the
//! real state machine file, the real handlers and the in-memory world, and lets the surroundings do
//! what AWS does until nothing moves any more. Then the rules of the design must hold: each is a
//! function in `rules`.

pub mod access;
mod arrival_events;
pub mod arrivals;
mod by_codedeploy;
pub mod campaign;
pub mod client;
pub mod cores;
pub mod coverage;
pub mod due_later;
pub mod end_of_run;
pub mod exhaust;
pub mod happening;
mod invocation;
pub mod mishap_gate;
pub mod outcome;
pub mod place;
mod planned;
pub mod play;
pub mod progress;
pub mod queue;
pub mod readings;
pub mod report;
pub mod rules;
mod run;
pub mod scenario;
pub mod scenarios;
pub mod schedule;
mod service_waits;
#[cfg(test)]
mod settling_tests;
pub mod stage;
pub mod switches;
pub mod target_calls;
pub mod targets;
pub mod unowned;
pub mod variants;
pub mod whole_campaign;

mod api_calls;
mod claims;
pub mod deed;
mod deliver;
mod drift;
mod events;
mod execution_link;
mod operator_actions;
mod redrives;
mod run_notes;
mod task;
mod times;
mod visitor;
