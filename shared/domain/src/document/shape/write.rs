//! Says what to write instead of a value that does not fit.

use crate::document::shape::objection::{DocumentValue, Language, object, one_line, plain, types};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

/// The most values that would fit that are shown.
const SHOWN: usize = 2;

/// The most fields of which all are shown, and not only those that are needed.
const MANY: usize = 8;

/// The member of a schema of texts of which no number, truth value or nothing is one in quotes either: the text that
/// was meant by a number, which stands at `{}`; empty where none was.
const OF_NUMBER: &str = "x-of-number";

/// Says what to write in place of the value that an error is about. `node` is the part of the schema that the error is
/// about, and `alternatives` are those of which one must fit. Where the value may be a secret, `found` is absent, and it
/// is not written in another form either.
pub(super) fn remedy(
    node: Option<&Value>,
    alternatives: &[&Value],
    error: &ValidationError<'_>,
    found: Option<DocumentValue<'_>>,
    language: Language,
) -> String {
    let about = node.and_then(|node| node.get("description")).and_then(Value::as_str).map(one_line);
    let nodes = || node.into_iter().chain(alternatives.iter().copied());
    let quoted = match node.and_then(|node| node.get(OF_NUMBER)?.as_str()) {
        Some(meant) => found.and_then(|found| of_number_alone(meant, found)),
        None => found.and_then(|found| nodes().find_map(|node| in_quotes(node, found, language))),
    };
    let write = quoted.or_else(|| {
        let fits = found.and_then(|found| nodes().find_map(|node| fitting(node, found, language)));
        let fits = fits.or_else(|| within(node?, error)).or_else(|| of_type(node, error, language));
        fits.map(|fits| format!("Write {fits}"))
    });
    match (write, about) {
        (Some(write), Some(about)) => format!("{write}: {about}"),
        (Some(write), None) => format!("{write}."),
        (None, Some(about)) => format!("Write what is expected: {about}"),
        (None, None) => "Write another value; `docs/app.schema.json` says which.".to_owned(),
    }
}

/// Says which text was meant by a number, where the number in quotes means nothing.
fn of_number_alone(meant: &str, found: DocumentValue<'_>) -> Option<String> {
    let number = found.text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    (!meant.is_empty()).then(|| format!("Write `{}`", meant.replace("{}", number)))
}

/// Says that a text that the reader took for something else belongs in quotes, if it fits then.
fn in_quotes(node: &Value, found: DocumentValue<'_>, language: Language) -> Option<String> {
    let is_other = found.value.is_number() || found.value.is_boolean() || found.text.is_some();
    let text = Value::from(found.plain());
    let fits = is_other && has_type(node, "string") && accepts(node, &text);
    // Who writes no value may have meant none.
    let if_text = if found.value.is_null() { ", if it is a text" } else { "" };
    fits.then(|| {
        if found.is_unwritten() {
            "Put it in quotes as it was written".to_owned()
        } else {
            format!("Put it in quotes, `{}`{if_text}", written(&text, language))
        }
    })
}

fn has_type(node: &Value, name: &str) -> bool {
    match node.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    }
}

/// Says what to write for a name.
pub(super) fn name(seen: &str, language: Language) -> String {
    let rule = "Use lower-case letters, digits and hyphens, start with a letter, at most 32 characters";
    let fits = as_name(seen);
    if crate::text::name::ComponentName::new(fits.as_str()).is_ok() {
        let fits = written(&Value::from(fits), language);
        format!("Write `{fits}`. {rule}.")
    } else {
        format!("{rule}.")
    }
}

fn as_name(text: &str) -> String {
    text.trim().to_lowercase().replace(['_', ' ', '.', '/'], "-")
}

/// Returns the same value in a form that fits.
fn fitting(node: &Value, found: DocumentValue<'_>, language: Language) -> Option<String> {
    let seen = found.value;
    let is = |name: &str| has_type(node, name);
    let scalar = seen.is_string() || seen.is_number() || seen.is_boolean();
    if let Some(only) = node.get("const") {
        return Some(format!("`{}`", written(only, language)));
    }
    if is("array") && scalar {
        if found.is_unwritten() {
            return Some("a list, with it in brackets".to_owned());
        }
        let items = node.get("items");
        let of_numbers = items.is_some_and(|items| has_type(items, "integer") || has_type(items, "number"));
        let one = match found.text {
            Some(text) if of_numbers => text.to_owned(),
            Some(text) => written(&Value::from(text), language),
            None => written(seen, language),
        };
        return Some(format!("a list, `[{one}]`"));
    }
    let has_fields = node.get("properties").is_some();
    if is("object") && (scalar || (has_fields && !seen.is_object())) {
        return Some(of_fields(node, seen, language));
    }
    if is("boolean") {
        return Some("`true` or `false`, without quotes".to_owned());
    }
    let text = found.plain();
    if (is("integer") || is("number")) && seen.is_string() {
        let number: Value = serde_json::from_str(text.trim()).ok()?;
        return accepts(node, &number).then(|| format!("`{}`, without quotes", text.trim()));
    }
    let is_other = seen.is_boolean() || found.is_unwritten();
    if !is("string") || !scalar || is_other || node.get("pattern").is_none() {
        return None;
    }
    let accepted = |text: &String| accepts(node, &Value::from(text.as_str()));
    let shown = |text: String| format!("`{}`", written(&Value::from(text), language));
    let fits = if seen.is_number() { of_number(&text) } else { candidates(node, text.trim()) };
    let mut fits: Vec<String> = fits.into_iter().filter(accepted).collect();
    fits.dedup();
    fits.truncate(SHOWN);
    if fits.is_empty() {
        let fits = without_zeros(&text).filter(accepted)?;
        return Some(format!("{}, without leading zeros", shown(fits)));
    }
    Some(fits.into_iter().map(shown).collect::<Vec<_>>().join(" or "))
}

/// Returns a version without the zeros with which its numbers begin, of three numbers if it has two. A version of the
/// calendar is written with them, and a semantic version has none (semver.org, item 2).
fn without_zeros(text: &str) -> Option<String> {
    let numbers: Option<Vec<u64>> = text.trim().split('.').map(|part| part.parse().ok()).collect();
    match numbers?.as_slice() {
        [major, minor] => Some(format!("{major}.{minor}.0")),
        [major, minor, patch] => Some(format!("{major}.{minor}.{patch}")),
        _ => None,
    }
}

/// Returns whether a text would fit if its numbers had no zeros before them.
pub(super) fn has_leading_zero(node: &Value, text: &str) -> bool {
    let begins = text.trim().split('.').any(|part| part.len() > 1 && part.starts_with('0'));
    begins && has_type(node, "string") && without_zeros(text).is_some_and(|fits| accepts(node, &Value::from(fits)))
}

/// Returns texts that may have been meant by a number, the most likely first.
fn of_number(text: &str) -> Vec<String> {
    // A version of one or two numbers, or a length of time.
    let ends: &[&str] = if text.contains('.') { &[".0"] } else { &["s", "m", ".0.0"] };
    ends.iter().map(|end| format!("{text}{end}")).collect()
}

/// Returns texts that may have been meant by another one, the most likely first.
fn candidates(node: &Value, text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let is_word = unit.chars().all(|c| c.is_ascii_alphabetic());
    let unit = unit.chars().next().filter(|_| is_word && digits > 0);
    // Only names have nothing but lower-case letters: of another text, such as a version, a space is no hyphen.
    let is_name = !accepts(node, &Value::from("A"));
    let mut texts = vec![text.to_owned(), text.strip_prefix('v').unwrap_or(text).to_owned()];
    // A version has three numbers.
    texts.extend(match text.matches('.').count() {
        0 => Some(format!("{text}.0.0")),
        1 => Some(format!("{text}.0")),
        _ => None,
    });
    texts.push(text.to_lowercase());
    texts.extend(unit.map(|unit| format!("{count}{unit}")));
    texts.extend(is_name.then(|| as_name(text)));
    texts.extend(crate::document::git::whole(text));
    texts
}

fn accepts(node: &Value, value: &Value) -> bool {
    jsonschema::is_valid(node, value)
}

/// Says which fields a map has, by an example if there is one. The example with the value that was written comes first.
fn of_fields(node: &Value, seen: &Value, language: Language) -> String {
    let examples = node.get("examples").and_then(Value::as_array);
    let mut examples: Vec<&Value> = examples.into_iter().flatten().collect();
    examples.sort_by_key(|one| {
        let values = one.as_object().into_iter().flat_map(|one| one.values());
        !values.into_iter().any(|value| value == seen)
    });
    let shown = examples.iter().take(SHOWN).map(|one| format!("`{}`", written(one, language)));
    let shown: Vec<String> = shown.collect();
    let object = object(language);
    if !shown.is_empty() {
        return format!("{object}, such as {}", shown.join(" or "));
    }
    let fields = node.get("properties").and_then(Value::as_object);
    let fields: Vec<&str> = fields.into_iter().flat_map(|fields| fields.keys().map(String::as_str)).collect();
    let needed = node.get("required").and_then(Value::as_array);
    let needed: Vec<&str> = needed.into_iter().flatten().filter_map(Value::as_str).collect();
    match (fields.len(), needed.is_empty()) {
        (0, _) => format!("{object}: names, each with its value"),
        (1..=MANY, _) | (_, true) => format!("{object} of these fields: `{}`", fields.join("`, `")),
        _ => format!("{object} with at least these fields: `{}`", needed.join("`, `")),
    }
}

/// Returns the values of which one fits, as texts.
pub(super) fn words(options: &Value) -> Vec<String> {
    options.as_array().into_iter().flatten().map(plain).collect()
}

/// Returns what is expected in place of the value that an error is about, as far as it can be said in a few words.
pub(super) fn expected(node: Option<&Value>, error: &ValidationError<'_>, language: Language) -> String {
    node.and_then(|node| within(node, error)).or_else(|| of_type(node, error, language)).unwrap_or_default()
}

/// Names the type, with its bounds, if a value has another one.
fn of_type(node: Option<&Value>, error: &ValidationError<'_>, language: Language) -> Option<String> {
    let ValidationErrorKind::Type { kind } = error.kind() else { return None };
    let bound = |name: &str| node.and_then(|node| node.get(name)).map(plain);
    let bounds = bound("minimum").zip(bound("maximum"));
    let bounds = bounds.map_or_else(String::new, |(least, most)| format!(" from {least} to {most}"));
    Some(format!("{}{bounds}", types(kind, language)))
}

/// Names the bounds of a number or a length.
fn within(node: &Value, error: &ValidationError<'_>) -> Option<String> {
    use ValidationErrorKind as Kind;
    let bound = |name: &str| node.get(name).map(plain);
    let (least, most, unit) = match error.kind() {
        Kind::Minimum { .. } | Kind::Maximum { .. } => (bound("minimum"), bound("maximum"), ""),
        Kind::MinLength { .. } | Kind::MaxLength { .. } => (bound("minLength"), bound("maxLength"), " characters"),
        Kind::MinItems { .. } | Kind::MaxItems { .. } => (bound("minItems"), bound("maxItems"), " members"),
        Kind::MinProperties { .. } | Kind::MaxProperties { .. } => {
            (bound("minProperties"), bound("maxProperties"), " members")
        }
        Kind::UniqueItems => return Some("each of them once".to_owned()),
        _ => return None,
    };
    Some(match (least, most) {
        (Some(least), Some(most)) if least == most => format!("exactly {least} of them"),
        (Some(least), Some(most)) => format!("{least} to {most}{unit}"),
        (Some(least), None) if least == "1" && !unit.is_empty() => "at least one".to_owned(),
        (Some(least), None) => format!("at least {least}{unit}"),
        (None, Some(most)) => format!("at most {most}{unit}"),
        (None, None) => return None,
    })
}

/// Returns a value on one line, as it is written in the language.
fn written(value: &Value, language: Language) -> String {
    match language {
        Language::Json => value.to_string(),
        Language::Yaml => flow(value),
    }
}

/// Returns a value as YAML on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<String> = members.map(|(name, value)| format!("{name}: {}", flow(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Returns whether YAML reads a text without quotes as that text, also within braces.
fn is_plain(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/' || c == '_');
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-_./+".contains(c);
    let is_read = || serde_saphyr::from_str::<Value>(text).is_ok_and(|read| read == text);
    starts && text.chars().all(harmless) && is_read()
}
