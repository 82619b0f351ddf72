//! What a glob is made of, so that what it can never match is known: one form without braces for each of its
//! alternatives, as `globset` reads it. Pure.

use std::str::Chars;

/// Stands in a form for one letter that is open. Nobody has a letter for private use in a name.
pub(super) const ONE: char = '\u{e000}';

/// Stands in a form for any number of letters.
pub(super) const ANY: char = '\u{e001}';

/// The longest glob that is looked at, in bytes.
const LONGEST: usize = 512;

/// The most forms of one glob.
const MOST: usize = 64;

/// The most braces within each other.
const DEEPEST: usize = 8;

/// Returns the forms of a glob; `None` where it is no glob, or is too large.
pub(super) fn forms(glob: &str) -> Option<Vec<String>> {
    (glob.len() <= LONGEST).then(|| sequence(&mut glob.chars(), 0))?.map(|(forms, _)| forms)
}

/// Returns what was probably meant by a glob that no path in a folder matches, because of a part that no such path has:
/// `a/b` by `./a//b`. It is empty where nobody knows.
pub(crate) fn path_meant(glob: &str) -> Option<String> {
    let is_no_part = |part: &&str| ["", ".", ".."].contains(part);
    if !forms(glob)?.iter().all(|form| form.split('/').any(|part| is_no_part(&part))) {
        return None;
    }
    let meant = glob.split('/').filter(|part| !is_no_part(part)).collect::<Vec<_>>().join("/");
    let is_path = meant != glob && path_meant(&meant).is_none();
    Some(if is_path { meant } else { String::new() })
}

/// Reads up to the end, or to the `,` or `}` that ends an alternative, which is returned as well.
fn sequence(rest: &mut Chars<'_>, depth: usize) -> Option<(Vec<String>, Option<char>)> {
    let mut forms = vec![String::new()];
    while let Some(letter) = rest.next() {
        let tails = match letter {
            ',' | '}' if depth > 0 => return Some((forms, Some(letter))),
            '{' => alternatives(rest, depth + 1)?,
            '[' => vec![class(rest)?.to_string()],
            '\\' => vec![rest.next()?.to_string()],
            '*' => vec![ANY.to_string()],
            '?' => vec![ONE.to_string()],
            letter => vec![letter.to_string()],
        };
        if forms.len() * tails.len() > MOST {
            return None;
        }
        forms = forms.iter().flat_map(|form| tails.iter().map(move |tail| format!("{form}{tail}"))).collect();
    }
    Some((forms, None))
}

fn alternatives(rest: &mut Chars<'_>, depth: usize) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let mut end = Some(',');
    while end == Some(',') && all.len() <= MOST && depth <= DEEPEST {
        let (forms, behind) = sequence(rest, depth)?;
        all.extend(forms);
        end = behind;
    }
    // `globset` passes over an empty alternative, unless all of them are.
    all.retain(|form| !form.is_empty());
    (end == Some('}')).then(|| if all.is_empty() { vec![String::new()] } else { all })
}

/// Reads a class whose `[` has been read. A `]` that stands first in it is a letter, as is one that ends `[:alpha:]`.
fn class(rest: &mut Chars<'_>) -> Option<char> {
    let mut inner = String::new();
    loop {
        let letter = rest.next()?;
        let before = inner.strip_prefix(['!', '^']).unwrap_or(&inner);
        if letter == ']' && !before.is_empty() && !(before.ends_with(':') && before.contains("[:")) {
            return Some(ONE);
        }
        inner.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_has_a_form_for_each_of_its_alternatives() {
        for (glob, wanted) in [
            ("", Some("")),
            ("a,b}", Some("a,b}")),
            ("a/{b,c}", Some("a/b a/c")),
            ("{a,b{c,d}}{1,2}", Some("a1 a2 bc1 bc2 bd1 bd2")),
            ("v{,1}{}", Some("v1")),
            ("*.[jc]s/?", Some("*.?s/?")),
            ("[]]a[!]]b[^/]c[[:alpha:]]d", Some("?a?b?c?d")),
            (r"\{a,b\}\*[\]c", Some("{a,b}*?c")),
            ("{{{{{{{{a}}}}}}}}", Some("a")),
            ("{{{{{{{{{a}}}}}}}}}", None),
            ("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", None),
            ("{a", None),
            ("[a", None),
            (r"a\", None),
        ] {
            let found = forms(glob).map(|forms| forms.join(" ").replace(ONE, "?").replace(ANY, "*"));
            assert_eq!(found.as_deref(), wanted, "{glob}");
        }
    }

    #[test]
    fn a_path_that_no_file_has_is_known_with_what_was_meant() {
        for (glob, wanted) in [
            ("./a//b", Some("a/b")),
            ("../{a,b}/*", Some("{a,b}/*")),
            ("{./a,b/}", Some("")),
            ("/{./a,/b}", Some("")),
            ("a/.", Some("a")),
            ("..", Some("")),
            ("{./a,b}", None),
            ("[.]/a", None),
            (".well-known/**", None),
            ("a/**/b", None),
            ("...", None),
        ] {
            assert_eq!(path_meant(glob).as_deref(), wanted, "{glob}");
        }
    }
}
