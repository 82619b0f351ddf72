//! Makes everything that a repository needs to be released by Windlass. Pure but for [`repository_walk`]: a listing,
//! the account and answers go in, questions and files come out.

pub mod account;
pub mod answers;
pub mod application;
pub mod declaration;
pub mod deployment_preference;
pub mod environments;
pub mod files;
mod gates;
pub mod infrastructure;
pub mod next;
mod ownership;
pub mod pages;
pub mod pieces;
pub mod proposal;
pub mod repository;
pub mod repository_walk;
pub mod role;
mod service_target;
pub mod targets;
mod well_formed;
pub mod workflow;
