//! Events, messages, plans, figures and summaries are made here for people and programs. Pure.

pub mod api;
pub mod audit;
pub mod event;
pub mod figures;
pub mod message;
pub mod notify;
pub mod outcome;
pub mod planned;
pub mod release_status;
pub mod summary;
