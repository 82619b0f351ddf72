//! Names that are made of other names: in the letters that a declaration takes, within their limit, and each once. Pure.

use std::collections::BTreeSet;
use windlass_domain::text::name::LONGEST;

/// Makes a name that an application or a component may have out of another one.
pub fn name(text: &str) -> String {
    whole(text).chars().take(LONGEST).collect::<String>().trim_matches('-').to_owned()
}

/// Returns whether a name that is made of another one is cut, because it is longer than names may be.
pub fn is_cut(text: &str) -> bool {
    whole(text).chars().count() > LONGEST
}

/// Returns a text in the letters of a name.
fn whole(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => name.push(c),
            _ if name.ends_with('-') || name.is_empty() => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_matches('-');
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    if begins { name.to_owned() } else { format!("a-{name}") }
}

/// Returns a name of at most `longest` characters that is not taken: the text itself, else the text with the first
/// number from 2 on that makes it such a name. The text is cut in front of the number where there is no room for it.
pub fn free(text: &str, longest: usize, between: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let cut = |room: usize| text.chars().take(room).collect::<String>();
    let whole = cut(longest);
    if !is_taken(&whole) {
        return whole;
    }
    let numbered = |number: usize| {
        let end = format!("{between}{number}");
        format!("{}{end}", cut(longest.saturating_sub(end.len())).trim_end_matches(['-', '_']))
    };
    (2..usize::MAX).map(numbered).find(|name| !is_taken(name)).unwrap_or(whole)
}

/// Returns each text as a name of its own, of at most `longest` characters. The first of those that are alike keeps its
/// text, and no number makes a name that another text has by itself.
pub fn apart(texts: &[String], longest: usize, between: &str) -> Vec<String> {
    let cut = |text: &String| text.chars().take(longest).collect::<String>();
    let all: BTreeSet<String> = texts.iter().map(cut).collect();
    let mut taken = BTreeSet::new();
    let mut names = Vec::new();
    for text in texts {
        let own = cut(text);
        let name = if taken.contains(&own) {
            free(text, longest, between, |name| all.contains(name) || taken.contains(name))
        } else {
            own
        };
        taken.insert(name.clone());
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_what_others_call_them() {
        for (text, wanted) in [
            ("experiment-backend", "experiment-backend"),
            ("HelloWorldFunction", "helloworldfunction"),
            ("Shop_API (v2)", "shop-api-v2"),
            ("2nd", "a-2nd"),
        ] {
            assert_eq!((name(text).as_str(), is_cut(text)), (wanted, false));
        }
        let long = "continuous-deployment-of-the-shop-by-steps";
        assert_eq!((name(long).as_str(), is_cut(long)), ("continuous-deployment-of-the-sho", true));
    }

    #[test]
    fn texts_that_are_alike_are_names_of_their_own_within_the_limit() {
        for (texts, longest, between, wanted) in [
            (&["a", "b"][..], 8, "-", &["a", "b"][..]),
            (&["a", "a", "a"], 8, "-", &["a", "a-2", "a-3"]),
            (&["a", "a", "a-2"], 8, "-", &["a", "a-3", "a-2"]),
            (&["abcdefgh", "abcdefghi"], 8, "-", &["abcdefgh", "abcdef-2"]),
            (&["abcde-gh", "abcde-gh"], 8, "-", &["abcde-gh", "abcde-2"]),
            (&["Eu1", "Eu1", "Eu12"], 8, "", &["Eu1", "Eu13", "Eu12"]),
        ] {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(apart(&texts, longest, between), wanted, "{texts:?}");
        }
        let ten: Vec<String> = vec!["abcd".to_owned(); 12];
        let names = apart(&ten, 4, "-");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 12, "{names:?}");
        assert!(names.iter().all(|name| name.len() <= 4), "{names:?}");
    }
}
