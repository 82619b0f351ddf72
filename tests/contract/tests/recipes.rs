//! The recipes of `CONTRIBUTING.md` name files that are there, and the recipe for a kind names each file that a new
//! kind has to be written into. What these are the tree itself says: the files in which the recipe's example is named.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const KIND: &str = "A new kind of component";

/// The recipes that are lists of files.
const RECIPES: [&str; 3] = [KIND, "A new verb", "A new route"];

/// The kind that the recipe for a kind copies: the name of its files, of its function and of its port.
const EXAMPLE: &str = "appconfig";

/// The words that stand for a name in the recipes, each with a name that is there.
const PLACEHOLDERS: [(&str, &str); 2] = [("<kind>", EXAMPLE), ("<port>", EXAMPLE)];

/// The folders and files that a release of Windlass is made of, and those of its tests.
const SEARCHED: [&str; 8] =
    ["Cargo.toml", "cli", "examples", "functions", "shared", "statemachine", "template.yaml", "tests"];

/// Files that name the example although a new kind need not be written into them, each with the reason.
const NEED_NO_EDIT: [(&str, &str); 10] = [
    ("cli/src/verbs/release/artifact_bytes.rs", "its tests check bytes, of which a configuration's are one sort"),
    ("shared/domain/src/deployment/steering/decide_tests.rs", "AppConfig is one service that takes no pause"),
    ("shared/domain/src/text/finding/name.rs", "a finding says in which service it arises"),
    ("shared/domain/tests/troubleshooting/MayStay.md", "the example of a finding is the kind's that says it"),
    ("shared/domain/tests/troubleshooting/TargetBusy.md", "the example of a finding is the kind's that says it"),
    ("shared/engine/src/kinds/needs.rs", "its test makes the ARN of some service"),
    ("shared/engine/src/kinds/owned_fields.rs", "only what a stack can make as a target has a line there"),
    ("shared/engine/tests/prepare/later_waves.rs", "a configuration takes the output of another component"),
    ("tests/contract/tests/recipes.rs", "the test itself names its example"),
    ("tests/machine/tests/scenarios/preparing.rs", "a configuration takes the output of another component"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the text of a recipe.
fn recipe(heading: &str) -> String {
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("the page");
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).expect(heading);
    rest.split("\n## ").next().unwrap_or(rest).to_owned()
}

/// Returns the code spans of a text in order, each with what stands behind it, until the next one.
fn spans(text: &str) -> Vec<(String, &str)> {
    let parts: Vec<&str> = text.split('`').collect();
    assert!(parts.len() % 2 == 1, "a code span does not end");
    let pairs = parts[1..].chunks(2);
    pairs.map(|pair| (filled(pair[0]), pair[1])).collect()
}

/// Puts names that are there in the place of those that a recipe leaves open.
fn filled(span: &str) -> String {
    let span = span.split_whitespace().collect::<Vec<_>>().join(" ");
    PLACEHOLDERS.iter().fold(span, |span, (open, name)| span.replace(open, name))
}

/// Returns whether a code span is a path from the root of the repository.
fn is_path(span: &str) -> bool {
    let first = span.split('/').next().unwrap_or_default();
    (SEARCHED.contains(&first) || first == "docs") && !span.contains([' ', '*', '…', '{'])
}

/// Returns whether a code span is a file's name alone.
fn is_file_name(span: &str) -> bool {
    let ends = [".rs", ".py", ".yaml", ".toml", ".json", ".md"];
    !span.contains([' ', '/', '*', '…', '{']) && ends.iter().any(|end| span.len() > end.len() && span.ends_with(end))
}

/// Returns the paths that a recipe names from the root.
fn named(text: &str) -> BTreeSet<String> {
    let spans = spans(text).into_iter().map(|(span, _)| span);
    spans.filter(|span| is_path(span)).map(|span| span.trim_end_matches('/').to_owned()).collect()
}

/// Splits a recipe into its introduction and its numbered steps.
fn steps(text: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    for line in text.lines() {
        if line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok()) {
            steps.push(String::new());
        }
        let step = steps.last_mut().expect("a step");
        step.push_str(line);
        step.push('\n');
    }
    steps
}

/// Returns what a step names and is nowhere: a path from the root, or a file's name in no folder that the step names.
fn gone(step: &str) -> Vec<String> {
    let there = |path: &str| root().join(path).exists();
    let paths = named(step);
    let folders: BTreeSet<PathBuf> = paths
        .iter()
        .map(|path| root().join(path))
        .flat_map(|path| [path.parent().map(Path::to_path_buf), Some(path)])
        .flatten()
        .collect();
    let mut gone: Vec<String> = paths.iter().filter(|path| !there(path)).cloned().collect();
    let names = spans(step).into_iter().map(|(span, _)| span);
    let names = names.filter(|span| is_file_name(span) && !there(span));
    gone.extend(names.filter(|name| !folders.iter().any(|folder| folder.join(name).exists())));
    gone
}

#[test]
fn every_file_that_a_recipe_names_is_there() {
    for heading in RECIPES {
        let steps = steps(&recipe(heading));
        assert!(steps.len() > 5, "{heading} has {} steps", steps.len());
        for (number, step) in steps.iter().enumerate() {
            assert_eq!(gone(step), Vec::<String>::new(), "{heading}, step {number}");
        }
    }
}

/// Returns whether a file or a folder is the example's own.
fn is_home(path: &Path) -> bool {
    let own = [EXAMPLE.to_owned(), format!("deploy-{EXAMPLE}")];
    path.iter().any(|part| Path::new(part).file_stem().is_some_and(|stem| own.iter().any(|own| stem == own.as_str())))
}

/// Collects the files below a path in which the example is named, except for its own and what programs write.
fn naming(path: &Path, found: &mut BTreeSet<String>) {
    let full = root().join(path);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_written =
        path.extension().is_some_and(|end| end == "snap") || ["target", "node_modules"].contains(&name.as_str());
    if is_home(path) || is_written || name.starts_with('.') || full.is_symlink() {
        return;
    }
    if full.is_dir() {
        for entry in fs::read_dir(&full).expect("a folder") {
            naming(&path.join(entry.expect("an entry").file_name()), found);
        }
    } else if let Ok(text) = fs::read_to_string(&full)
        && text.to_lowercase().contains(EXAMPLE)
    {
        found.insert(path.to_string_lossy().into_owned());
    }
}

/// Returns the files of others that a new kind is written into, as the example was.
fn edited() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in SEARCHED {
        naming(Path::new(path), &mut found);
    }
    assert!(found.len() > 30, "only {} files name {EXAMPLE}", found.len());
    for (path, reason) in NEED_NO_EDIT {
        assert!(found.remove(path), "{path} does not name {EXAMPLE} any more: take it off the list ({reason})");
    }
    found
}

#[test]
fn the_recipe_for_a_kind_names_every_file_that_its_example_is_named_in() {
    let named = named(&recipe(KIND));
    let edited = edited();
    let missing: Vec<&String> = edited.difference(&named).collect();
    assert!(
        missing.is_empty(),
        "name these in CONTRIBUTING.md, \"{KIND}\", or say here why no kind needs them: {missing:#?}"
    );
}

/// Returns the numbered edits of a recipe, and how many it says that there are.
fn numbered(text: &str) -> (BTreeMap<usize, String>, usize) {
    let (mut edits, mut of) = (BTreeMap::new(), 0);
    for (span, behind) in spans(text) {
        let behind = behind.trim_start_matches(|letter: char| letter == '*' || letter.is_whitespace());
        let inner = behind.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let Some((inner, _)) = inner else { continue };
        let (number, all) = inner.split_once(" of ").unwrap_or((inner, ""));
        of = of.max(all.parse().unwrap_or_default());
        if let Ok(number) = number.parse() {
            let other = edits.insert(number, span);
            assert_eq!(other, None, "{number} is there twice");
        }
    }
    (edits, of)
}

#[test]
fn the_numbered_edits_of_a_kind_are_the_files_of_the_product() {
    let (edits, of) = numbered(&recipe(KIND));
    assert_eq!(edits.keys().copied().collect::<Vec<_>>(), (1..=of).collect::<Vec<_>>());
    let is_test = |path: &String| path.starts_with("tests/") || path.contains("/tests/");
    let product: BTreeSet<String> = edited().into_iter().filter(|path| !is_test(path)).collect();
    assert_eq!(edits.into_values().collect::<BTreeSet<_>>(), product);
}

/// The search sees what is missing, and takes a short name where a step has named its folder.
#[test]
fn what_a_step_names_and_is_nowhere() {
    for (step, missing) in [
        ("Edit `shared/aws/src/lib.rs` and\n`clients.rs`.", &[][..]),
        ("Edit `shared/aws/src/lib.rs` and `registry.rs`.", &["registry.rs"]),
        ("A new file `shared/engine/src/kinds/<kind>/next.rs`, with `next_tests.rs`.", &[]),
        ("Edit `shared/engine/src/kinds/other.rs`.", &["shared/engine/src/kinds/other.rs"]),
        ("Edit `template.yaml`, and run `cargo test -p windlass-aws`.", &[]),
    ] {
        assert_eq!(gone(step), missing, "{step}");
    }
    let (edits, of) = numbered("**Edit `a.rs` (1 of 2)**, `b.rs`\n**(2)** and `c.rs` (`d`).");
    assert_eq!((edits.into_values().collect::<Vec<_>>(), of), (vec!["a.rs".to_owned(), "b.rs".to_owned()], 2));
}
