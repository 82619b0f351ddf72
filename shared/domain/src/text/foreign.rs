//! Text that is not ours, and where it is shown: what people and programs say to Windlass (reasons, refs, versions,
//! keys, names, messages of functions, of AWS and of logs). It is one line, and nothing in it is hidden, so it can
//! neither steer a terminal nor begin a line of its own: the line `next: …` of a message is Windlass's alone.
//!
//! It is made so where it comes in ([`one`] and [`maybe`] for what is read, [`line()`] for what is made), in every
//! finding, fault and measurement. Where a text is shown in another language than plain lines, the place escapes it:
//! [`terminal`], [`json`], [`chat`]; the pages escape HTML themselves. Where room is limited, a text is cut.

use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// Text that is not ours, in a sentence of ours: shown between quotation marks, as one visible line. A precision cuts
/// it, `{:.200}`, to so many characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign<'t>(pub &'t str);

impl fmt::Display for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = f.precision().unwrap_or(usize::MAX);
        let mut left = self.0.chars();
        let shown: String = left.by_ref().take(most).map(|c| if c == '"' { '\'' } else { c }).collect();
        let cut = if left.next().is_some() { "…" } else { "" };
        write!(f, "\"{}{cut}\"", line(&shown))
    }
}

/// Returns a text as one line in which nothing is hidden: each control character, each end of a line and each character
/// that turns the direction or has no width is shown as its code, such as `\u{1b}`. Blanks at the ends go.
pub fn line(text: &str) -> Cow<'_, str> {
    let inner = text.trim_matches([' ', '\n', '\r', '\t']);
    // What is nothing but blanks is shown all the same: a name may be that.
    let text = if inner.is_empty() { text } else { inner };
    visible(text, |c| is_hidden(c) || is_end(c))
}

/// The mark before each line of a log that a text of ours shows.
pub const OF_A_LOG: &str = "\n  | ";

/// Returns a text as [`line()`] does, with the lines of a log that are at its end: each begins with [`OF_A_LOG`].
pub fn with_log(text: &str) -> String {
    text.split(OF_A_LOG).map(line).collect::<Vec<_>>().join(OF_A_LOG)
}

/// Returns lines of ours as a terminal may get them: the ends of lines stay, and what is hidden is shown.
pub fn terminal(text: &str) -> Cow<'_, str> {
    visible(text, |c| is_hidden(c) && c != '\n')
}

/// Returns a JSON document as a terminal may get it: what is hidden is written as JSON writes it, so that the values
/// stay what they are.
pub fn json(document: &str) -> Cow<'_, str> {
    if !document.contains(|c| is_hidden(c) && c != '\n') {
        return Cow::Borrowed(document);
    }
    let mut text = String::with_capacity(document.len());
    for c in document.chars() {
        if is_hidden(c) && c != '\n' {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Returns a text as a channel of Slack or Teams shows it: no mention such as `<!channel>`, no address under a text of
/// another name (Slack, "Formatting message text", "Escaping text").
pub fn chat(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace("](", "] (")
}

/// Returns whether a character ends a line.
fn is_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Returns whether a character is not shown as itself: a control character (ISO 6429), a mark of the direction (Unicode
/// Standard Annex 9), one without width, a tag.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn visible(text: &str, is_shown: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_shown) {
        return Cow::Borrowed(text);
    }
    let each = text.chars().map(|c| match c {
        '\n' if is_shown(c) => "⏎".to_owned(),
        '\t' => " ".to_owned(),
        c if is_shown(c) => c.escape_unicode().to_string(),
        c => c.to_string(),
    });
    Cow::Owned(each.collect())
}

/// Reads a text of others.
///
/// # Errors
/// It is no text.
pub fn one<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    Ok(with_log(&text))
}

/// Reads a text of others that may be absent.
///
/// # Errors
/// It is no text.
pub fn maybe<'de, D: Deserializer<'de>, T: From<String>>(from: D) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.map(|text| with_log(&text).into()))
}

/// Returns the text, cut if it is longer than so many bytes of UTF-8; then it ends with `…`.
pub fn truncate(text: impl Into<String>, longest: usize) -> String {
    let mut text = text.into();
    if text.len() > longest {
        let room = longest.saturating_sub('…'.len_utf8());
        text.truncate(text.floor_char_boundary(room));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests_of_truncate {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (text, longest, wanted) in [
            ("", 3, ""),
            ("abcdef", 6, "abcdef"),
            ("abcdefg", 6, "abc…"),
            ("aéé", 5, "aéé"),
            ("aééé", 6, "aé…"),
            ("éééé", 6, "é…"),
        ] {
            assert_eq!(truncate(text, longest), wanted, "{text}");
        }
    }
}

#[cfg(test)]
#[path = "foreign_tests.rs"]
mod tests;
