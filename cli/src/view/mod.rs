//! The views show answers of the API as people read them: deployments, environments, lists and comparisons.

pub mod approval;
pub mod declared_application;
pub mod deployment;
pub mod drills;
pub mod effects;
pub mod environment_choice;
pub mod figures;
pub mod history;
pub mod installation_health;
pub mod live_comparison;
pub mod log_lines;
pub mod news;
pub mod next_steps;
pub mod overview;
pub mod provenance;
pub mod record;
pub mod situation;
pub mod snapshots;
pub mod status;
pub mod story;
pub mod under_way;
