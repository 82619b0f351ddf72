//! Reasons and remedies, as sentences.

use super::Finding;
use std::fmt;

/// Makes a text begin with a capital letter and end with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let capital: String = letters.next().map_or_else(String::new, |first| first.to_uppercase().collect());
    let stop = if text.is_empty() || text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{capital}{}{stop}", letters.as_str())
}

impl Finding {
    /// Says what is wrong and what to do, as sentences, for the middle of a message.
    pub fn in_words(&self) -> String {
        format!("{} {}", sentence(&self.reason), sentence(&self.remedy))
    }
}

/// `BadValue: components.web.bucket: What is wrong. Remedy: What to do.`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: ", self.name, self.path)?;
        let (reason, remedy) = (sentence(&self.reason), sentence(&self.remedy));
        write!(f, "{reason} Remedy: {remedy}")
    }
}
