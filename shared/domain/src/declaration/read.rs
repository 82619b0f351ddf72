//! Reads a text as a document of the right shape.

use super::document::Document;
use crate::document::partial_document::PartialDocument;
use crate::document::shape::{Language, Shape};
use crate::document::source::DocumentText;
use crate::document::syntax;
use crate::text::digest::Digest;
use crate::text::finding::Finding;
use serde_json::Value;
use std::sync::LazyLock;

/// The largest declaration that is read, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// The document's name for a person.
const WHAT: &str = "the declaration";

static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::of::<Document>(WHAT, Language::Yaml));

/// Returns the JSON Schema of `app.yaml`.
pub fn schema() -> &'static Value {
    SHAPE.schema()
}

/// Reads the document and its digest: without mistakes in its form, or the part that can be read.
pub(super) fn document(text: &str) -> Result<(PartialDocument<Document>, Digest), Vec<Finding>> {
    let value = syntax::yaml(WHAT, text, LARGEST).map_err(|finding| vec![finding])?;
    let digest = Digest::of_content(&value);
    let read = SHAPE.checked(&value, &DocumentText::of(text), |_: &Document| Vec::new());
    let part = read.map_or_else(|part| part, PartialDocument::good);
    Ok((part, digest))
}

/// Reads the document of a text that was accepted before, also when tags were not refused yet.
pub(super) fn accepted(text: &str) -> Result<Document, Vec<Finding>> {
    let value = syntax::yaml_with_tags(WHAT, text, LARGEST).map_err(|finding| vec![finding])?;
    SHAPE.typed(&value, &DocumentText::of(text))
}
