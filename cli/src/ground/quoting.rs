//! A text as it stands in YAML, and the words of a command as they are typed in a shell: without quotes where every
//! reader takes them as the same text, else in quotes.

use serde_json::Value;
use windlass_domain::text::foreign;

/// Writes a text of YAML.
pub fn in_yaml(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        // A text of JSON is one of YAML.
        foreign::json(&Value::from(text).to_string()).into_owned()
    }
}

/// Returns whether a text can stand in YAML without quotes, and is a text there.
fn is_plain(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let word = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(letters)
        && !word.contains(&text.to_ascii_lowercase().as_str())
        || text == "1.0.0"
        || is_span(text)
}

/// Returns whether a text is a number with the letter of a unit of time, which is a text in YAML as well.
fn is_span(text: &str) -> bool {
    let number = text.strip_suffix(['s', 'm', 'h']);
    number.is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
}

/// Returns the command as it is typed in a POSIX shell.
pub fn in_shell(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c));
    let quote = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    match word.split_once('=') {
        _ if plain(word) => word.to_owned(),
        Some((option, value)) if option.starts_with("--") => format!("{option} {}", quote(value)),
        _ => quote(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_where_yaml_would_read_something_else() {
        for (it, wanted) in [
            ("shop/agent", "shop/agent"),
            ("5m", "5m"),
            ("1.0.0", "1.0.0"),
            ("on", "\"on\""),
            ("1", "\"1\""),
            ("a: b", "\"a: b\""),
            ("a\nb: c\u{1b}\u{202e}", r#""a\nb: c\u001b\u202e""#),
            ("shop-{environment}", "\"shop-{environment}\""),
        ] {
            assert_eq!(in_yaml(it), wanted);
        }
    }
}
