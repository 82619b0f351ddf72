//! Tests of uploads and pushes that arrive by themselves, and of how they are pinned.

#![allow(clippy::needless_pass_by_value)] // called with json!

mod access_files;
mod artifacts;
mod bucket;
mod declarations;
mod flood;
mod ignored_arrivals;
mod pinned_images;
mod pinned_requests;
mod pinning;
mod place;
mod pushes;
mod version_names;
mod vouching;
