//! The pure core of Windlass: everything that is decided, and the words it is decided in.
//!
//! This crate knows no AWS SDK, no async runtime, no clock, no environment and no randomness:
//! time, identities and observations come in as values, so every decision can be tested as a
//! table. What is done with a decision lives in `windlass-engine`.

pub mod accept;
pub mod address;
pub mod admission;
#[cfg(test)]
mod admission_scene;
pub mod appspec;
pub mod artifact;
pub mod call;
pub mod cancellation;
pub mod comparison;
pub mod console;
pub mod cost;
pub mod count;
pub mod cut;
pub mod declaration;
pub mod deployment;
pub mod digest;
pub mod drift;
pub mod ending;
pub mod environment;
pub mod event;
pub mod execution_history;
pub mod fault;
pub mod figures;
pub mod finding;
pub mod gate;
pub mod git;
pub mod git_rule;
pub mod identity;
pub mod image;
pub mod in_part;
pub mod input;
pub mod irreversible;
pub mod judgement;
pub mod key;
pub mod kinds;
pub mod left;
pub mod manifest;
pub mod meant;
pub mod meant_ref;
pub mod message;
pub mod misplaced;
pub mod name;
pub mod not_taken;
pub mod notify;
pub mod order;
pub mod outcome;
pub mod output;
pub mod overtaking;
pub mod part;
pub mod place;
pub mod plan;
pub mod planned;
pub mod refusal;
pub mod release;
pub mod removal;
pub mod request;
mod request_check;
pub mod rollback;
pub mod round;
pub mod second_look;
pub mod secret;
pub mod shape;
pub mod since;
pub mod step;
pub mod summary;
pub mod syntax;
pub mod tenancy;
pub mod time;
pub mod to_have;
pub mod trail;
pub mod way;
pub mod wheel;
