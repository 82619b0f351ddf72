//! Secrets that are named within a text: in the query of an address, a connection string, a sentence, a header.

use super::{by_name, forms};
use crate::secret::names::{names_a_password, names_a_secret};
use crate::secret::values::{is_harmless, is_words};
use url::form_urlencoded;

/// The characters that separate `name=value` from the rest of a text: an address's query and fragment, a form, a
/// connection string, a sentence.
const SEPARATORS: [char; 7] = ['?', '&', '#', ';', ',', '"', '\''];

/// Returns whether a text has `name=value` or `name: value` in it whose name is that of a secret.
pub(super) fn has_a_named_one(text: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || SEPARATORS.contains(&c);
    let pairs = text.split(ends).filter(|piece| piece.contains('='));
    let mut pairs = pairs.flat_map(|pair| form_urlencoded::parse(pair.as_bytes()));
    pairs.any(|(name, value)| is_name(&name) && is_named(&name, &value) || forms::known(&value).is_some())
        || has_a_header(text)
}

/// Returns whether `name=value` of a text is likely to be a secret. Of names other than those of passwords plain words
/// are none: a command gives `TokenSecret=shop-github` to say which secret is meant.
fn is_named(name: &str, value: &str) -> bool {
    by_name(name, value) && (names_a_password(name) || !is_words(value))
}

/// The longest name. What is longer and has `=` behind it is Base64.
const LONGEST_NAME: usize = 64;

fn is_name(name: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_.[]".contains(c);
    name.len() <= LONGEST_NAME && name.chars().all(is_of_name)
}

/// The fewest characters of the value of `name: value`. A sentence about a secret goes on with a word.
const OF_A_VALUE: usize = 6;

/// Returns whether a text has `name: value` in it, as a header or as YAML, whose name is that of a secret and whose
/// value is no word.
fn has_a_header(text: &str) -> bool {
    let mut before = "";
    for word in text.split_whitespace() {
        let name = before.trim_start_matches(['-', '"', '\'', '{', '(']);
        let name = name.strip_suffix(':').unwrap_or_default();
        let name = name.trim_end_matches(['"', '\'']);
        let value = word.trim_matches(['"', '\'', ',', '}', ')', '.']);
        let is_long = value.len() >= OF_A_VALUE && !value.ends_with(':');
        let is_value = is_long && forms::is_mixed(value) && !is_harmless(value);
        if is_value && is_name(name) && names_a_secret(name) {
            return true;
        }
        before = word;
    }
    false
}
