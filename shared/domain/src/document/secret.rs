//! Recognises secrets by their names or by their form, also those that are named within a text: in the query of an
//! address, a connection string, a sentence, a header. They have no place in any input (rule 10).

// Secrets are known by form, by the name of their member, and within texts. The rules of gitleaks give beginnings
// and lengths, and no expressions: these take every `key = "…"` with enough entropy, which digests and version ids
// have. No library knows AWS's keys and names of members, and stays small in a function.

use crate::document::secret::names::{NamedSecret, is_harmless, is_words, named, names_a_password};
use crate::document::shape::join;
use crate::text::finding::{Finding, FindingName};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use url::form_urlencoded;

mod forms;
mod names;

pub(crate) use names::names_a_secret;

/// Returns whether a secret of a known form stands anywhere in a text: a private key, the id of an access key, a token.
pub fn stands_in(text: &str) -> bool {
    forms::known(text).is_some()
}

/// Returns whether a header of this name says who asks, and so has a secret as its value.
pub(crate) fn names_a_credential(name: &str) -> bool {
    named(name) != NamedSecret::No
}

/// Returns whether the text under this name is likely to be a secret because of the name.
fn by_name(name: &str, text: &str) -> bool {
    let is_plain = || is_harmless(text) || is_words(text);
    match named(name) {
        NamedSecret::Secret => !is_harmless(text),
        NamedSecret::Address if text.contains("://") => crate::document::secret::forms::is_unguessable(text),
        NamedSecret::Perhaps | NamedSecret::Address => !is_plain(),
        NamedSecret::No => false,
    }
}

/// Returns by what the text under this name is likely to be a secret, or to hold one, as the end of `The value of …
/// looks like a secret`; `None` if it is not likely.
fn sign(name: &str, text: &str) -> Option<String> {
    if let Some(what) = forms::known(text) {
        return Some(format!(", {what}"));
    }
    let sign = if by_name(name, text) {
        " by its name"
    } else if crate::document::secret::forms::has_a_password(text) {
        ", an address with a password"
    } else if has_a_named_one(text) || is_json_with_one(text) {
        " by a name within it"
    } else {
        return None;
    };
    Some(sign.to_owned())
}

/// Returns whether a text is JSON with a secret, such as the body of an HTTP request.
fn is_json_with_one(text: &str) -> bool {
    let text = text.trim_start();
    let is_json = text.starts_with(['{', '[']);
    let within = is_json.then(|| serde_json::from_str::<Value>(text));
    within.is_some_and(|within| within.is_ok_and(|within| !findings(&within).is_empty()))
}

/// Returns whether a value may be shown that nobody knows, such as the answer of a function. A value under the name of
/// a secret may not, unless it is nothing or a truth value.
pub fn may_be_shown(name: &str, value: &Value) -> bool {
    let named = names_a_secret(name) && !(value.is_null() || value.is_boolean());
    !named && Walk::default().findings("", name, value).is_empty()
}

/// The path of a finding about a document as a whole.
const WHOLE: &str = "the document";

/// Returns a finding if the text under this name is likely to be a secret. It never repeats the text.
pub fn finding(path: &str, name: &str, text: &str) -> Option<Finding> {
    let sign = sign(name, text)?;
    let reason = format!("The value of `{name}` looks like a secret{sign}; it is not repeated here.");
    Some(found(path, &reason))
}

fn found(path: &str, reason: &str) -> Finding {
    let path = if path.is_empty() { WHOLE } else { path };
    let is_topic = path.contains("notify[") && path.ends_with("].topic");
    let remedy = if is_topic {
        "Remove it here and revoke it if it was real. Write the ARN of a topic of Amazon SNS that the channel \
         follows: `docs/integrate/channel.md` connects one."
    } else {
        "Remove it here and revoke it if it was real. Keep it in Secrets Manager or an SSM \
         parameter, and write the ARN. If it is none, give the member another name, or the value \
         another form."
    };
    Finding::new(FindingName::SecretInInput, path, reason, remedy)
}

/// Returns findings for every text within a document.
pub fn findings(document: &Value) -> Vec<Finding> {
    let environments = document.get("environments").and_then(Value::as_object);
    let walk =
        Walk { environments: environments.into_iter().flat_map(|named| named.keys().map(String::as_str)).collect() };
    walk.findings("", "document", document)
}

/// The members by which an entry of a list says its name and its value, such as a variable of a container.
const ENTRIES: [(&str, &str); 4] =
    [("name", "value"), ("Name", "Value"), ("key", "value"), ("ParameterKey", "ParameterValue")];

/// Returns the member with the value of an entry, and the entry's name.
fn entry(members: &Map<String, Value>) -> Option<(&str, &str)> {
    ENTRIES.iter().find_map(|(name, value)| {
        let name = members.get(*name)?.as_str()?;
        members.contains_key(*value).then_some((*value, name))
    })
}

/// A walk through a document. A member that is called like an environment is the value there of the member around it.
#[derive(Default)]
struct Walk<'d> {
    environments: BTreeSet<&'d str>,
}

impl Walk<'_> {
    fn findings(&self, path: &str, name: &str, value: &Value) -> Vec<Finding> {
        match value {
            Value::String(text) => finding(path, name, text).into_iter().collect(),
            Value::Number(number) if names::names_a_password(name) => {
                finding(path, name, &number.to_string()).into_iter().collect()
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .flat_map(|(i, item)| self.findings(&format!("{path}[{i}]"), name, item))
                .collect(),
            Value::Object(members) => {
                let entry = entry(members);
                members.iter().flat_map(|(key, member)| self.member(path, name, entry, (key, member))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn member(
        &self,
        path: &str,
        name: &str,
        entry: Option<(&str, &str)>,
        (key, member): (&String, &Value),
    ) -> Vec<Finding> {
        if stands_in(key) {
            let reason = "A field's name looks like a secret; it is not repeated here.";
            return vec![found(path, reason)];
        }
        let name = match entry {
            Some((value, called)) if value == key => called,
            _ if self.environments.contains(key.as_str()) => name,
            _ => key,
        };
        self.findings(&join(path, key), name, member)
    }
}

/// The characters that separate `name=value` from the rest of a text: an address's query and fragment, a form, a
/// connection string, a sentence.
const SEPARATORS: [char; 7] = ['?', '&', '#', ';', ',', '"', '\''];

/// Returns whether a text has `name=value` or `name: value` in it whose name is that of a secret.
pub(crate) fn has_a_named_one(text: &str) -> bool {
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

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
