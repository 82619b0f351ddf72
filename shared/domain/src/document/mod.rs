//! Documents that people write: read by their shape, with every finding at once, and without secrets. Pure.

pub mod git;
pub mod git_rule;
pub(crate) mod glob_form;
pub mod partial_document;
pub mod possible_ref;
pub mod secret;
pub mod shape;
pub mod source;
pub mod syntax;
pub mod tag_version;
mod version_form;
