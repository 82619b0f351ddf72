//! The change of one file, and its difference as `git apply` takes it. Pure.

// A change is a text at a place that a parser knows, so every other byte stays. To write files back by the parser
// loses CRLF and escapes.

use similar::TextDiff;
use std::ops::Range;

/// The place of the bytes that go, and the text that comes in their place.
pub type TextChange = (Range<usize>, String);

/// A file, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Its path, from the root of the repository.
    pub path: String,
    /// The file as it is.
    pub before: String,
    /// The file with the change.
    pub after: String,
    /// Notes for a person on what the change brings, one sentence each.
    pub notes: Vec<String>,
}

impl Edit {
    /// Makes a file with changes, whose lines end as its own do. Of two changes of one place the second is left out.
    pub fn new(path: &str, before: &str, mut changes: Vec<TextChange>) -> Self {
        let end = if before.contains("\r\n") { "\r\n" } else { "\n" };
        changes.sort_by_key(|(place, _)| (place.start, place.end));
        let (mut after, mut done) = (String::new(), 0);
        for (place, text) in changes {
            if place.start < done {
                continue;
            }
            after.push_str(before.get(done..place.start).unwrap_or_default());
            after.push_str(&text.replace('\n', end));
            done = place.end;
        }
        after.push_str(before.get(done..).unwrap_or_default());
        Self { path: path.to_owned(), before: before.to_owned(), after, notes: Vec::new() }
    }

    /// Returns whether the file differs.
    pub fn is_changed(&self) -> bool {
        self.before != self.after
    }

    /// Returns the difference, with its path as Git writes it.
    pub fn difference(&self) -> String {
        let (old, new) = (format!("a/{}", self.path), format!("b/{}", self.path));
        TextDiff::from_lines(&self.before, &self.after).unified_diff().context_radius(3).header(&old, &new).to_string()
    }
}
