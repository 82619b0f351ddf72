//! The texts about a deployment or a request: answers, endings, costs, refusals, and what has been done already.

pub mod answer;
pub mod completed_action;
pub mod cost;
pub mod ending;
pub mod refuse;
pub mod release_status;
pub mod rollback_outcome;
pub mod undo_outcome;
