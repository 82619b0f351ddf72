//! `windlass ui`: pages on loopback that show what the API tells, and offer eight acts with the same effect as the
//! verbs, with the rights of the person who started it.

mod accepting;
mod act_effects;
mod acting;
pub mod acts;
pub mod board;
mod components;
pub mod deployment;
pub mod doorway;
pub mod environment;
pub mod figures;
pub mod groups;
pub mod guard;
pub mod http;
pub mod lines;
pub mod logs;
mod news;
pub mod parts;
pub mod planned;
pub mod report;
pub mod server;
pub mod typed;
mod undoing;
pub mod waves;
mod way_back;
