//! Makes everything that a repository needs to be released by Windlass. Pure but for [`reading`]: a listing, the
//! account and answers go in, questions and files come out.

pub mod account;
pub mod answers;
pub mod application;
pub mod carried;
pub mod declaration;
pub mod environments;
pub mod files;
mod gates;
pub mod infrastructure;
pub mod next;
mod ours;
pub mod pages;
pub mod pieces;
pub mod proposal;
pub mod reading;
pub mod repository;
pub mod role;
mod service_target;
pub mod targets;
mod well_formed;
pub mod workflow;
