//! A line of the story, and the key by which it is printed once.

/// A line with its key. A line with a new key is printed; numbers within its text may move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The part of the record that it is about.
    pub(super) key: String,
    /// The text that is printed.
    pub text: String,
    /// The news in it, if lines with other keys may tell the same: then it is printed for the first of them alone.
    pub(super) news: Option<String>,
}

impl Line {
    /// Makes a line with a key of its own.
    pub(super) fn new(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self { key: key.into(), text: text.into(), news: None }
    }

    /// Makes a line whose text is its key.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(text.clone(), text)
    }
}
