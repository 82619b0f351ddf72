//! Input documents checked against the JSON Schema of their types: every mistake at once.
//!
//! A validator's own words ("is not valid under any of the schemas") tell a person nothing, so each
//! error is told again as a [`Finding`]: where, what was seen, what to write instead.

use crate::finding::{Finding, FindingName, limited, repeated};
use crate::secret;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The shape that a document must have.
pub(crate) struct Shape {
    schema: Value,
    validator: Option<Validator>,
}

impl Shape {
    /// The shape of a type.
    pub(crate) fn of<T: JsonSchema>() -> Self {
        let schema = schemars::schema_for!(T).to_value();
        let validator = jsonschema::validator_for(&schema).ok();
        Self { schema, validator }
    }

    /// The schema itself, for editors.
    pub(crate) fn schema(&self) -> &Value {
        &self.schema
    }

    /// Everything that is wrong with a document's shape. Where a secret is in it, only that is told:
    /// what else is wrong could repeat it.
    pub(crate) fn findings(&self, document: &Value) -> Vec<Finding> {
        let secrets = secret::findings(document);
        if !secrets.is_empty() {
            return secrets;
        }
        let Some(validator) = &self.validator else {
            return vec![not_read("", "Windlass's own schema cannot be read")];
        };
        let mut findings = Vec::new();
        for error in validator.iter_errors(document) {
            self.tell(&error, &mut findings);
        }
        findings
    }

    /// Reads a document of this shape.
    pub(crate) fn read<T: DeserializeOwned>(&self, document: &Value) -> Result<T, Vec<Finding>> {
        let findings = self.findings(document);
        if findings.is_empty() {
            Self::typed(document)
        } else {
            Err(limited(findings))
        }
    }

    /// Reads a document that was found to have this shape.
    pub(crate) fn typed<T: DeserializeOwned>(document: &Value) -> Result<T, Vec<Finding>> {
        T::deserialize(document).map_err(|error| vec![not_read("", &error.to_string())])
    }

    fn tell(&self, error: &ValidationError<'_>, findings: &mut Vec<Finding>) {
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
            ValidationErrorKind::OneOfNotValid { context }
            | ValidationErrorKind::AnyOf { context } => {
                self.tell_branch(error, &path, context, findings);
            }
            _ => findings.push(self.bad_value(error, &path)),
        }
    }

    /// Of the alternatives, tells only about the one that was meant.
    fn tell_branch(
        &self,
        error: &ValidationError<'_>,
        path: &str,
        context: &[Vec<ValidationError<'static>>],
        findings: &mut Vec<Finding>,
    ) {
        let meant = context
            .iter()
            .filter(|branch| !branch.iter().any(|e| rules_out(error, e)))
            .min_by_key(|branch| branch.len());
        if let Some(branch) = meant {
            for inner in branch {
                self.tell(inner, findings);
            }
            return;
        }
        findings.push(self.no_branch(error, path, context));
    }

    fn no_branch(
        &self,
        error: &ValidationError<'_>,
        path: &str,
        context: &[Vec<ValidationError<'static>>],
    ) -> Finding {
        let mut choices = Vec::new();
        let mut at = None;
        for inner in context.iter().flatten() {
            match inner.kind() {
                ValidationErrorKind::Constant { expected_value } => {
                    choices.push(plain(expected_value));
                    at = Some(inner);
                }
                ValidationErrorKind::Enum { options } => {
                    choices.extend(options.as_array().into_iter().flatten().map(plain));
                    at = Some(inner);
                }
                _ => {}
            }
        }
        let Some(at) = at else {
            return self.bad_value(error, path);
        };
        let path = path_of(at);
        let reason = format!("{} is not known here.", shown(&path, at.instance()));
        let nearest = at.instance().as_str().and_then(|v| nearest(v, &choices));
        Finding::new(
            FindingName::BadValue,
            path,
            reason,
            suggest(nearest, &choices),
        )
    }

    fn unexpected(&self, error: &ValidationError<'_>, path: &str, name: &str) -> Finding {
        let node = self.node(error);
        let at = join(path, name);
        if node.is_some_and(|node| node.get("patternProperties").is_some()) {
            return Finding::new(
                FindingName::BadValue,
                at,
                format!("`{}` is not a name.", repeated(name)),
                "Use lower-case letters, digits and hyphens, start with a letter, at most 32 characters.",
            );
        }
        let known: Vec<String> = node
            .and_then(|node| node.get("properties"))
            .and_then(Value::as_object)
            .map(|known| known.keys().cloned().collect())
            .unwrap_or_default();
        let remedy = if known.is_empty() {
            "Remove it.".to_owned()
        } else {
            suggest(nearest(name, &known), &known)
        };
        Finding::new(
            FindingName::UnknownField,
            at,
            format!("`{}` is not a field here.", repeated(name)),
            remedy,
        )
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
        Finding::new(
            FindingName::MissingField,
            join(path, name),
            format!("`{name}` is required and is not there."),
            remedy,
        )
    }

    /// The values by which the alternatives around an error are told apart.
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

    fn bad_value(&self, error: &ValidationError<'_>, path: &str) -> Finding {
        let seen = shown(path, error.instance());
        let reason = format!("{seen} {}.", objection(error));
        let node = self.node(error);
        let any_text = node.is_none_or(|node| node.get("pattern").is_none());
        let about = node
            .and_then(|node| node.get("description"))
            .and_then(Value::as_str);
        let remedy = match (about, error.kind()) {
            (_, ValidationErrorKind::Type { kind })
                if any_text && quotes_help(error.instance(), kind) =>
            {
                "Put the value in quotes, so that it is a text.".to_owned()
            }
            (Some(about), _) => format!("Write what is expected: {}", one_line(about)),
            (None, _) => "Write a value of the form that the schema gives.".to_owned(),
        };
        Finding::new(FindingName::BadValue, path, reason, remedy)
    }

    /// The part of the schema that an error is about.
    fn node(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let pointer = error.schema_path().as_str();
        let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        self.schema.pointer(parent)
    }
}

/// Whether an error within an alternative shows that this alternative was not meant: it is of
/// another type altogether, or its `kind` or its one value is another.
fn rules_out(outer: &ValidationError<'_>, inner: &ValidationError<'_>) -> bool {
    let here = inner.instance_path() == outer.instance_path();
    match inner.kind() {
        ValidationErrorKind::Type { .. } => here,
        ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. } => {
            here || *inner.instance_path() == outer.instance_path().join("kind")
        }
        _ => false,
    }
}

fn objection(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Type { kind } => format!("is not {}", types(kind)),
        ValidationErrorKind::Pattern { pattern } => format!("does not have the form `{pattern}`"),
        ValidationErrorKind::Minimum { limit } => format!("is less than {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("is more than {limit}"),
        ValidationErrorKind::MinItems { limit } | ValidationErrorKind::MinProperties { limit } => {
            format!("has fewer than {limit} members")
        }
        ValidationErrorKind::MaxItems { limit } | ValidationErrorKind::MaxProperties { limit } => {
            format!("has more than {limit} members")
        }
        ValidationErrorKind::MinLength { limit } => format!("has fewer than {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("has more than {limit} characters"),
        ValidationErrorKind::UniqueItems => "names something twice".to_owned(),
        _ => "does not have the form that is expected".to_owned(),
    }
}

fn types(kind: &TypeKind) -> String {
    let word = |name: &str| match name {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a map of fields",
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

/// A number or a truth value where a text is expected: YAML reads `1.3` as a number.
fn quotes_help(seen: &Value, kind: &TypeKind) -> bool {
    let wants_text = types(kind).contains("a text");
    wants_text && (seen.is_number() || seen.is_boolean())
}

/// The dotted path of what an error is about.
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

/// A path one step further.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// A value as a person may read it: short, and never a secret.
fn shown(path: &str, value: &Value) -> String {
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

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn one_line(text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The known word that was probably meant.
pub(crate) fn nearest<'a>(word: &str, known: &'a [String]) -> Option<&'a String> {
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What to write instead of an unknown word.
pub(crate) fn suggest(nearest: Option<&String>, known: &[String]) -> String {
    let all = known.join("`, `");
    match nearest {
        Some(nearest) => format!("Did you mean `{nearest}`? Known here: `{all}`."),
        None => format!("Known here: `{all}`."),
    }
}

/// Reads JSON of a limited size.
pub(crate) fn json(text: &str, largest: usize) -> Result<Value, Finding> {
    if text.len() > largest {
        return Err(Finding::new(
            FindingName::BadValue,
            "",
            format!(
                "The document has {} bytes; at most {largest} are read.",
                text.len()
            ),
            "Make it smaller.",
        ));
    }
    serde_json::from_str(text).map_err(|error| {
        Finding::new(
            FindingName::NotWellFormed,
            format!("line {} column {}", error.line(), error.column()),
            format!("This is not well-formed JSON: {error}."),
            "Mend the syntax at this place; a missing comma or quote is the usual cause.",
        )
    })
}

fn not_read(path: &str, why: &str) -> Finding {
    Finding::new(
        FindingName::BadValue,
        path,
        format!("The document cannot be read: {why}."),
        "Compare it with the schema in docs/app.schema.json and the examples.",
    )
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
