//! The table of bad inputs: the full message for each.

#![allow(clippy::unwrap_used)]

mod rules;

use serde::Deserialize;
use serde_json::Value;
use windlass_domain::declaration::Declaration;
use windlass_domain::release::manifest::Manifest;
use windlass_domain::release::request::Request;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::AppName;

/// One row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    what: String,
    declaration: Option<Input>,
    manifest: Option<Input>,
    request: Option<Input>,
    findings: Vec<String>,
    remedy: Option<String>,
    expected: Option<String>,
}

/// The whole input, or a change of the good one.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Input {
    Text(String),
    Change(Value),
}

const TABLE: &str = include_str!("table.yaml");
const DECLARATION: &str = include_str!("declaration.yaml");
const MANIFEST: &str = include_str!("manifest.yaml");
const REQUEST: &str = include_str!("request.yaml");

impl Input {
    fn text(&self, good: &str) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Change(change) => {
                let mut value: Value = serde_saphyr::from_str(good).unwrap();
                merge(&mut value, change);
                value.to_string()
            }
        }
    }
}

/// Changes a document by a JSON merge patch (RFC 7396).
pub fn merge(value: &mut Value, change: &Value) {
    let (Value::Object(value), Value::Object(change)) = (&mut *value, change) else {
        *value = change.clone();
        return;
    };
    for (name, change) in change {
        if change.is_null() {
            value.remove(name);
        } else {
            merge(value.entry(name.as_str()).or_insert(Value::Null), change);
        }
    }
}

fn shop() -> AppName {
    AppName::new("shop").unwrap()
}

fn read_declaration(text: &str) -> Vec<Finding> {
    Declaration::parse(text).err().unwrap_or_default()
}

/// Reads a manifest by itself and, if it can be read, beside the good declaration.
fn read_manifest(text: &str) -> Vec<Finding> {
    let declaration = Declaration::parse(DECLARATION).unwrap();
    match Manifest::parse(&shop(), text) {
        Ok(manifest) => declaration.misfits(&manifest.components),
        Err(findings) => findings,
    }
}

fn read_request(text: &str) -> Vec<Finding> {
    let value: Value = serde_json::from_str(text).unwrap();
    Request::parse(&value).err().unwrap_or_default()
}

fn findings(row: &Row) -> Vec<Finding> {
    match (&row.declaration, &row.manifest, &row.request) {
        (Some(input), None, None) => read_declaration(&input.text(DECLARATION)),
        (None, Some(input), None) => read_manifest(&input.text(MANIFEST)),
        (None, None, Some(input)) => read_request(&input.text(REQUEST)),
        _ => panic!("{}: one of declaration, manifest, request", row.what),
    }
}

#[test]
fn the_good_inputs_are_good() {
    let change = Input::Change(Value::Object(serde_json::Map::new()));
    assert_eq!(read_declaration(&change.text(DECLARATION)), []);
    assert_eq!(read_declaration(DECLARATION), []);
    assert_eq!(read_manifest(&change.text(MANIFEST)), []);
    assert_eq!(read_request(&change.text(REQUEST)), []);
}

/// A value that a remedy asks people to write in a JSON document can be written there.
fn written_in_json(remedy: &str) {
    let Some(rest) = remedy.strip_prefix("Write `").or_else(|| remedy.strip_prefix("Put it in quotes, `")) else {
        return;
    };
    let Some((values, _)) = rest.split_once("`: ") else {
        return;
    };
    for value in values.split("` or `") {
        let read = serde_json::from_str::<Value>(value);
        assert!(read.is_ok(), "`{value}` of {remedy}");
    }
}

/// Safety: secrets: What looks like a secret is refused, by name or by looks, and no finding repeats it.
///
/// Safety: drills: Production has a schedule of drills only where that is written.
#[test]
fn every_bad_input_is_answered_as_expected() {
    let table: Vec<Row> = serde_saphyr::from_str(TABLE).unwrap();
    assert!(table.len() >= 40, "{} rows", table.len());
    let mut wrong = Vec::new();
    for row in &table {
        let found = findings(row);
        let mut names: Vec<String> = found.iter().map(|f| format!("{} {}", f.name, f.path)).collect();
        let mut expected = row.findings.clone();
        names.sort();
        expected.sort();
        if names != expected {
            wrong.push(format!("{}:\n  expected {expected:?}\n  found {found:#?}", row.what));
        }
        let remedies = found.iter().map(|f| f.remedy.written());
        let remedies = remedies.collect::<Vec<_>>().join(" ");
        if let Some(remedy) = row.remedy.as_ref().filter(|part| !remedies.contains(*part)) {
            wrong.push(format!("{}:\n  expected {remedy}\n  shown {remedies}", row.what));
        }
        let mut values = found.iter().filter_map(|f| f.seen.as_ref()?.expected.as_ref());
        if row.expected.as_ref().is_some_and(|wanted| !values.any(|value| value == wanted)) {
            wrong.push(format!("{}:\n  expected {:?}\n  found {found:#?}", row.what, row.expected));
        }
        let is_json = row.declaration.is_none();
        for finding in found {
            let of_form = ["is not a text.", "the form that is expected."];
            if is_json && of_form.iter().any(|end| finding.reason.written().ends_with(end)) {
                written_in_json(&finding.remedy.written());
            }
            assert!(finding.reason.written().ends_with('.'), "{finding:?}");
            assert!(finding.remedy.written().ends_with('.'), "{finding:?}");
            assert!(!finding.written().contains("hunter2"), "{finding:?}");
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}
