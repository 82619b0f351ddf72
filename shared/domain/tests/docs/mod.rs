//! The generated documents are what the code says. After a change, write them anew with
//! `UPDATE_DOCS=1 cargo test -p windlass-domain docs::`.

#![allow(clippy::unwrap_used)]

mod app_page;
mod openapi;
mod wrapping;

use schemars::JsonSchema;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use windlass_domain::access::{self, AccessFile, AccessFileForAll};
use windlass_domain::declaration;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::AppName;

const UPDATE: &str = "UPDATE_DOCS=1 cargo test -p windlass-domain docs::";

fn docs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Returns the comments of an enum's variants by name.
fn comments<T: JsonSchema>() -> BTreeMap<String, String> {
    let schema = schemars::schema_for!(T).to_value();
    let variants = schema["oneOf"].as_array().unwrap().iter();
    variants
        .map(|variant| {
            let name = variant["const"].as_str().unwrap().to_owned();
            let comment = variant["description"].as_str().unwrap().to_owned();
            (name, comment)
        })
        .collect()
}

/// The parts of a finding's page beside the comment: the message that people meet, and what to look at and to type.
struct More {
    /// The file that makes the message, or that a test pins it in.
    said_in: String,
    /// The message as it is shown; parts that only its moment knows stand between `‹` and `›`.
    message: String,
    /// The things to look at and to type.
    steps: String,
}

impl More {
    fn of(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/troubleshooting");
        let file = folder.join(format!("{name}.md"));
        let text = fs::read_to_string(&file).unwrap_or_else(|_| panic!("the page of {name} needs {}", file.display()));
        let mut parts = text.splitn(3, "\n\n");
        let said_in = parts.next().unwrap().strip_prefix("said in ").unwrap();
        Self {
            said_in: said_in.to_owned(),
            message: parts.next().unwrap().to_owned(),
            steps: parts.next().unwrap().to_owned(),
        }
    }

    fn in_page(&self) -> String {
        let message = self.message.replace(['‹', '›'], "");
        let steps = &self.steps;
        format!("\n## What you see\n\n```text\n{message}\n```\n\n## Look, and mend it\n\n{steps}")
    }

    /// Returns the parts of reason and remedy that no moment changes.
    fn fixed(&self) -> Vec<&str> {
        let (_, rest) = self.message.split_once(": ").unwrap();
        let (_, rest) = rest.split_once(": ").unwrap();
        let sentences = rest.split(" Remedy: ");
        let parts = sentences.flat_map(|text| text.split('‹'));
        let parts = parts.map(|part| part.split_once('›').map_or(part, |(_, fixed)| fixed));
        let parts = parts.map(|part| part.trim().trim_end_matches('.'));
        parts.filter(|part| !part.is_empty()).collect()
    }
}

/// Returns the page of one name: what it means, then the next step.
fn page(name: &str, comment: &str) -> String {
    let (meaning, next) = comment
        .split_once("\nNext: ")
        .unwrap_or_else(|| panic!("the comment of {name} has no line that begins `Next: `"));
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!(
        "<!-- Generated from the comment in the code; README.md says how. -->\n\n# {name}\n\n{}\n\n\
         ## Next step\n\n{}\n",
        line(meaning),
        line(next)
    )
}

/// Returns the text of a source file as its literals say it: literals over several lines are joined.
fn as_said(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let said = lines.fold(first, |said, line| said + line.trim_start());
    said.to_lowercase()
}

/// A check names the page of each finding that it lists. So a finding without a command of its own has one there, or
/// lines to write.
#[test]
fn each_page_of_a_finding_has_a_command_or_lines_to_write() {
    for name in comments::<FindingName>().into_keys() {
        let steps = More::of(&name).steps;
        let mut begins = ["sh", "yaml", "json", "diff"].map(|sort| format!("```{sort}\n")).into_iter();
        assert!(begins.any(|begin| steps.contains(&begin)), "{name} has nothing to type or to write");
    }
}

#[test]
fn each_message_of_a_page_is_made_by_the_code() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let names = comments::<FindingName>().into_keys();
    let more: Vec<(String, More)> = names.map(|name| (name.clone(), More::of(&name))).collect();
    let files = fs::read_dir("tests/troubleshooting").unwrap().count();
    assert_eq!(more.len(), files, "each file is named as a finding");
    for (name, more) in more {
        assert!(more.message.starts_with(&format!("{name}: ")), "{name}");
        let said = as_said(&fs::read_to_string(root.join(&more.said_in)).unwrap());
        let fixed = more.fixed();
        assert!(!fixed.is_empty(), "{name}");
        for part in fixed {
            let is_said = said.contains(&part.to_lowercase());
            assert!(is_said, "{name}: {} does not say `{part}`", more.said_in);
        }
    }
}

fn pages<T: JsonSchema>(folder: &str, about: &str) -> BTreeMap<String, String> {
    let comments = comments::<T>();
    let mut index = format!(
        "<!-- Generated from comments in the code, and from shared/domain/tests/troubleshooting.\nWritten anew by \
         `{UPDATE}`. -->\n\n# {about}\n\n"
    );
    let mut pages = BTreeMap::new();
    for (name, comment) in &comments {
        let more = match folder {
            "findings" => More::of(name).in_page(),
            _ => String::new(),
        };
        let meaning = comment.split("\n\n").next().unwrap_or_default();
        let meaning = meaning.split_whitespace().collect::<Vec<_>>().join(" ");
        let first = meaning.split(". ").next().unwrap_or_default().trim_end_matches('.');
        index.push_str(&format!("- [{name}]({name}.md): {first}.\n"));
        let page = page(name, comment) + &more;
        pages.insert(format!("{folder}/{name}.md"), wrapping::page(&page));
    }
    pages.insert(format!("{folder}/README.md"), wrapping::page(&index));
    pages
}

/// Returns the pages of the command line's troubles as they stand there, but for lines that are too long.
fn troubles() -> BTreeMap<String, String> {
    let files = fs::read_dir(docs().join("troubles")).unwrap();
    let files = files.map(|file| file.unwrap());
    let pages = files.map(|file| {
        let name = file.file_name().into_string().unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        (format!("troubles/{name}"), wrapping::page(&text))
    });
    pages.collect()
}

fn generated() -> BTreeMap<String, String> {
    let findings = "Findings: something wrong with input or with a target";
    let faults = "Faults: something wrong while doing, and error names in the state machine";
    let mut files = pages::<FindingName>("findings", findings);
    files.extend(pages::<FaultName>("faults", faults));
    files.extend(troubles());
    let page = app_page::page(declaration::schema(), UPDATE);
    files.insert("app.md".to_owned(), page);
    let (own, all) = (access::schema(), access::schema_for_all());
    files.insert("access.md".to_owned(), app_page::access(own, all, UPDATE));
    for (name, schema) in [("app", declaration::schema()), ("access", own), ("access-all", all)] {
        let schema = serde_json::to_string_pretty(schema).unwrap();
        files.insert(format!("{name}.schema.json"), schema + "\n");
    }
    let document = openapi::document();
    files.insert("api-reference.md".to_owned(), wrapping::page(&openapi::page::page(&document, UPDATE)));
    files.insert("openapi.json".to_owned(), serde_json::to_string_pretty(&document).unwrap() + "\n");
    files
}

/// Returns the pages that are there, of the generated folders.
fn present() -> Vec<String> {
    let mut present = Vec::new();
    for folder in ["findings", "faults"] {
        let entries = fs::read_dir(docs().join(folder)).into_iter().flatten();
        for entry in entries {
            let name = entry.unwrap().file_name().into_string().unwrap();
            present.push(format!("{folder}/{name}"));
        }
    }
    present
}

fn update(files: &BTreeMap<String, String>) {
    for stale in present().iter().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(docs().join(stale)).unwrap();
    }
    for (path, text) in files {
        let path = docs().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn the_generated_documents_are_true() {
    let files = generated();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        update(&files);
    }
    let mut untrue: Vec<String> = present().into_iter().filter(|path| !files.contains_key(path)).collect();
    for (path, text) in &files {
        if fs::read_to_string(docs().join(path)).ok().as_ref() != Some(text) {
            untrue.push(path.clone());
        }
    }
    assert!(untrue.is_empty(), "not what the code says: {untrue:?}. Run {UPDATE}");
}

#[test]
fn the_schema_knows_the_example_fields() {
    let schema = declaration::schema();
    assert!(schema["properties"]["environments"].is_object());
    let kinds: Vec<&Value> = schema["$defs"]["Component"]["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| &kind["properties"]["kind"]["const"])
        .collect();
    let listed: Vec<&str> = KindName::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(kinds, listed);
}

/// Returns the blocks of YAML that people copy from pages, each with its page.
fn blocks() -> Vec<(PathBuf, String)> {
    let folders = ["", "../", "integrate", "first-hour"].map(|folder| docs().join(folder));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut blocks = Vec::new();
    for path in paths.filter(|path| path.extension().is_some_and(|end| end == "md")) {
        let text = fs::read_to_string(&path).unwrap();
        let of_page = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
        blocks.extend(of_page.map(|block| (path.clone(), block.to_owned())));
    }
    blocks
}

#[test]
fn every_whole_declaration_on_a_page_is_valid() {
    let mut found = 0;
    for (path, block) in blocks().into_iter().filter(|(_, block)| block.starts_with("app: ")) {
        let read = declaration::Declaration::parse(&block);
        assert!(read.is_ok(), "{}: {:?}", path.display(), read.err());
        found += 1;
    }
    assert!(found >= 4, "{found}");
}

/// The first line of an access file on a page is a comment with its place.
#[test]
fn every_access_file_on_a_page_is_valid() {
    let mut found = 0;
    for (path, block) in blocks() {
        let Some(place) = block.lines().next().and_then(|first| first.strip_prefix("# access/")) else { continue };
        let wrong = match place.strip_prefix("apps/").and_then(|file| file.strip_suffix(".yaml")) {
            Some(app) => {
                AccessFile::read(&block, &AppName::new(app).unwrap(), None).err().map(PartialDocument::findings)
            }
            None => AccessFileForAll::read(&block).err().map(PartialDocument::findings),
        };
        assert_eq!(wrong, None, "{}: {block}", path.display());
        found += 1;
    }
    assert!(found >= 3, "{found}");
}
