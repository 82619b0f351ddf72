//! Tests say what they show of safety by marks, and `docs/evidence/safety-tests.md` is written from the marks.
//!
//! A mark is a paragraph of a test's doc comment or docstring: `Safety: <area>: <what the test shows>.` Only the area
//! and the sentence are written down: path and name are where the mark stands. A paragraph, so that who wraps comments
//! anew breaks no mark. A list beside the tests, or numbers in the prose of `docs/SAFETY.md`, would be edited with each
//! test that is renamed; an attribute would need a macro crate for a comment, and Python another form.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/evidence/safety-tests.md";

/// The page is written between this line and [`END`].
const BEGIN: &str = "<!-- written from the marks at the tests -->\n";
const END: &str = "<!-- end of the marks -->\n";

/// The command that writes the page anew.
const UPDATE: &str = "UPDATE_DOCS=1 cargo test -p windlass-contract safety::";

/// The folders that have tests.
const FOLDERS: [&str; 4] = ["shared", "tests", "functions", "cli"];

/// The folder of the simulation. Its functions are rules: each says what must hold after every run.
const RULES: &str = "tests/simulate/src/";

/// The beginning of a mark.
const MARK: &str = "Safety:";

/// The areas by their number in the order of the page, each with its tests and the sentences of their marks.
type Shown = BTreeMap<usize, Vec<(String, String)>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    fs::read_to_string(root().join(PAGE)).expect(PAGE)
}

/// Collects the paths of all sources below a folder, in order.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(root().join(folder)).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names.filter_map(|name| name.into_string().ok()).collect();
    names.sort();
    for name in names.into_iter().filter(|name| !name.starts_with('.')) {
        let path = folder.join(&name);
        if root().join(&path).is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "py") {
            found.push(path);
        }
    }
}

/// Returns the name of the function that a line begins to define after this word.
fn function<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let (before, rest) = line.split_once(word)?;
    let is_defined = before.is_empty() || before.ends_with(' ');
    let (name, _) = rest.split_once(['(', '<'])?;
    (is_defined && !name.contains(' ')).then_some(name)
}

/// Returns the marks among the lines of a doc comment, each in one line.
fn marks_of(doc: &[&str]) -> Vec<String> {
    let paragraphs = doc.split(|line| line.is_empty());
    let paragraphs = paragraphs.map(|lines| lines.join(" "));
    paragraphs.filter(|text| text.starts_with(MARK)).collect()
}

/// Returns the marks of a Rust source, each with its test. The test is `None` if no test follows the mark.
fn in_rust(path: &str, source: &str) -> Vec<(Option<String>, String)> {
    let (mut found, mut doc, mut is_test) = (vec![], vec![], path.starts_with(RULES));
    for line in source.lines().map(str::trim) {
        if let Some(said) = line.strip_prefix("///") {
            doc.push(said.trim());
            continue;
        }
        is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
        let name = function(line, "fn ");
        if name.is_none() && !line.is_empty() && line != "}" {
            continue;
        }
        let test = name.filter(|_| is_test).map(str::to_owned);
        found.extend(marks_of(&doc).into_iter().map(|mark| (test.clone(), mark)));
        doc.clear();
        is_test = path.starts_with(RULES);
    }
    found
}

/// Returns the marks of the docstrings of a Python source's functions, in the same form.
fn in_python(source: &str) -> Vec<(Option<String>, String)> {
    let mut found = vec![];
    let mut lines = source.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(name) = function(line, "def ") else {
            continue;
        };
        let mut signature = std::iter::once(line).chain(&mut lines);
        signature.find(|line| line.ends_with(':'));
        let mut body = lines.clone();
        let first = body.next().and_then(|line| line.strip_prefix("\"\"\""));
        let Some(first) = first else { continue };
        let mut doc = vec![];
        for line in std::iter::once(first).chain(body) {
            doc.push(line.trim_end_matches('"').trim_end());
            if line.ends_with("\"\"\"") {
                break;
            }
        }
        let test = name.starts_with("test_").then(|| name.to_owned());
        found.extend(marks_of(&doc).into_iter().map(|mark| (test.clone(), mark)));
    }
    found
}

/// Returns the areas that the table in the page's head names.
fn areas(head: &str) -> Vec<&str> {
    let rows = head.lines().filter_map(|line| line.strip_prefix("| "));
    let areas = rows.filter_map(|row| row.split_once(" | "));
    let areas: Vec<_> = areas.map(|(area, _)| area).filter(|area| !["area", "---"].contains(area)).collect();
    assert!(areas.len() > 10, "{PAGE} must have its table of areas");
    areas
}

/// Returns the marks of a source.
fn marks(path: &str) -> Vec<(Option<String>, String)> {
    let source = fs::read_to_string(root().join(path)).expect(path);
    if Path::new(path).extension().is_some_and(|end| end == "py") { in_python(&source) } else { in_rust(path, &source) }
}

/// Returns the marks of all sources by area, and the mistakes in marks.
fn shown(areas: &[&str]) -> (Shown, Vec<String>) {
    let mut paths = vec![];
    for folder in FOLDERS {
        sources(Path::new(folder), &mut paths);
    }
    let (mut shown, mut wrong) = (Shown::new(), vec![]);
    for path in paths.iter().map(|path| path.to_str().expect("a path")) {
        for (test, mark) in marks(path) {
            match (read(&mark, areas), test) {
                (Ok((area, sentence)), Some(test)) => {
                    let row = (format!("{path}::{test}"), sentence.to_owned());
                    shown.entry(area).or_default().push(row);
                }
                (Ok(_), None) => wrong.push(format!("{path}: no test follows `{mark}`")),
                (Err(why), _) => wrong.push(format!("{path}: {why}: `{mark}`")),
            }
        }
    }
    (shown, wrong)
}

/// Splits a mark into the number of its area and its sentence.
fn read<'a>(mark: &'a str, areas: &[&str]) -> Result<(usize, &'a str), String> {
    let said = mark.strip_prefix(MARK).unwrap_or(mark).trim_start();
    let Some((area, sentence)) = said.split_once(": ") else {
        return Err(format!("it must be `{MARK} <area>: <sentence>.`"));
    };
    let Some(number) = areas.iter().position(|name| *name == area) else {
        return Err(format!("{area} is no area of the table in {PAGE}"));
    };
    if !sentence.ends_with('.') || sentence.contains('|') {
        return Err("it must be a sentence, and have no `|`".to_owned());
    }
    Ok((number, sentence))
}

#[test]
fn the_page_says_what_the_marks_at_the_tests_say() {
    let text = page();
    let (head, rest) = text.split_once(BEGIN).expect(BEGIN);
    let (_, tail) = rest.split_once(END).expect(END);
    let areas = areas(head);
    let (shown, mut wrong) = shown(&areas);
    let mut tables = String::new();
    for (number, area) in areas.iter().enumerate() {
        let Some(tests) = shown.get(&number) else {
            wrong.push(format!("{area}: no test has a mark of this area"));
            continue;
        };
        write!(tables, "\n## {area}\n\n").expect("a string");
        tables.push_str("| what the test shows | test |\n| --- | --- |\n");
        for (test, sentence) in tests {
            writeln!(tables, "| {sentence} | `{test}` |").expect("a string");
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let wanted = format!("{head}{BEGIN}{tables}\n{END}{tail}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(PAGE), &wanted).expect(PAGE);
    }
    assert!(page() == wanted, "{PAGE} is not true any more: {UPDATE}");
}

#[test]
fn the_argument_names_no_test() {
    let argument = fs::read_to_string(root().join("docs/SAFETY.md")).expect("the argument");
    let mut named = argument.split('`').skip(1).step_by(2);
    let test = named.find(|code| code.contains(".rs::") || code.contains(".py::"));
    assert_eq!(test, None, "say it with a mark at the test");
}

fn found(test: &str, mark: &str) -> (Option<String>, String) {
    (Some(test.to_owned()), mark.to_owned())
}

/// A mark that no test follows.
fn lost(mark: &str) -> (Option<String>, String) {
    (None, mark.to_owned())
}

#[test]
fn a_mark_is_a_paragraph_above_a_test() {
    let rust = [
        "/// Why.",
        "///",
        "/// Safety: a: One",
        "/// sentence.",
        "///",
        "/// Safety: b: Another.",
        "#[tokio::test]",
        "#[expect(",
        "    clippy::some,",
        "    reason = \"a fn\"",
        ")]",
        "async fn it() {",
        "}",
        "",
        "/// Safety: a: Of no test.",
        "struct Of;",
        "",
        "/// Safety: a: Helps.",
        "fn helps() {",
        "}",
    ];
    let wanted = [
        found("it", "Safety: a: One sentence."),
        found("it", "Safety: b: Another."),
        lost("Safety: a: Of no test."),
        lost("Safety: a: Helps."),
    ];
    assert_eq!(in_rust("shared/x.rs", &rust.join("\n")), wanted);
    let rule = "/// Safety: a: Holds.\npub fn holds() {\n}\n";
    let path = format!("{RULES}rules/holds.rs");
    let wanted = [found("holds", "Safety: a: Holds.")];
    assert_eq!(in_rust(&path, rule), wanted);
}

#[test]
fn a_mark_is_a_paragraph_of_a_tests_docstring() {
    let python = [
        "TEXT = \"\"\"",
        "Safety: a: In no docstring.",
        "\"\"\"",
        "def test_it(",
        "    a,",
        "):",
        "    \"\"\"Why.",
        "",
        "    Safety: a: One",
        "    sentence.",
        "    \"\"\"",
        "    assert a",
        "",
        "def test_more():",
        "    \"\"\"Safety: b: Another.\"\"\"",
        "",
        "def helps():",
        "    \"\"\"Safety: a: Helps.\"\"\"",
    ];
    let wanted = [
        found("test_it", "Safety: a: One sentence."),
        found("test_more", "Safety: b: Another."),
        lost("Safety: a: Helps."),
    ];
    assert_eq!(in_python(&python.join("\n")), wanted);
}

#[test]
fn what_is_no_mark_is_refused() {
    let areas = ["open calls"];
    assert_eq!(read("Safety: open calls: It: holds.", &areas), Ok((0, "It: holds.")));
    for wrong in ["open calls", "open: It holds.", "open calls: It holds", "open calls: a | b."] {
        assert!(read(&format!("Safety: {wrong}"), &areas).is_err(), "{wrong}");
    }
}
