//! What arrives by itself, and how it is pinned.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)] // helpers of tests, called with json!

mod artifacts;
mod bucket;
mod declarations;
mod not_taken;
mod pinned_images;
mod pinning;
mod place;
mod pushes;
