//! `windlass ui`: pages on loopback that show what the API tells and do eight acts as the verbs do them, with the rights of
//! whoever started it.

mod accepting;
mod acting;
pub mod acts;
pub mod board;
mod components;
pub mod deployment;
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
mod undoing;
pub mod waves;
mod way_back;
mod would;
