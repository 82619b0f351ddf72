//! Reasons and remedies, as sentences.

/// A text that begins with a capital letter and ends with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let capital: String = letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect());
    let stop = if text.is_empty() || text.ends_with(['.', '!', '?', ':']) {
        ""
    } else {
        "."
    };
    format!("{capital}{}{stop}", letters.as_str())
}
