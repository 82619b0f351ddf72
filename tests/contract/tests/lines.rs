//! No line of a page is longer than 120 characters. Tables, the targets of links and code may be longer: nobody can
//! break them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may panic, and reads better"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The most characters of a line.
const LONGEST: usize = 120;

/// Folders that are not the project's own, and the findings that the pages of troubleshooting are written from.
const LEFT_OUT: [&str; 3] = ["node_modules", "target", "troubleshooting"];

/// Collects the pages below a folder.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        let is_left_out = name.starts_with('.') && name != ".github"
            || LEFT_OUT.contains(&name.as_ref()) && !path.ends_with("docs/troubleshooting");
        if is_left_out || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            pages(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

/// Returns the length of a line without its code spans and without the targets of its links.
fn prose(line: &str) -> usize {
    let outside = line.split('`').step_by(2).collect::<String>();
    let mut parts = outside.split("](");
    let words = parts.next().unwrap_or_default().to_owned();
    let words = parts.fold(words, |words, part| {
        words + part.split_once(')').map_or("", |(_, after)| after)
    });
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

#[test]
fn no_line_of_a_page_is_longer_than_120_characters() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    pages(&root, &mut found);
    assert!(found.len() > 300, "only {} pages are found", found.len());
    let mut wrong = Vec::new();
    for path in found {
        let long = too_long(&fs::read_to_string(&path).expect("a page"));
        let name = path.strip_prefix(&root).expect("below the root").display();
        wrong.extend(long.iter().map(|line| format!("{name}:{line}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
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
