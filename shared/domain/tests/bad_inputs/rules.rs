//! Rules that hold for every finding, whatever is wrong: held over the table, and over every small
//! change of the good inputs.

use super::{
    DECLARATION, Input, MANIFEST, REQUEST, Row, TABLE, findings, read_declaration, read_manifest, read_request,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use windlass_domain::text::finding::Finding;

/// Words of libraries, and of our own types.
const FOREIGN: [&str; 26] = [
    "serde",
    "saphyr",
    "Policy",
    "invalid type",
    "invalid value",
    "missing field",
    "unknown field",
    "unknown variant",
    "expected one of",
    "did not find",
    "u64",
    "u32",
    "u8",
    "f64",
    "EOF",
    "Some(",
    "None",
    "Err(",
    "regex",
    "parse",
    "deserial",
    "schema",
    "[0-9]",
    "a-z",
    "token",
    "semver",
];

/// The words with which a remedy begins.
const BEGINNINGS: [&str; 21] = [
    "Write", "Use", "Put", "Did", "Known", "Remove", "Upload", "Name", "Give", "Make", "Keep", "Close", "Mend", "Push",
    "Indent", "Pin", "Leave", "Add", "Correct", "Declare", "Stop",
];

/// Returns everything that is wrong with the words of findings.
fn badly_worded(findings: &[Finding]) -> Vec<String> {
    let mut bad = Vec::new();
    let mut places = BTreeSet::new();
    for finding in findings {
        let mut complain = |why: &str| bad.push(format!("{why}: {finding:?}"));
        if finding.path.trim().is_empty() || finding.path.starts_with('.') {
            complain("no path");
        }
        if !places.insert((finding.name, &finding.path)) {
            complain("shown twice");
        }
        let words = format!("{} {}", finding.reason.written(), finding.remedy.written());
        // Something stands in for what cannot be read, so that the rest is looked at; nobody wrote it.
        if finding.written().contains("windlass-placeholder") {
            complain("a value that nobody wrote");
        }
        // What the author wrote is repeated in backticks.
        let own: String = words.split('`').step_by(2).collect();
        let is_path = |at: usize| {
            let (before, after) = (&own[..at], &own[at + 2..]);
            let letter = |c: char| c.is_ascii_alphabetic();
            before.ends_with(letter) && after.starts_with(letter)
        };
        if own.match_indices("::").any(|(at, _)| is_path(at)) {
            complain("a path of code");
        }
        if let Some(word) = FOREIGN.iter().find(|word| own.contains(**word)) {
            complain(&format!("words of a library, {word}"));
        }
        let remedy = finding.remedy.written();
        let first = remedy.split([' ', ':']).next().unwrap_or_default();
        if !BEGINNINGS.contains(&first) || finding.remedy.written().len() < 12 {
            complain("a remedy that names nothing to do");
        }
        if !finding.reason.written().ends_with(['.', '…']) || !finding.remedy.written().ends_with(['.', '…', '?']) {
            complain("no sentence");
        }
        if finding.reason.written().contains("``") || finding.remedy.written().contains("``") {
            complain("nothing is named");
        }
    }
    bad
}

/// Returns values to put in place of others.
fn others() -> Vec<Value> {
    vec![
        json!(null),
        json!(7),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(true),
        json!(""),
        json!("x y"),
        json!("Ünï[{"),
        json!("{nothing}"),
        json!("30"),
        json!([]),
        json!(["a", "a"]),
        json!([7]),
        json!({}),
        json!({"nope": {"a": 1}}),
    ]
}

/// Returns the document with each of its values in turn replaced, each field left out, misspelt and doubled.
fn changed(document: &Value) -> Vec<Value> {
    let mut all = others();
    match document {
        Value::Object(members) => {
            for (name, value) in members {
                let mut without = members.clone();
                without.remove(name);
                let mut misspelt = without.clone();
                misspelt.insert(format!("{name}x"), value.clone());
                let mut more = members.clone();
                more.insert("rollout".into(), json!("nope"));
                all.extend([without, misspelt, more].map(Value::Object));
                all.extend(changed(value).into_iter().map(|value| {
                    let mut members: Map<String, Value> = members.clone();
                    members.insert(name.clone(), value);
                    Value::Object(members)
                }));
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                all.extend(changed(item).into_iter().map(|item| {
                    let mut items = items.clone();
                    items[i] = item;
                    Value::Array(items)
                }));
            }
        }
        _ => {}
    }
    all
}

fn hold(bad: &[String], of: usize) {
    let shown = bad.iter().take(30).cloned().collect::<Vec<_>>().join("\n");
    assert!(bad.is_empty(), "{} of {of}:\n{shown}", bad.len());
}

#[test]
fn what_the_table_finds_is_worded_well() {
    let table: Vec<Row> = serde_saphyr::from_str(TABLE).unwrap();
    let bad = table.iter().flat_map(|row| badly_worded(&findings(row)));
    hold(&bad.collect::<Vec<_>>(), table.len());
}

/// Reads a text, and lists what is wrong with it.
type Read = fn(&str) -> Vec<Finding>;

#[test]
fn whatever_is_changed_in_a_good_input_is_answered_well() {
    let (mut bad, mut of, mut refused) = (Vec::new(), 0, 0);
    let inputs: [(&str, Read); 3] =
        [(DECLARATION, read_declaration), (MANIFEST, read_manifest), (REQUEST, read_request)];
    for (good, read) in inputs {
        let good: Value = serde_saphyr::from_str(good).unwrap();
        for document in changed(&good) {
            let found = read(&document.to_string());
            of += 1;
            refused += usize::from(!found.is_empty());
            bad.extend(badly_worded(&found));
        }
    }
    assert!(of > 1000 && refused > of / 2, "{refused} of {of}");
    bad.sort();
    bad.dedup();
    hold(&bad, of);
}

#[test]
fn a_text_that_is_cut_off_or_has_a_stray_letter_is_answered_well() {
    let mut bad = Vec::new();
    // Every third place, which is enough to meet every sort of it.
    for at in (0..DECLARATION.len()).step_by(3).filter(|at| DECLARATION.is_char_boundary(*at)) {
        let (head, tail) = DECLARATION.split_at(at);
        bad.extend(badly_worded(&read_declaration(head)));
        for stray in ["\t", "\"", "{", "]", ":", "- ", "*", "&", "!", "%", "@", "#"] {
            bad.extend(badly_worded(&read_declaration(&format!("{head}{stray}{tail}"))));
        }
    }
    let manifest = Input::Change(json!({})).text(MANIFEST);
    for at in 0..manifest.len() {
        let (head, tail) = manifest.split_at(at);
        for text in [head.to_owned(), format!("{head},{tail}"), format!("{head}\"{tail}")] {
            bad.extend(badly_worded(&read_manifest(&text)));
        }
    }
    bad.sort();
    bad.dedup();
    hold(&bad, DECLARATION.len());
}
