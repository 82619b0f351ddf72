//! The documents show what the code reads and writes: one that is wrong at three in the morning is worse than none.
//! Sentences, and the commands of the runbooks, which call a real account, are not held.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use windlass_contract::{names_of, template};
use windlass_domain::deployment::event_name::EventName;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::request::Request;
use windlass_domain::shown::event::{Detail, SCHEMA};
use windlass_domain::text::finding::Finding;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).expect("the file is there")
}

/// Returns the JSON blocks of a document.
fn examples(path: &str) -> Vec<Value> {
    let text = read(path);
    let blocks = text.split("```json\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().expect("the block's text"));
    blocks.map(|block| serde_json::from_str(block).expect(block)).collect()
}

/// Returns the first cells of the tables of a document, if they are code.
fn first_cells(path: &str) -> BTreeSet<String> {
    let text = read(path);
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once('`')).map(|(cell, _)| cell.to_owned()).collect()
}

#[test]
fn every_console_input_is_a_request_and_every_action_is_shown() {
    let mut shown = BTreeSet::new();
    for input in examples("docs/CONSOLE.md") {
        let request = Request::parse(&input).expect("a request without findings");
        shown.insert(request.action.to_string());
    }
    assert_eq!(shown, names_of::<ActionName>());
}

#[test]
fn every_event_is_listed_and_each_example_is_one() {
    let listed = first_cells("docs/EVENTS.md");
    let names = names_of::<EventName>();
    assert!(listed.is_superset(&names), "{names:?}");
    let examples = examples("docs/EVENTS.md");
    assert!(examples.len() >= 6);
    for example in examples {
        let detail: Detail = serde_json::from_value(example.clone()).expect("a detail");
        assert_eq!(detail.schema, SCHEMA);
        let written = serde_json::to_value(&detail).expect("JSON");
        assert_eq!(written, example, "nothing is unknown, nothing is renamed");
    }
}

#[test]
fn every_alarm_of_the_stack_has_a_line_in_the_runbooks() {
    let (template, page) = (template(), read("docs/runbooks/README.md"));
    let resources = template["Resources"].as_object().expect("resources");
    let alarms = resources.values();
    let alarms = alarms.filter(|resource| resource["Type"] == "AWS::CloudWatch::Alarm");
    let mut count = 0;
    for alarm in alarms {
        let name = &alarm["Properties"]["AlarmName"];
        let name = name["Fn::Sub"].as_str().or(name.as_str());
        let name = name.expect("a name").replace("${AWS::StackName}", "<stack>");
        assert!(page.contains(&format!("`{name}`")), "{name}");
        count += 1;
    }
    assert!(count > 4, "{count}");
}

#[test]
fn an_error_of_the_api_is_shown_as_it_is() {
    let examples = examples("docs/API.md");
    let problem = examples.iter().find(|example| example["title"].is_string());
    let problem = problem.expect("an error is shown");
    let findings: Vec<Finding> = serde_json::from_value(problem["findings"].clone()).expect("findings");
    let first = findings.first().expect("a finding");
    assert_eq!(problem["title"], first.name.to_string());
    assert_eq!(problem["detail"], first.written());
}

/// Returns the paths of this repository that a document names in code.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let folders = ["docs/", "shared/", "tests/", "functions/", "examples/"];
    text.split('`')
        .map(|code| code.split("::").next().unwrap_or(code))
        .filter(move |code| folders.iter().any(|folder| code.starts_with(folder)))
        .filter(|code| !code.contains(['<', '*', '…', ' ', '\n', '{']))
}

fn pages() -> Vec<PathBuf> {
    let mut pages = vec!["README.md".into(), "CONTRIBUTING.md".into()];
    let mut open = vec![PathBuf::from("docs")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("a folder") {
            let path = folder.join(entry.expect("an entry").file_name());
            if root().join(&path).is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// Returns the pages that a page links to, as paths from the page's folder.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1);
    targets.filter_map(|rest| rest.split(')').next()).filter(|target| !target.contains("://"))
}

/// Returns whether a link leads to a path that exists, and to a heading of that page where it names one.
fn leads(page: &Path, folder: &Path, link: &str) -> bool {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.to_owned() } else { folder.join(path) };
    if heading.is_empty() {
        return target.exists();
    }
    let text = fs::read_to_string(target).unwrap_or_default();
    let headings = text.lines().filter_map(|line| {
        let name = line.trim_start_matches('#').strip_prefix(' ')?;
        line.starts_with('#').then(|| anchor(name))
    });
    headings.into_iter().any(|it| it == heading)
}

/// Returns the anchor that GitHub makes of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || "-_".contains(c) => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}

#[test]
fn every_path_that_a_document_names_exists() {
    let mut missing = Vec::new();
    for page in pages() {
        let text = read(&page);
        let folder = root().join(&page).with_file_name("");
        let gone = paths(&text).filter(|path| !root().join(path).exists());
        let dangling = links(&text).filter(|link| !leads(&root().join(&page), &folder, link));
        let gone = gone.chain(dangling);
        missing.extend(gone.map(|path| format!("{}: {path}", page.display())));
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// No compiler reads a page, so no other test shows a merge that was committed with its conflict marks.
#[test]
fn no_page_has_the_marks_of_a_merge() {
    let is_mark = |line: &str| {
        let marks = ["<<<<<<< ", ">>>>>>> ", "||||||| "];
        line == "=======" || marks.iter().any(|mark| line.starts_with(mark))
    };
    let mut pages = pages();
    pages.push("CHANGELOG.md".into());
    let mut marked = Vec::new();
    for page in pages {
        let text = read(&page);
        let lines = text.lines().enumerate();
        let found = lines.filter(|(_, line)| is_mark(line));
        marked.extend(found.map(|(at, _)| format!("{}:{}", page.display(), at + 1)));
    }
    assert_eq!(marked, Vec::<String>::new());
}

/// The command that writes the index of decisions anew.
const UPDATE: &str = "UPDATE_DOCS=1 cargo test -p windlass-contract documents::";

const DECISIONS: &str = "docs/decisions";

/// The topics of decisions in the order of the index: the folder of each topic, and its title. A folder is called as a
/// room of `docs/ARCHITECTURE.md`.
const TOPICS: [(&str, &str); 10] = [
    ("declaration", "Declarations and plans"),
    ("routes", "Ways in, requests, and who may do what"),
    ("deployment", "Admission, the state machine and gates"),
    ("environment", "Ownership, rollback, and what an operator accepts"),
    ("converge", "The ledger, fences and convergence"),
    ("kinds", "Kinds of components"),
    ("recovery", "Second looks, drift and drills"),
    ("shown", "What people and programs are shown"),
    ("functions", "Functions, their template, roles and upgrades"),
    ("tests", "Tests and simulation"),
];

/// Returns the texts of a topic's decisions by their file names.
fn decisions_of(topic: &str) -> BTreeMap<String, String> {
    let folder = Path::new(DECISIONS).join(topic);
    let entries = fs::read_dir(root().join(&folder)).expect(topic);
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("a name"));
    names
        .map(|name| {
            let text = read(folder.join(&name));
            (name, text)
        })
        .collect()
}

fn number_of(name: &str) -> &str {
    name.split('-').next().expect("a number")
}

/// Returns a decision's line in the index, made of its file's name and its heading.
fn line_of(topic: &str, name: &str, text: &str) -> String {
    let number = number_of(name);
    let title = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix(&format!("# {number} ")))
        .unwrap_or_else(|| panic!("{name} must begin with `# {number} ` and its title"));
    format!("- [{number}]({topic}/{name}) {title}")
}

#[test]
fn every_decision_is_in_the_index_under_its_topic() {
    let index = format!("{DECISIONS}/README.md");
    let sections = TOPICS.map(|(topic, about)| {
        let decisions = decisions_of(topic);
        let lines = decisions.iter().map(|(name, text)| line_of(topic, name, text));
        let lines: Vec<String> = lines.collect();
        assert!(!lines.is_empty(), "{topic} has no decision");
        format!("## {about}\n\n{}\n", lines.join("\n"))
    });
    let text = read(&index);
    let (head, _) = text.split_once("\n## ").expect("a topic");
    let wanted = format!("{head}\n{}", sections.join("\n"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(&index), &wanted).expect("the index is written");
    }
    assert!(read(&index) == wanted, "{index} is not true any more: {UPDATE}");
}

#[test]
fn every_decision_has_a_topic_and_a_number_of_its_own() {
    let entries = fs::read_dir(root().join(DECISIONS)).expect("the decisions");
    let entries = entries.map(|entry| entry.expect("an entry").file_name());
    let found: BTreeSet<String> =
        entries.filter_map(|name| name.into_string().ok()).filter(|name| name != "README.md").collect();
    let topics = TOPICS.map(|(topic, _)| topic.to_owned());
    assert_eq!(found, BTreeSet::from(topics), "a folder for each topic");
    let mut numbers = BTreeMap::new();
    for (topic, _) in TOPICS {
        for name in decisions_of(topic).into_keys() {
            let other = numbers.insert(number_of(&name).to_owned(), name.clone());
            assert_eq!(other, None, "{topic}/{name} has the number of another one");
        }
    }
}

#[test]
fn every_decision_says_what_was_considered() {
    let mut silent = Vec::new();
    for (topic, _) in TOPICS {
        let decisions = decisions_of(topic).into_iter();
        let silents = decisions.filter(|(_, text)| !text.contains("\n**Considered.** "));
        silent.extend(silents.map(|(name, _)| format!("{topic}/{name}")));
    }
    assert_eq!(silent, Vec::<String>::new(), "what else might have been");
}

/// Returns the texts of this repository that may refer to a decision.
fn texts() -> Vec<(PathBuf, String)> {
    let ends = ["md", "rs", "py", "yaml", "yml", "toml", "json", "sh", "jq", "tf", "html", "js", "css", "txt"];
    let mut open = vec![PathBuf::new()];
    let mut texts = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            let path = folder.join(&name);
            let name = name.to_string_lossy();
            if root().join(&path).is_dir() {
                let is_ours = !name.starts_with('.') && name != "target" && name != "node_modules";
                open.extend(is_ours.then_some(path));
            } else if path.extension().is_some_and(|end| ends.iter().any(|ours| end == *ours)) {
                texts.extend(fs::read_to_string(root().join(&path)).map(|text| (path, text)));
            }
        }
    }
    texts
}

fn is_number(word: &str) -> bool {
    word.len() == 4 && word.starts_with('0') && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the numbers that a text refers to as decisions, such as `decision 0001` or `decisions 0001, 0010 and 0011`,
/// or as `record 0001`.
fn referred(text: &str) -> impl Iterator<Item = &str> {
    let parts = ["ecision", "ecord "].into_iter().flat_map(move |word| text.split(word).skip(1));
    parts.flat_map(|rest| {
        let words = rest.strip_prefix('s').unwrap_or(rest);
        words
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .take_while(|word| is_number(word) || ["and", "or", "to"].contains(word))
            .filter(|word| is_number(word))
    })
}

/// No compiler reads a comment, so only this test shows a comment that names a decision which was taken back.
#[test]
fn every_decision_that_a_text_refers_to_is_there() {
    let names = TOPICS.map(|(topic, _)| decisions_of(topic).into_keys());
    let names: BTreeSet<String> = names.into_iter().flatten().collect();
    let numbers: BTreeSet<&str> = names.iter().map(|name| number_of(name)).collect();
    let (mut count, mut gone) = (0, Vec::new());
    for (path, text) in texts() {
        let parts = text.split(|letter: char| !(letter.is_alphanumeric() || "-./".contains(letter)));
        let files = parts.filter_map(|part| part.rsplit_once("decisions/"));
        let files = files.filter_map(|(_, below)| below.split('/').nth(1));
        let files: Vec<&str> = files.filter(|name| !names.contains(name.trim_end_matches('.'))).collect();
        let referred: Vec<&str> = referred(&text).collect();
        count += referred.len();
        let missing = referred.into_iter().filter(|number| !numbers.contains(number));
        let missing = files.into_iter().chain(missing);
        gone.extend(missing.map(|name| format!("{}: {name}", path.display())));
    }
    assert!(count > 40, "{count}");
    assert_eq!(gone, Vec::<String>::new());
}
