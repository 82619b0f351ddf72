//! Checks input documents against the JSON Schema of their types, and finds every mistake at once.
//!
//! A validator's own words ("is not valid under any of the schemas") say nothing to a person. So each error becomes a
//! [`Finding`]: where, what was seen, what to write instead.

use crate::document::partial_document::PartialDocument;
use crate::document::secret;
use crate::document::source::DocumentText;
use crate::text::finding::{Finding, FindingName, limited, repeated};
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

mod mend;
pub mod objection;
mod path;
mod write;

use crate::document::shape::mend::mended;
use crate::document::shape::objection::{DocumentValue, objection, one_line, plain, short, shown};
use crate::document::shape::objection::{is_of_nothing, is_other_word, rules_out, variable_in_braces};
use crate::document::shape::path::pointer;
pub(crate) use mend::Mended;
pub(crate) use objection::Language;
pub use objection::{asked_for, nearest, suggest, unknown_name};
pub(crate) use path::{join, last};

/// The member of a schema that says what to do instead of fields, or values, that people look for there and that do
/// not exist.
const INSTEAD: &str = "x-instead";

/// The shape that a document must have.
pub(crate) struct Shape {
    /// The document's name for a person, such as `the manifest`: the path of a finding about the whole.
    what: &'static str,
    language: Language,
    schema: Value,
    validator: Option<Validator>,
}

impl Shape {
    /// Makes the shape of a type.
    pub(crate) fn of<T: JsonSchema>(what: &'static str, language: Language) -> Self {
        let mut schema = schemars::schema_for!(T).to_value();
        if language == Language::Yaml {
            crate::document::shape::path::forbid(&mut schema);
        }
        let validator = jsonschema::validator_for(&schema).ok();
        Self { what, language, schema, validator }
    }

    /// Returns the schema itself, for editors.
    pub(crate) fn schema(&self) -> &Value {
        &self.schema
    }

    /// Returns everything that is wrong with a document's shape, in the words of its source. If a secret is in it, only
    /// that is listed: another finding could repeat it.
    pub(crate) fn findings(&self, document: &Value, source: &DocumentText<'_>) -> Vec<Finding> {
        let secrets = secret::findings(document);
        if !secrets.is_empty() {
            return secrets;
        }
        let Some(validator) = &self.validator else { return vec![self.not_read(self.what, None)] };
        let mut findings = Vec::new();
        for error in validator.iter_errors(document) {
            self.add_findings(&error, source, &mut findings);
        }
        findings
    }

    /// Reads a document of this shape.
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        document: &Value,
        source: &DocumentText<'_>,
    ) -> Result<T, Vec<Finding>> {
        let findings = self.findings(document, source);
        if findings.is_empty() { self.typed(document, source) } else { Err(limited(findings)) }
    }

    /// Reads a document of this shape whose meaning is checked as well. Everything that is wrong with either is listed
    /// at once, with the part that can be read.
    pub(crate) fn checked<T: DeserializeOwned>(
        &self,
        document: &Value,
        source: &DocumentText<'_>,
        meaning: impl Fn(&T) -> Vec<Finding>,
    ) -> Result<T, PartialDocument<T>> {
        let findings = self.findings(document, source);
        let read = if findings.is_empty() {
            Some(Mended::whole(self.typed(document, source).map_err(PartialDocument::unread)?))
        } else {
            mended(document, findings.clone(), &|rest| self.findings(rest, source))
        };
        let part = PartialDocument::new(findings, read);
        let meant = part.rest().map(meaning).unwrap_or_default();
        part.and(meant).whole()
    }

    /// Reads a document that was found to have this shape.
    pub(crate) fn typed<T: DeserializeOwned>(
        &self,
        document: &Value,
        source: &DocumentText<'_>,
    ) -> Result<T, Vec<Finding>> {
        T::deserialize(document).map_err(|_| {
            let path = unread_path::<T>(document);
            let at = pointer(&path);
            let found = document.pointer(&at).map(|value| DocumentValue { value, text: source.plain(&at) });
            vec![self.not_read(self.place(&path), found)]
        })
    }

    /// Makes the finding of a value that fits the schema and not the type: a number that is too large for it, or a
    /// whole number that is written with a point.
    fn not_read(&self, place: &str, found: Option<DocumentValue<'_>>) -> Finding {
        let scalar = found.filter(|found| !found.value.is_object() && !found.value.is_array());
        let reason = match scalar {
            Some(found) => format!("{} cannot be read.", shown(place, found)),
            None => format!("{} has the form that is expected, and a value in it cannot be read.", self.what),
        };
        let number = scalar.filter(|found| found.value.is_f64()).and_then(|found| found.value.as_f64());
        let whole = number.filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
        let remedy = match whole.zip(scalar) {
            Some((_, found)) if found.is_unwritten() => "Write it without a point.".to_owned(),
            Some((whole, _)) => format!("Write `{whole:.0}`, without a point."),
            None => "Write no number of more than 15 digits; compare the rest with the examples.".to_owned(),
        };
        let seen = scalar.map(|found| short(place, found)).unwrap_or_default();
        Finding::bad_value(place, reason, remedy).seen(seen, "")
    }

    /// Returns a path, or the document's name if the path is that of the whole.
    fn place<'p>(&'p self, path: &'p str) -> &'p str {
        if path.is_empty() { self.what } else { path }
    }

    fn add_findings(&self, error: &ValidationError<'_>, source: &DocumentText<'_>, findings: &mut Vec<Finding>) {
        let path = path_of(error);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for name in unexpected {
                    findings.push(self.unexpected(error, &path, name));
                }
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                findings.push(self.missing(error, &path, name));
            }
            ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
                self.add_branch(error, &path, context, source, findings);
            }
            _ => findings.push(self.bad_value(error, &path, &[], source)),
        }
    }

    /// Adds only the findings of the alternative that was meant.
    fn add_branch(
        &self,
        error: &ValidationError<'_>,
        path: &str,
        context: &[Vec<ValidationError<'static>>],
        source: &DocumentText<'_>,
        findings: &mut Vec<Finding>,
    ) {
        if let Some(text) = variable_in_braces(error, context).filter(|_| self.language == Language::Yaml) {
            let reason = format!("`{text}` without quotes is a map.");
            let finding = Finding::bad_value(path, reason, format!("Put it in quotes, `\"{text}\"`."));
            findings.push(finding.seen(text, "a text"));
            return;
        }
        let possible: Vec<_> = context.iter().filter(|one| !is_of_nothing(one)).collect();
        let meant = match possible.as_slice() {
            [one] => Some(*one),
            several => several
                .iter()
                .copied()
                .filter(|branch| !branch.iter().any(|e| rules_out(error, e)))
                .min_by_key(|branch| branch.len()),
        };
        if let Some(branch) = meant {
            // What is not the one word is not said to be of another type as well.
            let word = branch.iter().find(|inner| is_other_word(error, inner));
            for inner in word.map_or(branch.as_slice(), std::slice::from_ref) {
                self.add_findings(inner, source, findings);
            }
            return;
        }
        findings.push(self.no_branch(error, path, context, source));
    }

    fn no_branch(
        &self,
        error: &ValidationError<'_>,
        path: &str,
        context: &[Vec<ValidationError<'static>>],
        source: &DocumentText<'_>,
    ) -> Finding {
        let mut choices = Vec::new();
        let mut at = None;
        for inner in context.iter().flatten() {
            match inner.kind() {
                // An alternative that is accepted only as another spelling is not suggested.
                ValidationErrorKind::Constant { expected_value } if expected_value.is_boolean() => {}
                ValidationErrorKind::Constant { expected_value } => {
                    choices.push(plain(expected_value));
                    at = Some(inner);
                }
                ValidationErrorKind::Enum { options } => {
                    choices.extend(write::words(options));
                    at = Some(inner);
                }
                _ => {}
            }
        }
        let Some(at) = at else {
            let here = |e: &&ValidationError<'_>| e.instance_path() == error.instance_path();
            let nodes: Vec<&Value> = context.iter().flatten().filter(here).filter_map(|e| self.node(e)).collect();
            return self.bad_value(error, path, &nodes, source);
        };
        let path = path_of(at);
        let found = found(at, source);
        let reason = format!("{} is not known here.", shown(&path, found));
        let seen = at.instance().as_str();
        let instead = self.node(error).and_then(|node| node.get(INSTEAD));
        let remedy = match instead.and_then(|instead| instead.get(seen?)?.as_str()) {
            Some(instead) => instead.to_owned(),
            None => suggest(seen.and_then(|seen| nearest(seen, &choices)), &choices),
        };
        let found = short(&path, found);
        Finding::bad_value(self.place(&path), reason, remedy).seen_among(found, &choices)
    }

    fn unexpected(&self, error: &ValidationError<'_>, path: &str, name: &str) -> Finding {
        let node = self.node(error);
        let at = join(path, name);
        if node.is_some_and(|node| node.get("patternProperties").is_some()) {
            let shown = repeated(name);
            if name == "Ref" || name.starts_with("Fn::") {
                // The map around it is no map of names.
                let reason = format!("`{shown}` is a reference of AWS CloudFormation, and none is resolved here.");
                return Finding::bad_value(self.place(path), reason, "Write the value itself.").seen(shown, "");
            }
            let (reason, remedy) = (format!("`{shown}` is not a name."), write::name(name, self.language));
            return Finding::bad_value(self.place(&at), reason, remedy).seen(shown, "");
        }
        let known: Vec<String> = node
            .and_then(|node| node.get("properties"))
            .and_then(Value::as_object)
            .map(|known| known.keys().cloned().collect())
            .unwrap_or_default();
        let instead = node.and_then(|node| node.get(INSTEAD)?.get(name)?.as_str());
        let meant = nearest(name, &known).filter(|_| instead.is_none());
        let remedy = match instead {
            Some(instead) => instead.to_owned(),
            None if known.is_empty() => "Remove it.".to_owned(),
            None => suggest(meant, &known),
        };
        let reason = format!("`{}` is not a field here.", repeated(name));
        Finding::new(FindingName::UnknownField, self.place(&at), reason, remedy)
            .meaning(meant)
            .seen_among(repeated(name), &known)
    }

    fn missing(&self, error: &ValidationError<'_>, path: &str, name: &str) -> Finding {
        let about = self
            .node(error)
            .and_then(|node| node.get("properties")?.get(name)?.get("description"))
            .and_then(Value::as_str);
        let choices = self.choices(error, name);
        let remedy = match about {
            Some(about) => format!("Write `{name}`: {}", one_line(about)),
            None if choices.is_empty() => format!("Write `{name}`."),
            None => format!("Write `{name}`, one of `{}`.", choices.join("`, `")),
        };
        Finding::missing_field(join(path, name), format!("`{name}` is required and is not there."), remedy)
            .seen_among("", &choices)
    }

    /// Returns the values by which the alternatives around an error are distinguished.
    fn choices(&self, error: &ValidationError<'_>, name: &str) -> Vec<String> {
        let pointer = error.schema_path().as_str();
        let around = pointer.rsplitn(3, '/').nth(2).unwrap_or_default();
        self.schema
            .pointer(around)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|branch| branch.get("properties")?.get(name)?.get("const"))
            .map(plain)
            .collect()
    }

    /// Makes the finding of a bad value. `alternatives` are the parts of the schema of which one must fit.
    fn bad_value(
        &self,
        error: &ValidationError<'_>,
        path: &str,
        alternatives: &[&Value],
        source: &DocumentText<'_>,
    ) -> Finding {
        let found = found(error, source);
        let node = self.node(error);
        let begins_with_zero =
            node.zip(found.value.as_str()).is_some_and(|(node, text)| write::has_leading_zero(node, text));
        let is_nothing = found.value.is_null() && self.language == Language::Yaml;
        let reason = match found.text {
            None if is_nothing => "It has no value.".to_owned(),
            Some(text) if is_nothing => format!("`{text}` stands for no value."),
            _ if begins_with_zero => format!("{} has a leading zero.", shown(path, found)),
            _ => format!("{} {}.", shown(path, found), objection(error, self.language)),
        };
        let seen = Some(found).filter(|found| !found.value.is_null() || found.text.is_some());
        let seen = seen.map(|found| short(path, found));
        let is_hidden = seen.as_ref().is_some_and(String::is_empty);
        let remedy = write::remedy(node, alternatives, error, Some(found).filter(|_| !is_hidden), self.language);
        let seen = seen.unwrap_or_default();
        let finding = Finding::bad_value(self.place(path), reason, remedy);
        match error.kind() {
            ValidationErrorKind::Enum { options } => finding.seen_among(seen, &write::words(options)),
            _ => finding.seen(seen, write::expected(node, error, self.language)),
        }
    }

    /// Returns the part of the schema that an error is about, with references followed.
    fn node(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let pointer = error.schema_path().as_str();
        let (parent, _) = pointer.rsplit_once('/')?;
        let mut node = &self.schema;
        for segment in parent.split('/').skip(1) {
            let name = segment.replace("~1", "/").replace("~0", "~");
            node = match node.pointer(&format!("/{segment}")) {
                Some(next) if name != "$ref" => next,
                _ => self.referred(node)?.pointer(&match name.as_str() {
                    "$ref" => String::new(),
                    _ => format!("/{segment}"),
                })?,
            };
        }
        Some(node)
    }

    fn referred(&self, node: &Value) -> Option<&Value> {
        let to = node.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.schema.pointer(to)
    }
}

/// Returns the value that an error is about, with its text in the source.
fn found<'v>(error: &'v ValidationError<'_>, source: &'v DocumentText<'_>) -> DocumentValue<'v> {
    let value = &**error.instance();
    let is_other = value.is_number() || value.is_boolean() || value.is_null();
    let text = source.plain(error.instance_path().as_str()).filter(|_| is_other);
    DocumentValue { value, text }
}

/// Returns the dotted path of the value that the type does not take; empty if nobody knows which.
fn unread_path<T: DeserializeOwned>(document: &Value) -> String {
    let read: Result<T, _> = serde_path_to_error::deserialize(document);
    let mut path = String::new();
    for segment in read.err().iter().flat_map(serde_path_to_error::Error::path) {
        path = match segment {
            Segment::Seq { index } => format!("{path}[{index}]"),
            Segment::Map { key } | Segment::Enum { variant: key } => join(&path, key),
            Segment::Unknown => path,
        };
    }
    path
}

/// Returns the dotted path of the place of an error.
fn path_of(error: &ValidationError<'_>) -> String {
    let mut path = String::new();
    for segment in error.instance_path().segments() {
        path = match segment {
            LocationSegment::Index(index) => format!("{path}[{index}]"),
            LocationSegment::Property(name) => join(&path, &name),
        };
    }
    path
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
