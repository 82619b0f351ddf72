//! The generated documents are what the code says. After a change, write them anew with
//! `UPDATE_DOCS=1 cargo test -p windlass-domain docs::`.

#![allow(clippy::unwrap_used)]

mod app_page;
mod manual;
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

fn generated() -> BTreeMap<String, String> {
    let mut files = manual::pages();
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

fn update(files: &BTreeMap<String, String>) {
    for (path, text) in files {
        fs::write(docs().join(path), text).unwrap();
    }
}

#[test]
fn the_generated_documents_are_true() {
    let files = generated();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        update(&files);
    }
    let is_true = |path: &str, text: &str| fs::read_to_string(docs().join(path)).is_ok_and(|there| there == text);
    let untrue: Vec<&String> = files.iter().filter(|(path, text)| !is_true(path, text)).map(|(path, _)| path).collect();
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
    let folders = ["", "../", "integrate"].map(|folder| docs().join(folder));
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
