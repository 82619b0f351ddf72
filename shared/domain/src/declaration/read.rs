//! Reads a text as a document of the right shape.

use super::document::Document;
use crate::document::partial_document::PartialDocument;
use crate::document::shape::{Language, Shape};
use crate::document::source::Source;
use crate::document::syntax;
use crate::text::digest::Digest;
use crate::text::finding::Finding;
use serde_json::Value;
use std::fmt::Write as _;
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
    let digest = Digest::of(canonical(&value).as_bytes());
    let read = SHAPE.checked(&value, &Source::of(text), |_: &Document| Vec::new());
    let part = read.map_or_else(|part| part, PartialDocument::good);
    Ok((part, digest))
}

/// Reads the document of a text that was accepted before, also when tags were not refused yet.
pub(super) fn accepted(text: &str) -> Result<Document, Vec<Finding>> {
    let value = syntax::yaml_with_tags(WHAT, text, LARGEST).map_err(|finding| vec![finding])?;
    SHAPE.typed(&value, &Source::of(text))
}

/// Returns the content as one text, with sorted members, so that layout and order do not count.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, member) in sorted {
                // Writing to a String cannot fail.
                let _ = write!(text, "{}:", Value::from(name.as_str()));
                write_canonical(member, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}
