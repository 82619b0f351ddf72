//! Says what is wrong with a value, in the words of the language in which the document is written. For a name that is
//! not known it proposes the nearest known one, which was probably meant.

use crate::document::secret;
use crate::text::count::count;
use crate::text::finding::{Finding, FindingName};
use crate::text::prose::Prose;
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;
use std::fmt;

/// The language in which people write a document, and in which they read what to write.
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
        ValidationErrorKind::MinLength { limit } => format!("has fewer than {}", count(*limit, "character")),
        ValidationErrorKind::MaxLength { limit } => format!("has more than {}", count(*limit, "character")),
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
        TypeKind::Multiple(many) => many
            .iter()
            .filter(|one| one.as_str() != "null")
            .map(|one| word(one.as_str()))
            .collect::<Vec<_>>()
            .join(" or "),
    }
}

/// Returns whether an alternative stands for a value that is left out.
pub(super) fn is_of_nothing(branch: &[ValidationError<'_>]) -> bool {
    branch.iter().any(|error| asks_for(error, "null"))
}

fn asks_for(error: &ValidationError<'_>, sort: &str) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { kind: TypeKind::Single(one) } if one.as_str() == sort)
}

/// Returns whether an error within an alternative shows that this alternative was not meant. Then it is of another type
/// altogether, or its `kind` or its one value is another.
pub(super) fn rules_out(outer: &ValidationError<'_>, inner: &ValidationError<'_>) -> bool {
    let here = inner.instance_path() == outer.instance_path();
    match inner.kind() {
        ValidationErrorKind::Type { .. } => here,
        ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. } => {
            here || *inner.instance_path() == outer.instance_path().join("kind")
        }
        _ => false,
    }
}

/// Returns the text that was meant by a map of nothing where a text fits: `{environment}` without quotes is one.
pub(super) fn variable_in_braces(outer: &ValidationError<'_>, context: &[Vec<ValidationError<'_>>]) -> Option<String> {
    let members = outer.instance().as_object().filter(|members| members.len() == 1)?;
    let (name, _) =
        members.iter().find(|(name, value)| value.is_null() && ["app", "environment"].contains(&name.as_str()))?;
    let is_here = |inner: &ValidationError<'_>| inner.instance_path() == outer.instance_path();
    let takes_text = context.iter().flatten().any(|inner| asks_for(inner, "string") && is_here(inner));
    takes_text.then(|| format!("{{{name}}}"))
}

/// Returns whether an error within an alternative says that the value is not the alternative's one word.
pub(super) fn is_other_word(outer: &ValidationError<'_>, inner: &ValidationError<'_>) -> bool {
    matches!(inner.kind(), ValidationErrorKind::Constant { .. }) && inner.instance_path() == outer.instance_path()
}

/// Returns the name of a value that has members.
pub(super) fn object(language: Language) -> &'static str {
    match language {
        Language::Json => "a JSON object",
        Language::Yaml => "a map",
    }
}

/// A value that stands in a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct DocumentValue<'v> {
    /// The value that the reader made.
    pub(super) value: &'v Value,
    /// The text of which the reader made a number, true or false, or no value, as it stands there.
    pub(super) text: Option<&'v str>,
}

impl DocumentValue<'_> {
    /// Returns whether it is a number of which nobody knows how it is written: the reader makes 1.1 of `1.10`.
    pub(super) fn is_unwritten(self) -> bool {
        self.value.is_number() && self.text.is_none()
    }

    /// Returns it as a text.
    pub(super) fn plain(self) -> String {
        self.text.map_or_else(|| plain(self.value), str::to_owned)
    }
}

/// Returns a value as a person may read it: short, and never a secret.
pub(super) fn shown(path: &str, found: DocumentValue<'_>) -> String {
    let short = short(path, found);
    if short.is_empty() { "the value".to_owned() } else { format!("`{short}`") }
}

/// Returns a value as it may be repeated, in a few characters; nothing of one that is, or may be, a secret.
pub(super) fn short(path: &str, found: DocumentValue<'_>) -> String {
    if path.split(['.', '[']).any(secret::names_a_secret) {
        return String::new();
    }
    let text = found.text.map_or_else(|| found.value.to_string(), str::to_owned);
    if secret::stands_in(&text) {
        return String::new();
    }
    if text.chars().count() > 60 {
        let head: String = text.chars().take(57).collect();
        return format!("{head}...");
    }
    text
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

/// The most names that are listed: a remedy is a sentence.
const LISTED: usize = 12;

/// Lists the known names. If one of them is near to this name, it comes first.
pub fn did_you_mean(name: &str, known: &[String]) -> String {
    let nearest = nearest(name, known);
    let Some((first, more @ [_, ..])) = known.split_at_checked(LISTED) else { return suggest(nearest, known) };
    let words = suggest(nearest, first);
    format!("{} and {} more.", words.trim_end_matches('.'), more.len())
}

/// Makes the finding that a name is none of the known ones, with the one that was probably meant. Its remedy asks for
/// that one, lists all, and ends with `otherwise`, which stands alone where none is known. A test that meets a remedy of
/// nothing panics.
pub fn unknown_name(
    path: impl Into<String>,
    reason: impl Into<Prose>,
    name: &str,
    known: impl IntoIterator<Item = impl ToString>,
    otherwise: impl Into<Prose>,
) -> Finding {
    let known: Vec<String> = known.into_iter().map(|one| one.to_string()).collect();
    let asked: Option<Prose> = (!known.is_empty()).then(|| did_you_mean(name, &known).into());
    let remedy = asked.into_iter().chain([otherwise.into()]).filter(|part| !part.is_empty());
    let remedy = Prose::join(remedy, " ");
    debug_assert!(!remedy.is_empty(), "nobody learns what to write in place of {name}");
    Finding::new(FindingName::UnknownName, path, reason, remedy).meaning(nearest(name, &known)).seen_among(name, &known)
}

/// Returns the beginning of a remedy that asks whether this was meant; empty where nothing was.
pub fn asked_for(meant: Option<impl fmt::Display>) -> String {
    meant.map_or_else(String::new, |meant| format!("Did you mean `{meant}`? "))
}

/// Returns the known word that was probably meant.
pub fn nearest<'a>(word: &str, known: &'a [String]) -> Option<&'a String> {
    let most = |candidate: &str| 1 + candidate.len() / 4;
    let length = word.chars().count();
    known
        .iter()
        // No two words are nearer than their lengths: a document may have thousands of long names that are unknown.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= most(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= most(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Says what to write instead of an unknown word.
pub fn suggest(nearest: Option<&String>, known: &[String]) -> String {
    let all = known.join("`, `");
    format!("{}Known here: `{all}`.", asked_for(nearest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_named_also_where_it_is_not_among_the_first() {
        let known: Vec<String> = (0..40).map(|minor| format!("1.{minor}.0")).collect();
        let found = unknown_name("version", "it is not here.", "1.39.O", &known, "");
        assert_eq!(found.meant.as_deref(), Some("1.39.0"));
        let listed = known[..LISTED].join("`, `");
        assert_eq!(
            did_you_mean("1.39.O", &known),
            format!("Did you mean `1.39.0`? Known here: `{listed}` and 28 more.")
        );
        assert_eq!(did_you_mean("x", &known[..1]), "Known here: `1.0.0`.");
    }

    #[test]
    fn an_unknown_name_carries_the_one_that_was_meant_and_those_that_are_known() {
        let both = &["api", "web"][..];
        let listed = "Known here: `api`, `web`.";
        let asked = format!("Did you mean `web`? {listed}");
        for (name, known, otherwise, meant, remedy) in [
            ("wbe", both, "", Some("web"), asked.clone()),
            ("wbe", both, "Or declare it.", Some("web"), format!("{asked} Or declare it.")),
            ("database", both, "", None, listed.to_owned()),
            ("wbe", &both[..0], "Declare it.", None, "Declare it.".to_owned()),
        ] {
            let found = unknown_name("components", "it is not here.", name, known, otherwise);
            assert_eq!(found.name, FindingName::UnknownName, "{name}");
            assert_eq!(found.meant.as_deref(), meant, "{name}");
            let seen = found.seen.as_ref().unwrap();
            assert_eq!(seen.found.as_deref(), Some(name));
            assert_eq!(seen.one_of, known, "{name}");
            assert_eq!(found.remedy.written(), remedy, "{name}");
        }
    }
}
