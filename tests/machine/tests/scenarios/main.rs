//! Operators and CI act on deployments: whole deployments in process. Each scenario asserts the exact path of states,
//! and the ledger and the targets at the end.

#![allow(clippy::unwrap_used, reason = "a test may panic, and reads better")]

mod again;
mod arrivals;
mod beside;
mod checks;
mod costs;
mod drills;
mod healing;
mod hourly_budget;
mod hourly_looks;
mod images;
mod late;
mod later;
mod left;
mod long_watches;
mod missed;
mod needs_operator;
mod now;
mod older;
mod plans;
mod preparing;
mod queue;
mod recoveries;
mod remedies;
mod requests;
mod rollbacks;
mod scene;
mod scheduled_drills;
mod second_looks;
mod shifts;
mod stops;
mod ways_in;
