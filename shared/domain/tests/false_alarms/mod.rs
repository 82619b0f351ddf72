//! The number of texts that are taken for a secret and are none: in the declarations, manifests, answers and logs of
//! this repository, and in forty declarations that others have published. `cargo test -p windlass-domain false_alarms::
//! -- --nocapture` prints the counts.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use serde::Deserialize;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use windlass_domain::document::secret::findings;

/// The files that are looked through.
const PLACES: [&str; 11] = [
    ".github",
    "action.yml",
    "cli",
    "docs",
    "examples",
    "functions",
    "README.md",
    "shared",
    "statemachine",
    "template.yaml",
    "tests",
];

/// Files that have secrets on purpose, give one on, or list words of which some are called as secrets are, and the forty
/// declarations, which are counted by themselves.
const PLANTED: [&str; 4] = [
    "docs/openapi.json",
    "shared/domain/tests/bad_inputs/table.yaml",
    "shared/domain/tests/false_alarms/public.yaml",
    "tests/e2e/targets.yaml",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Collects the files below a place of the repository.
fn files(place: &Path, found: &mut Vec<PathBuf>) {
    let name = place.file_name().unwrap().to_string_lossy();
    if place.is_symlink() || ["target", "__pycache__", "node_modules"].contains(&name.as_ref()) {
        return;
    }
    if place.is_dir() {
        for entry in fs::read_dir(place).unwrap() {
            files(&entry.unwrap().path(), found);
        }
    } else if ["yaml", "yml", "json", "md", "snap", "txt", "log"]
        .iter()
        .any(|end| place.extension().is_some_and(|its| its == *end))
    {
        found.push(place.to_owned());
    }
}

/// The parts of a file that may come to Windlass, or from it: documents, and lines of text.
#[derive(Default)]
struct Looked {
    documents: Vec<Value>,
    lines: Vec<String>,
}

impl Looked {
    /// Takes a text as a document, else as lines.
    fn take(&mut self, text: &str) {
        match serde_saphyr::from_str::<Value>(text) {
            Ok(document @ (Value::Object(_) | Value::Array(_))) => self.documents.push(document),
            _ => self.lines.extend(text.lines().map(ToOwned::to_owned)),
        }
    }

    /// Takes the blocks of code of a page.
    fn take_page(&mut self, page: &str) {
        for block in page.split("```").skip(1).step_by(2) {
            let (language, code) = block.split_once('\n').unwrap_or_default();
            if ["json", "yaml"].contains(&language) {
                self.take(code);
            } else {
                self.lines.extend(code.lines().map(ToOwned::to_owned));
            }
        }
    }

    fn alarms(&self) -> Vec<String> {
        let lines = self.lines.iter().map(|line| json!({"line": line}));
        let all = self.documents.iter().cloned().chain(lines);
        all.flat_map(|document| findings(&document))
            .map(|finding| format!("{}: {}", finding.path, finding.reason.written()))
            .collect()
    }
}

#[test]
fn nothing_in_the_repository_is_taken_for_a_secret() {
    let root = root();
    let mut found = Vec::new();
    for place in PLACES {
        files(&root.join(place), &mut found);
    }
    let (mut documents, mut lines, mut alarms) = (0, 0, Vec::new());
    for path in found {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        let mut looked = Looked::default();
        match path.extension().and_then(|end| end.to_str()) {
            Some("md") => looked.take_page(&text),
            Some("yaml" | "yml" | "json") => looked.take(&text),
            _ => looked.lines.extend(text.lines().map(ToOwned::to_owned)),
        }
        documents += looked.documents.len();
        lines += looked.lines.len();
        if !PLANTED.contains(&name.as_str()) {
            alarms.extend(looked.alarms().iter().map(|alarm| format!("{name}: {alarm}")));
        }
    }
    println!("{} false alarms in {documents} documents and {lines} lines", alarms.len());
    assert!(documents >= 100 && lines >= 1000, "{documents} {lines}");
    assert!(alarms.is_empty(), "{alarms:#?}");
}

/// A declaration that somebody has published: the names of its members that speak of secrets, with the form of each
/// value.
#[derive(Deserialize)]
struct Published {
    from: String,
    texts: usize,
    members: Value,
    /// The number of members that are secrets and are written there.
    #[serde(default)]
    secrets: usize,
}

#[test]
fn at_most_two_of_forty_published_declarations_are_refused_for_what_is_none() {
    let published: Vec<Published> = serde_saphyr::from_str(include_str!("public.yaml")).unwrap();
    assert_eq!(published.len(), 40);
    let (mut texts, mut wrong) = (0, Vec::new());
    for one in published {
        let found = findings(&one.members);
        assert!(found.len() >= one.secrets, "{}: {found:#?}", one.from);
        if found.len() > one.secrets {
            wrong.push(one.from);
        }
        texts += one.texts;
    }
    println!("{} of 40 declarations with {texts} texts: {wrong:?}", wrong.len());
    assert!(wrong.len() <= 2, "{wrong:#?}");
}
