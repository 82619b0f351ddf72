//! The change of one file, and its difference as `git apply` takes it. Pure.

use similar::TextDiff;

/// A file, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    path: String,
    before: String,
    /// The file with the change.
    pub after: String,
}

impl Edit {
    /// Makes a file with other lines, which end as its own do.
    pub fn new(path: &str, before: &str, lines: &[String]) -> Self {
        let end = if before.contains("\r\n") { "\r\n" } else { "\n" };
        let mut after = lines.join(end);
        if before.ends_with('\n') {
            after.push_str(end);
        }
        Self { path: path.to_owned(), before: before.to_owned(), after }
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
