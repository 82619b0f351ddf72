//! No line of a page is longer than 120 characters. Tables, the targets of links and code may be longer: nobody can
//! break them. No source file has more than 400 lines: it has more than one idea then. Few files of the product are so
//! small that a reader opens several for one idea.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use std::fs;
use std::path::{Path, PathBuf};

/// The most characters of a line.
const LONGEST: usize = 120;

/// The most lines of a source file.
const MOST: usize = 400;

/// A file of fewer lines is small.
const SMALL: usize = 60;

/// Fewer files than these are small, such as one that only lists what its room has.
const MANY: usize = 60;

/// Half of the product's files have at least so many lines.
const HALF: usize = 170;

/// Folders that are not the project's own, and the texts that the pages of findings and troubles are written from.
const LEFT_OUT: [&str; 3] = ["node_modules", "target", "troubleshooting"];

/// Collects the files below a folder whose names end so.
pub fn files(folder: &Path, end: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        let is_left_out = name.starts_with('.') && name != ".github" || LEFT_OUT.contains(&name.as_ref());
        if is_left_out || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            files(&path, end, found);
        } else if name.ends_with(end) {
            found.push(path);
        }
    }
}

/// Returns the length of a line without its code spans and without the targets of its links.
fn prose(line: &str) -> usize {
    let outside = line.split('`').step_by(2).collect::<String>();
    let mut parts = outside.split("](");
    let words = parts.next().unwrap_or_default().to_owned();
    let words = parts.fold(words, |words, part| words + part.split_once(')').map_or("", |(_, after)| after));
    words.chars().count()
}

/// Returns the too long lines of a page, with their numbers.
fn too_long(page: &str) -> Vec<usize> {
    let (mut is_code, mut long) = (false, Vec::new());
    for (number, line) in page.lines().enumerate() {
        is_code ^= line.trim_start().starts_with("```");
        let is_table = line.trim_start().starts_with('|');
        if !is_code && !is_table && prose(line) > LONGEST {
            long.push(number + 1);
        }
    }
    long
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the repository and the names of the product's files, in their order.
pub fn product() -> (PathBuf, Vec<String>) {
    let root = root();
    let mut found = Vec::new();
    for folder in ["shared", "functions", "cli"] {
        files(&root.join(folder), ".rs", &mut found);
    }
    let named = found.iter().map(|path| path.strip_prefix(&root).expect("below the root").to_string_lossy());
    let is_product = |name: &String| !name.contains("/tests/") && !name.ends_with("_tests.rs");
    let mut product: Vec<String> = named.map(std::borrow::Cow::into_owned).filter(is_product).collect();
    product.sort();
    assert!(product.len() > 400, "only {} files are found", product.len());
    (root, product)
}

#[test]
fn no_line_of_a_page_is_longer_than_120_characters() {
    let root = root();
    let mut found = Vec::new();
    files(&root, ".md", &mut found);
    assert!(found.len() > 100, "only {} pages are found", found.len());
    let mut wrong = Vec::new();
    for path in found {
        let long = too_long(&fs::read_to_string(&path).expect("a page"));
        let name = path.strip_prefix(&root).expect("below the root").display();
        wrong.extend(long.iter().map(|line| format!("{name}:{line}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_source_file_has_more_than_400_lines() {
    let root = root();
    let mut found = Vec::new();
    for end in [".rs", ".py", ".js"] {
        files(&root, end, &mut found);
    }
    assert!(found.len() > 1000, "only {} files are found", found.len());
    let count = |path: &PathBuf| fs::read_to_string(path).expect("a file").lines().count();
    found.retain(|path| count(path) > MOST);
    assert!(found.is_empty(), "each of these has more than one idea: {found:#?}");
}

#[test]
#[allow(clippy::print_stdout, reason = "with `--nocapture` people read the numbers")]
fn files_of_the_product_are_full() {
    let (root, product) = product();
    let count = |name: &String| fs::read_to_string(root.join(name)).expect("a file").lines().count();
    let mut lines: Vec<usize> = product.iter().map(count).collect();
    lines.sort_unstable();
    let (middle, small) = (lines[lines.len() / 2], lines.iter().filter(|count| **count < SMALL).count());
    let numbers = format!("{} files, half of at least {middle} lines, {small} of fewer than {SMALL}", lines.len());
    println!("{numbers}");
    assert!(middle >= HALF && small < MANY, "merge small files whose idea is one: {numbers}");
}

#[test]
fn prose_counts_and_code_and_tables_do_not() {
    let words = "word ".repeat(30);
    let link = format!("[0001](a/{}.md)", "long-".repeat(30));
    assert_eq!(too_long(&format!("# A\n\n{words}\n")), [3]);
    assert_eq!(too_long(&format!("{words}{link}\n")), [1]);
    for page in [
        format!("```\n{words}\n```\n"),
        format!("| {words} |\n"),
        format!("- {link} words\n"),
        format!("`{words}` words\n"),
    ] {
        assert_eq!(too_long(&page), Vec::<usize>::new(), "{page}");
    }
}
