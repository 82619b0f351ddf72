//! Says what is wrong with a value, in the words of the language in which the document is written.

use crate::count::count;
use crate::secret;
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

/// The language in which people write a document, and in which they are told what to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Says what is wrong with a value, for a place after the value.
pub(super) fn objection(error: &ValidationError<'_>, language: Language) -> String {
    match error.kind() {
        ValidationErrorKind::Type { kind } => format!("is not {}", types(kind, language)),
        ValidationErrorKind::Minimum { limit } => format!("is less than {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("is more than {limit}"),
        ValidationErrorKind::MaxItems { limit } | ValidationErrorKind::MaxProperties { limit } => {
            format!("has more than {}", count(*limit, "member"))
        }
        ValidationErrorKind::MinLength { limit: 1 }
        | ValidationErrorKind::MinItems { limit: 1 }
        | ValidationErrorKind::MinProperties { limit: 1 } => "is empty".to_owned(),
        ValidationErrorKind::MinItems { limit } | ValidationErrorKind::MinProperties { limit } => {
            format!("has fewer than {}", count(*limit, "member"))
        }
        ValidationErrorKind::MinLength { limit } => {
            format!("has fewer than {}", count(*limit, "character"))
        }
        ValidationErrorKind::MaxLength { limit } => {
            format!("has more than {}", count(*limit, "character"))
        }
        ValidationErrorKind::UniqueItems => "names something twice".to_owned(),
        _ => "does not have the form that is expected".to_owned(),
    }
}

pub(super) fn types(kind: &TypeKind, language: Language) -> String {
    let word = |name: &str| match name {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" if language == Language::Yaml => "a map of fields",
        "object" => object(language),
        _ => "nothing",
    };
    match kind {
        TypeKind::Single(one) => word(one.as_str()).to_owned(),
        TypeKind::Multiple(many) => {
            let given = many.iter().filter(|one| one.as_str() != "null");
            let words: Vec<&str> = given.map(|one| word(one.as_str())).collect();
            words.join(" or ")
        }
    }
}

/// Returns the name of a value that has members.
pub(super) fn object(language: Language) -> &'static str {
    match language {
        Language::Json => "a JSON object",
        Language::Yaml => "a map",
    }
}

/// Returns a value as a person may read it: short, and never a secret.
pub(super) fn shown(path: &str, value: &Value) -> String {
    if path.split(['.', '[']).any(secret::names_a_secret) {
        return "the value".to_owned();
    }
    let text = value.to_string();
    if secret::stands_in(&text) {
        return "the value".to_owned();
    }
    if text.chars().count() > 60 {
        let head: String = text.chars().take(57).collect();
        return format!("`{head}...`");
    }
    format!("`{text}`")
}

/// Returns a value as a text.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Returns the first paragraph, in one line.
pub(super) fn one_line(text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}
