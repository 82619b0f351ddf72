//! A count is written in words that fit it: `1 file` and `2 files`. A text that puts a number before a noun in the
//! plural by hand says `1 files` some day.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::fs;
use std::path::{Path, PathBuf};

/// Words that follow a placeholder, end like a plural and count nothing.
const NO_COUNTS: [&str; 48] = [
    "already",
    "as",
    "asks",
    "bakes",
    "belongs",
    "but",
    "claims",
    "comes",
    "crosses",
    "deletes",
    "deploys",
    "differs",
    "does",
    "ends",
    "gives",
    "goes",
    "has",
    "holds",
    "in",
    "is",
    "keeps",
    "looks",
    "moves",
    "names",
    "needs",
    "of",
    "plus",
    "redirects",
    "runs",
    "says",
    "series",
    "serves",
    "shows",
    "stands",
    "starts",
    "stays",
    "still",
    "takes",
    "tells",
    "that",
    "this",
    "uses",
    "waits",
    "wants",
    "was",
    "watches",
    "writes",
    "windlass",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, ends: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, ends, found);
        } else if path.extension().is_some_and(|it| ends.iter().any(|end| it == *end)) {
            found.push(path);
        }
    }
}

/// Collects the texts of a source, without those of its tests and comments.
fn texts(stream: TokenStream, found: &mut Vec<String>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                let Some(TokenTree::Group(attribute)) = trees.next() else {
                    continue;
                };
                if attribute.stream().to_string().replace(' ', "") == "cfg(test)" {
                    for tree in trees.by_ref() {
                        match tree {
                            TokenTree::Punct(punct) if punct.as_char() == ';' => break,
                            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                                break;
                            }
                            _ => {}
                        }
                    }
                }
            }
            TokenTree::Group(group) => texts(group.stream(), found),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if text.starts_with('"') || text.starts_with('r') {
                    found.push(unfolded(&text));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// Returns a text whose lines are folded with `\` in one line.
fn unfolded(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| text + line.trim_start())
}

/// Returns the placeholders of a text that stand before a noun in the plural, each with the noun. A constant of the
/// source, which is written in capitals, is known to be more than one.
fn counts(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let begins = text.match_indices('{').map(|(at, _)| at);
    for at in begins {
        let Some((name, rest)) = text[at + 1..].split_once('}') else {
            continue;
        };
        let is_constant = name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let is_placeholder = name.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c));
        let Some(words) = rest.strip_prefix(' ').filter(|_| is_placeholder && !is_constant) else {
            continue;
        };
        // An adjective may stand between them: `{} more things`.
        // `{alias} points to` counts nothing.
        if words.starts_with("points to ") {
            continue;
        }
        for word in words.split(' ').take(2) {
            let marked = word;
            let word = word.trim_end_matches(|c: char| !c.is_ascii_lowercase());
            if !word.chars().all(|c| c.is_ascii_lowercase()) {
                break;
            }
            if NO_COUNTS.contains(&word) {
                break;
            }
            if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
                found.push(format!("{{{name}}} … {word}"));
            }
            if marked != word {
                break;
            }
        }
    }
    found
}

#[test]
fn the_reader_finds_counts_and_nothing_else() {
    for (text, wanted) in [
        ("{} files", 1),
        ("{count} more files of it", 1),
        ("it has {} bytes; at most {largest} are read", 1),
        ("{done} of {total} files, {bytes}", 1),
        ("{app} runs {version}", 0),
        ("{name} still needs files", 0),
        ("{MOST} files", 0),
        ("{\"a\": 1} files", 0),
        ("{} file", 0),
        ("{} bytes, more than {} times", 2),
    ] {
        let found = counts(text);
        assert_eq!(found.len(), wanted, "{text}: {found:?}");
    }
}

#[test]
fn no_text_of_the_product_counts_by_hand() {
    let mut sources = Vec::new();
    for folder in ["shared", "cli", "functions"] {
        files(&root().join(folder), &["rs"], &mut sources);
    }
    let mut read = 0;
    let mut wrong = Vec::new();
    for path in sources {
        let name = path.strip_prefix(root()).expect("a path in here");
        let name = name.display().to_string();
        if name.contains("/tests/") || name.ends_with("_tests.rs") {
            continue;
        }
        let source = fs::read_to_string(&path).expect("a source");
        let stream: TokenStream = source.parse().expect("Rust");
        let mut found = Vec::new();
        texts(stream, &mut found);
        read += found.len();
        for text in found {
            wrong.extend(counts(&text).into_iter().map(|what| format!("{name}: {what}")));
        }
    }
    assert!(read > 3000, "{read}");
    assert!(
        wrong.is_empty(),
        "`windlass_domain::count::count` shows one as one; or add a verb to NO_COUNTS:\n{}",
        wrong.join("\n")
    );
}

/// The texts that tests have rendered show no such count.
#[test]
fn no_rendered_text_shows_one_as_several() {
    let mut shown = Vec::new();
    for folder in ["shared", "cli", "docs"] {
        files(&root().join(folder), &["snap", "md"], &mut shown);
    }
    assert!(shown.len() > 150, "{}", shown.len());
    for path in shown {
        let text = fs::read_to_string(&path).expect("a text");
        let words: Vec<&str> = text.split_whitespace().collect();
        for three in words.windows(3) {
            let (before, number) = (three[0], three[1]);
            let noun = three[2].trim_end_matches(['.', ',', ';', ':', ')']);
            let is_many = noun.len() > 3 && noun.ends_with('s') && noun.chars().all(|c| c.is_ascii_lowercase());
            // A cell of a table that begins with a number counts nothing.
            let is_wrong = number == "1" && before != "|" && is_many && !NO_COUNTS.contains(&noun);
            assert!(!is_wrong, "{}: {number} {noun}", path.display());
        }
    }
}
