//! Texts of a limited length.

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
mod tests {
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
