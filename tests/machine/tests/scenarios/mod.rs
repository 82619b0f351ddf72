//! Operators and CI act on deployments: whole deployments in process. Each scenario asserts the exact path of states,
//! and the ledger and the targets at the end.

mod arrivals;
mod checks;
mod costs;
mod drills;
mod drills_with_other_deployments;
mod healing;
mod healing_with_other_deployments;
mod hourly_budget;
mod hourly_looks;
mod images;
mod late_invocations;
mod later_components;
mod leftover_files;
mod long_watches;
mod missed_arrivals;
mod needs_operator;
mod plans;
mod plans_of_each_kind;
mod preparing;
mod queue;
mod recoveries;
mod release_status;
mod remedies;
mod repeated_arrivals;
mod repeated_releases;
mod requests;
mod rollbacks;
mod scene;
mod scheduled_drills;
mod second_looks;
mod shifts;
mod stops;
mod upgrades;
mod upload_findings;
mod ways_in;
