//! What is told of a deployment or of a request: answers, endings, costs, refusals, and what has been done already.

pub mod answer;
pub mod cost;
pub mod done;
pub mod ending;
pub mod refuse;
pub mod since;
pub mod undone;
pub mod went_back;
