//! Tests of uploads and pushes that arrive by themselves, and of how they are pinned.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)] // helpers of tests, called with json!

mod artifacts;
mod bucket;
mod declarations;
mod handed_over;
mod not_taken;
mod pinned_images;
mod pinning;
mod place;
mod pushes;
