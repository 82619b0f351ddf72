//! A text that a reader takes for something else is repeated as it is written, and belongs in quotes.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use windlass_domain::declaration::Declaration;
use windlass_domain::release::manifest::Manifest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::AppName;

/// The forms that YAML 1.1 (yaml.org/type) or the core schema of YAML 1.2 (section 10.3) reads as null, true or false,
/// a whole number, a number with a point, or a time. Some of them are texts to our reader: those are left out.
const FORMS: &str = "~ null Null NULL y Y yes Yes YES n N no No NO true True TRUE false False FALSE on On ON off Off \
    OFF 0b1010 0o17 017 012345670123 0x1F 1_000 +12 190:20:30 1.10 1.0 0.10 1e3 6.8523015e+5 .5 190:20:30.15 \
    2001-12-14 2001-12-14t21:59:43.10-05:00 12345678901234567890123";

/// Stands in a document where a form is put.
const HERE: &str = "@here@";

/// Returns the document with each of its texts in turn replaced, with the path of the text.
fn replaced(document: &Value, path: &str) -> Vec<(String, Value)> {
    match document {
        Value::String(_) => vec![(path.to_owned(), HERE.into())],
        Value::Object(members) => {
            let mut all = Vec::new();
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                for (path, member) in replaced(member, &path) {
                    let mut members = members.clone();
                    members.insert(name.clone(), member);
                    all.push((path, Value::Object(members)));
                }
            }
            all
        }
        Value::Array(items) => {
            let mut all = Vec::new();
            for (at, item) in items.iter().enumerate() {
                for (path, item) in replaced(item, &format!("{path}[{at}]")) {
                    let mut items = items.clone();
                    items[at] = item;
                    all.push((path, Value::Array(items)));
                }
            }
            all
        }
        _ => Vec::new(),
    }
}

/// Holds that each form in the place of each text is repeated, and is the same text in the quotes of the remedy.
/// Returns how many were refused, and how many have such a remedy.
fn hold(good: &str, forms: &[&str], read: &dyn Fn(&str) -> Vec<Finding>) -> (usize, usize) {
    let good: Value = serde_saphyr::from_str(good).unwrap();
    let (mut refused, mut quoted) = (0, 0);
    for (path, document) in replaced(&good, "") {
        for form in forms {
            let text = document.to_string().replace(&format!("\"{HERE}\""), form);
            let findings = read(&text);
            let is_it = |finding: &&Finding| finding.path == path && finding.name == FindingName::BadValue;
            let Some(finding) = findings.iter().find(is_it) else {
                continue;
            };
            let found = finding.seen.as_ref().and_then(|seen| seen.found.as_deref());
            assert_eq!(found, Some(*form), "{path}: {finding:?}");
            refused += 1;
            let remedy = finding.remedy.written();
            if let Some(rest) = remedy.strip_prefix("Put it in quotes, `") {
                let (value, _) = rest.split_once('`').unwrap();
                let read: Value = serde_saphyr::from_str(value).unwrap();
                assert_eq!(read.as_str(), Some(*form), "{path}: {remedy}");
                quoted += 1;
            }
        }
    }
    (refused, quoted)
}

#[test]
fn a_declaration_is_answered_with_what_is_written_in_it() {
    let is_other = |form: &&str| !serde_saphyr::from_str::<Value>(form).unwrap().is_string();
    let forms: Vec<&str> = FORMS.split_whitespace().filter(is_other).collect();
    assert!(forms.len() > 30, "{forms:?}");
    let read = |text: &str| Declaration::parse(text).err().unwrap_or_default();
    let (refused, quoted) = hold(include_str!("bad_inputs/declaration.yaml"), &forms, &read);
    assert!(refused > 300 && quoted > 100, "{refused} refused, {quoted} in quotes");
}

#[test]
fn a_manifest_is_answered_with_what_is_written_in_it() {
    let is_json = |form: &&str| serde_json::from_str::<Value>(form).is_ok_and(|value| !value.is_null());
    let forms: Vec<&str> = FORMS.split_whitespace().filter(is_json).collect();
    let app = AppName::new("shop").unwrap();
    let read = |text: &str| Manifest::parse(&app, text).err().unwrap_or_default();
    let (refused, quoted) = hold(include_str!("bad_inputs/manifest.yaml"), &forms, &read);
    assert!(refused > 20 && quoted > 10, "{refused} refused, {quoted} in quotes");
}
