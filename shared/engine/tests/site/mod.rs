//! Static sites over the in-memory world: from an archive to what visitors get, and back.

mod archives;
mod conforming;
mod drift;
mod folder_files;
mod foreign_objects;
mod hashed_names;
mod headers;
mod in_place;
mod large;
mod leftover_files;
mod missing_files;
mod other_distributions;
mod pages;
mod pages_ahead;
mod prefix;
mod preparing;
mod pruning;
mod publishing;
mod refused_writes;
mod scene;
mod staying;
mod undone_files;
mod visitor;
mod withdrawing;
pub mod zips;
