//! Recognises secrets by their names or by their form. They have no place in any input (rule 10).

use crate::finding::{Finding, FindingName};
use crate::shape::join;
use serde_json::Value;
use std::collections::BTreeSet;
use url::form_urlencoded;

/// Parts of names that are given to secrets. Compared without case, `-` and `_`.
const NAMES: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "connectionstring",
];

/// The beginnings of well-known tokens: those of GitHub, Slack, Stripe.
const LOOKS: [&str; 10] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "xoxb-",
    "xoxp-",
    "sk_live_",
    "rk_live_",
];

/// The fewest characters that follow such a beginning.
const FEWEST_FOLLOW: usize = 8;

/// The beginnings of ids of AWS access keys. 16 upper-case letters and digits follow (AWS Identity and Access
/// Management User Guide, "IAM identifiers").
const KEY_IDS: [&str; 2] = ["AKIA", "ASIA"];

/// The number of characters that follow in the id of an access key.
const KEY_ID_FOLLOWS: usize = 16;

/// Ends of names that tell something about a secret and do not hold it, such as `tokenUrl`.
const ABOUT: [&str; 14] = [
    "url", "uri", "endpoint", "name", "arn", "path", "header", "field", "type", "policy", "length",
    "ttl", "seconds", "limit",
];

/// Returns whether a field of this name is likely to hold a secret.
pub(crate) fn names_a_secret(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let holds = NAMES.iter().any(|part| name.contains(part));
    holds && !ABOUT.iter().any(|end| name.ends_with(end))
}

/// Returns whether a well-known secret stands anywhere in a text: a private key, the id of an access key, a token. Each
/// is recognised by its beginning.
pub fn stands_in(text: &str) -> bool {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_of_id = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    text.contains("-----BEGIN ")
        || LOOKS
            .iter()
            .any(|start| begins_in(text, start, FEWEST_FOLLOW, is_of_token))
        || KEY_IDS
            .iter()
            .any(|start| begins_in(text, start, KEY_ID_FOLLOWS, is_of_id))
}

/// Returns whether a word in the text begins so, and goes on with so many characters of this sort.
fn begins_in(text: &str, start: &str, follow: usize, sort: impl Fn(char) -> bool) -> bool {
    text.match_indices(start).any(|(at, _)| {
        let is_begin = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let after = text[at + start.len()..].chars();
        is_begin && after.take(follow).filter(|c| sort(*c)).count() == follow
    })
}

/// Returns whether a value cannot be a secret, whatever its name: nothing, a reference (an ARN, an address, a path of
/// an SSM parameter, a placeholder), a truth value, a small number.
fn is_harmless(text: &str) -> bool {
    let reference = ["arn:aws", "ssm:/", "https://", "http://", "/"]
        .iter()
        .any(|start| text.starts_with(start));
    let number = text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
    reference || number || is_placeholder(text) || matches!(text, "true" | "false")
}

/// Returns whether a text is a placeholder, `{name}`. Its value is looked at once it is filled in.
fn is_placeholder(text: &str) -> bool {
    let inner = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    inner.is_some_and(|name| {
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    })
}

/// Returns whether the text under this name is likely to be a secret, or to hold one.
fn is_secret(name: &str, text: &str) -> bool {
    (names_a_secret(name) && !is_harmless(text))
        || stands_in(text)
        || holds_a_password(text)
        || holds_a_named_one(text)
        || is_json_with_one(text)
}

/// Returns whether a text has an address with a user's password, such as `postgres://shop:…@db`.
fn holds_a_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        user.is_some_and(|user| user.contains(':'))
    })
}

/// The characters that separate `name=value` from the rest of a text: an address's query and fragment, a form, a
/// connection string, a sentence.
const SEPARATORS: [char; 7] = ['?', '&', '#', ';', ',', '"', '\''];

/// Returns whether a text has `name=value` in it whose name is that of a secret, such as the query of an address.
fn holds_a_named_one(text: &str) -> bool {
    let pieces = text.split(|c: char| c.is_whitespace() || SEPARATORS.contains(&c));
    let mut pairs = pieces.filter(|piece| piece.contains('=')).flat_map(|pair| {
        let pairs = form_urlencoded::parse(pair.as_bytes());
        pairs.collect::<Vec<_>>()
    });
    pairs.any(|(name, value)| {
        let is_name = name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.[]".contains(c));
        let named = is_name && names_a_secret(&name) && !is_harmless(&value);
        named || stands_in(&value)
    })
}

/// Returns whether a text is JSON with a secret, such as the body of an HTTP request.
fn is_json_with_one(text: &str) -> bool {
    let text = text.trim_start();
    let is_json = text.starts_with(['{', '[']);
    let within = is_json.then(|| serde_json::from_str::<Value>(text));
    within.is_some_and(|within| within.is_ok_and(|within| !findings(&within).is_empty()))
}

/// Returns whether a value may be told that nobody knows, such as the answer of a function. A value under the name of a
/// secret may not, unless it is nothing or a truth value.
pub fn may_be_told(name: &str, value: &Value) -> bool {
    let named = names_a_secret(name) && !(value.is_null() || value.is_boolean());
    !named && Walk::default().findings("", name, value).is_empty()
}

/// The path of a finding about a document as a whole.
const WHOLE: &str = "the document";

/// Returns a finding if the text under this name is likely to be a secret. It never repeats the text.
pub(crate) fn finding(path: &str, name: &str, text: &str) -> Option<Finding> {
    is_secret(name, text).then(|| {
        found(
            path,
            &format!("The value of `{name}` looks like a secret; it is not repeated here."),
        )
    })
}

fn found(path: &str, reason: &str) -> Finding {
    let path = if path.is_empty() { WHOLE } else { path };
    Finding::new(
        FindingName::SecretInInput,
        path,
        reason,
        "Remove it here and revoke it if it was real. Keep it in Secrets Manager or an SSM \
         parameter, and write the ARN.",
    )
}

/// Returns findings for every text within a document.
pub fn findings(document: &Value) -> Vec<Finding> {
    let environments = document.get("environments").and_then(Value::as_object);
    let walk = Walk {
        environments: environments
            .into_iter()
            .flat_map(|named| named.keys().map(String::as_str))
            .collect(),
    };
    walk.findings("", "document", document)
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
            Value::Array(items) => items
                .iter()
                .enumerate()
                .flat_map(|(i, item)| self.findings(&format!("{path}[{i}]"), name, item))
                .collect(),
            Value::Object(members) => members
                .iter()
                .flat_map(|(key, member)| self.member(path, name, key, member))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn member(&self, path: &str, name: &str, key: &str, member: &Value) -> Vec<Finding> {
        if stands_in(key) {
            let reason = "A field's name looks like a secret; it is not repeated here.";
            return vec![found(path, reason)];
        }
        let name = if self.environments.contains(key) {
            name
        } else {
            key
        };
        self.findings(&join(path, key), name, member)
    }
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
