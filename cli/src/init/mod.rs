//! Makes everything that a repository needs to be released by Windlass. Pure but for [`repository_walk`],
//! [`account_resources`] and [`patch_trial`]: a listing, the account and answers go in, questions and files come out.

pub mod access_proposal;
pub mod account;
pub mod account_resources;
pub mod answers;
pub mod application;
pub mod declaration;
pub mod deployer_commands;
pub mod deployer_files;
pub mod environments;
pub mod facts;
pub mod files;
pub mod import;
pub mod infrastructure;
pub mod names;
pub mod pages;
pub mod passed;
pub mod patch_trial;
pub mod pieces;
pub mod proposal;
pub mod repository;
pub mod repository_walk;
pub mod role;
pub mod run_lines;
pub mod sam_template;
pub mod targets;
pub mod template_tree;
pub mod text;
pub mod workflow;
