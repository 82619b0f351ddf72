//! Reads texts as YAML or JSON, and says what is wrong with their syntax in a person's words. A parser's own words are
//! about the parser.
//!
//! No object of JSON names a key twice. `serde_json` keeps the last of the two, and RFC 8259 (section 4) leaves open
//! which one counts: the first would be dropped without a word.

use crate::document::secret;
use crate::text::count::count;
use crate::text::finding::{Finding, FindingName, repeated};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt;

/// Reads JSON of a limited size, in bytes. `what` is the document to a person, such as `the manifest`.
///
/// # Errors
/// It is too large, or not JSON, or says the same twice.
pub fn json(what: &str, text: &str, largest: usize) -> Result<Value, Finding> {
    let text = sized(what, text, largest)?;
    read(text).map_err(|not| {
        let error = not.error;
        // The parser gives column 0 for an empty text.
        let at = (error.line(), error.column().max(1));
        if let Some(key) = not.twice {
            return written_twice(what, at, Some(&key));
        }
        let (why, remedy) = match error.classify() {
            _ if text.trim().is_empty() => ("it is empty", "Write the whole of it."),
            Category::Eof => (
                "it ends before everything that was opened is closed",
                "Write the whole of it: its end is missing, or a quote or a bracket is not closed.",
            ),
            _ if !text.trim_start().starts_with(['{', '[', '"']) => {
                ("it does not begin as JSON does", "Write JSON, which begins with `{`; of YAML any converter makes it.")
            }
            _ => (
                "it is broken here",
                "Mend it at this place: a missing or surplus comma, quote or bracket is the usual cause.",
            ),
        };
        broken(what, "JSON", at, why, remedy)
    })
}

/// Reads YAML of a limited size, in bytes, with bounds: aliases are for convenience and may not multiply the document.
/// A tag that YAML itself does not define, such as `!Ref`, is refused: the value beside it is not the one that was
/// meant.
///
/// # Errors
/// It is too large, or not YAML, or says the same twice, or has such a tag.
pub fn yaml(what: &str, text: &str, largest: usize) -> Result<Value, Finding> {
    of_text(what, text, largest, true)
}

/// Reads YAML whose tags are the business of another program, such as AWS CloudFormation; the values are read as if
/// they had none. So is what was accepted before tags were refused.
///
/// # Errors
/// It is too large, or not YAML, or says the same twice.
pub fn yaml_with_tags(what: &str, text: &str, largest: usize) -> Result<Value, Finding> {
    of_text(what, text, largest, false)
}

fn of_text(what: &str, text: &str, largest: usize, reject_unsupported_tags: bool) -> Result<Value, Finding> {
    let text = sized(what, text, largest)?;
    // Documents of other programs are larger than any that Windlass takes.
    let times = if reject_unsupported_tags { 1 } else { 10 };
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: times * 50_000,
            max_aliases: 200,
            max_anchors: 200,
            max_depth: 32,
            max_nodes: times * 20_000,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 8,
            max_alias_expansions_per_anchor: 200,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
        with_snippet: false,
        reject_unsupported_tags: reject_unsupported_tags,
    };
    match serde_saphyr::from_str_with_options(text, options) {
        Ok(Value::Null) => Err(broken(what, "YAML", (1, 1), "it is empty", "Write the whole of it.")),
        read => read.map_err(|error| of_yaml(what, text, &error)),
    }
}

fn of_yaml(what: &str, text: &str, error: &serde_saphyr::Error) -> Finding {
    use serde_saphyr::Error as E;
    let at = error.location().map_or((0, 0), |at| {
        let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        (place(at.line()), place(at.column()))
    });
    let (why, remedy) = match error {
        E::DuplicateMappingKey { key, .. } => return written_twice(what, at, key.as_deref()),
        E::NonFiniteFloat { value, .. } => return not_finite(text, what, at, value),
        E::UnsupportedTag { tag, .. } => return tagged(what, of_tag(text, at), tag),
        E::UnsupportedIncludeForm { .. } => return tagged(what, of_tag(text, at), "!include"),
        E::Eof { .. } => (
            "it ends before everything that was opened is closed",
            "Close what was opened: a quote or a bracket is the usual cause.",
        ),
        E::MultipleDocuments { .. } => {
            ("it holds several documents", "Write one document: remove the line `---` and what follows it.")
        }
        E::Budget { .. }
        | E::AliasReplayCounterOverflow { .. }
        | E::AliasReplayLimitExceeded { .. }
        | E::AliasExpansionLimitExceeded { .. }
        | E::AliasReplayStackDepthExceeded { .. }
        | E::RecursiveReferencesRequireWeakTypes { .. } => (
            "it is nested too deep, has too many members, or its aliases make it too large",
            "Write out what the aliases stand for, at most 32 levels deep.",
        ),
        E::UnknownAnchor { .. } => (
            "an alias (`*name`) stands for nothing",
            "Put the value in quotes if it begins with `*`, or define the anchor `&name` before.",
        ),
        _ => by_looks(text, at.0),
    };
    broken(what, "YAML", at, why, remedy)
}

fn written_twice(what: &str, at: (usize, usize), key: Option<&str>) -> Finding {
    let shown = key.filter(|key| !secret::stands_in(key)).unwrap_or("key");
    Finding::new(
        FindingName::NotWellFormed,
        place(what, at),
        format!("`{}` is written twice in the same place.", repeated(shown)),
        "Keep one of the two, with everything that belongs to it.",
    )
}

/// A number that is not finite is often meant as a text: the digest of a commit may be `1234e567`.
fn not_finite(text: &str, what: &str, at: (usize, usize), value: &str) -> Finding {
    let line = text.lines().nth(at.0.saturating_sub(1)).unwrap_or_default();
    let mut names = line.split(|c: char| !c.is_alphanumeric() && !"_-".contains(c));
    let finding = |shown: &str, quoted: &str| {
        Finding::new(
            FindingName::NotWellFormed,
            place(what, at),
            format!("{shown} is a number that nobody can count with."),
            format!("Put it in quotes{quoted}, if it is a text; else write a finite number."),
        )
    };
    if names.any(secret::names_a_secret) {
        return finding("this", "");
    }
    let value = repeated(value);
    finding(&format!("`{value}`"), &format!(", `\"{value}\"`")).seen(value, "")
}

/// The tags that people copy from templates and from other programs.
const KNOWN_TAGS: [&str; 24] = [
    "Ref",
    "Sub",
    "GetAtt",
    "If",
    "Join",
    "Select",
    "ImportValue",
    "FindInMap",
    "Equals",
    "And",
    "Or",
    "Not",
    "Condition",
    "Base64",
    "Cidr",
    "GetAZs",
    "Split",
    "Transform",
    "Length",
    "ToJsonString",
    "include",
    "reference",
    "vault",
    "env",
];

/// Returns the place of a tag. The parser gives that of the value behind it, which may be on another line.
fn of_tag(text: &str, (line, column): (usize, usize)) -> (usize, usize) {
    let above: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let letters = text.get(above..).unwrap_or_default().chars().take(column.saturating_sub(1));
    let end = above + letters.map(char::len_utf8).sum::<usize>();
    let (before, behind) = text.split_at_checked(end).unwrap_or((text, ""));
    match before.rsplit_once('!') {
        Some((before, _)) if !behind.starts_with('!') => {
            let on_line = before.rsplit('\n').next().unwrap_or_default();
            (1 + before.matches('\n').count(), 1 + on_line.chars().count())
        }
        _ => (line, column),
    }
}

fn tagged(what: &str, at: (usize, usize), tag: &str) -> Finding {
    // Any other word may be a password that begins with `!`.
    let shown = if KNOWN_TAGS.contains(&tag.trim_start_matches('!')) { tag } else { "!" };
    Finding::new(
        FindingName::NotWellFormed,
        place(what, at),
        format!("`{}` is a tag, and {what} has no tags.", repeated(shown)),
        "Write the value itself; put it in quotes if it is a text that begins with `!`.",
    )
}

/// Guesses the mistake from the look of the line, or of the one before it, at whose end the mistake may be.
fn by_looks(text: &str, line: usize) -> (&'static str, &'static str) {
    let lines: Vec<&str> = text.lines().collect();
    let near = lines.get(line.saturating_sub(2)..line.min(lines.len()));
    let near = near.unwrap_or_default();
    let odd = |mark: char| near.iter().any(|line| line.matches(mark).count() % 2 == 1);
    let count = |mark: char| text.matches(mark).count();
    if near.iter().any(|line| line.trim_start_matches(' ').starts_with('\t')) {
        ("a line is indented by a tab", "Indent with spaces: YAML takes no tabs.")
    } else if count('[') != count(']') || count('{') != count('}') {
        (
            "a bracket is opened and not closed, or closed and not opened",
            "Close each `[` with `]` and each `{` with `}`, and put texts with brackets in quotes.",
        )
    } else if odd('"') || odd('\'') {
        ("a quote is opened and not closed", "Close the quote on the line on which it begins.")
    } else {
        (
            "it is broken here",
            "Write `name: value` with a space after the colon, indent the members of a map alike, and put texts with `: `, `#`, `*`, `@` or `{environment}` in quotes.",
        )
    }
}

fn broken(what: &str, language: &str, at: (usize, usize), why: &str, remedy: &str) -> Finding {
    Finding::new(
        FindingName::NotWellFormed,
        place(what, at),
        format!("{what} is not well-formed {language}: {why}."),
        remedy,
    )
}

fn place(what: &str, (line, column): (usize, usize)) -> String {
    if line == 0 || column == 0 { what.to_owned() } else { format!("line {line} column {column}") }
}

/// Returns the text without a byte order mark, which some editors write.
fn sized<'t>(what: &str, text: &'t str, largest: usize) -> Result<&'t str, Finding> {
    if text.len() > largest {
        return Err(Finding::bad_value(
            what,
            format!("{what} has {}; at most {largest} are read.", count(text.len(), "byte")),
            "Make it smaller.",
        )
        .seen(text.len(), largest));
    }
    Ok(text.trim_start_matches('\u{feff}'))
}

/// The reason why a text was not read.
#[derive(Debug)]
pub(crate) struct NotRead {
    /// The parser's error, which says where.
    pub(crate) error: serde_json::Error,
    /// The key that stands there for the second time, if that is the reason.
    pub(crate) twice: Option<String>,
}

/// Reads JSON.
///
/// # Errors
/// It is not JSON, or an object names a key twice.
pub(crate) fn read(text: &str) -> Result<Value, NotRead> {
    let twice = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Once(&twice).deserialize(&mut reader);
    read.and_then(|value| reader.end().map(|()| value)).map_err(|error| NotRead { error, twice: twice.take() })
}

/// A value of any format that serde reads, in which each key is named once.
#[derive(Debug)]
pub struct UniqueKeys(pub Value);

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Once(&RefCell::new(None)).deserialize(reader).map(Self)
    }
}

/// A value in which each key is named once; else the key is put here.
#[derive(Clone, Copy)]
struct Once<'t>(&'t RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Once<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if read.contains_key(&key) {
                let shown = if secret::stands_in(&key) { "key" } else { key.as_str() };
                let error = A::Error::custom(format!("`{}` is written twice in the same place", repeated(shown)));
                self.0.replace(Some(key));
                return Err(error);
            }
            read.insert(key, members.next_value_seed(self)?);
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests_of_unique_keys {
    use super::*;

    #[test]
    fn what_names_no_key_twice_is_read_as_the_library_reads_it() {
        for text in [
            "null",
            "true",
            "-7",
            "18446744073709551615",
            "1.5e3",
            r#""\u00e9\n""#,
            r#"[1, [], {"a": {"a": 1}}, {"a": 2}]"#,
            "1 2",
            "[",
            "1e999",
            &"[".repeat(200),
        ] {
            let plain: Result<Value, _> = serde_json::from_str(text);
            let plain = plain.map_err(|error| error.to_string());
            let read = read(text).map_err(|not| not.error.to_string());
            assert_eq!(read, plain, "{text}");
        }
    }
}

#[cfg(test)]
#[path = "syntax_tests.rs"]
mod tests;
