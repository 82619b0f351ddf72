//! Secrets have no place in any input (rule 10): how one is told from its name or its looks.

use crate::finding::{Finding, FindingName};
use crate::shape::join;
use serde_json::Value;

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

/// How well-known secrets begin: private keys, AWS access keys, tokens of GitHub, Slack, Stripe.
const LOOKS: [&str; 9] = [
    "-----BEGIN ",
    "AKIA",
    "ASIA",
    "ghp_",
    "github_pat_",
    "gho_",
    "xoxb-",
    "xoxp-",
    "sk_live_",
];

/// Whether a field of this name is likely to hold a secret.
pub(crate) fn names_a_secret(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    NAMES.iter().any(|part| name.contains(part))
}

/// Whether a text is, by its beginning, one of the well-known secrets.
pub(crate) fn looks_like_one(text: &str) -> bool {
    let text = text.trim_start_matches('"');
    LOOKS
        .iter()
        .any(|start| text.starts_with(start) && text.len() >= start.len() + 8)
}

/// A reference to a secret is not a secret: an ARN, or the path of an SSM parameter.
fn is_reference(text: &str) -> bool {
    text.is_empty() || text.starts_with("arn:aws") || text.starts_with("ssm:/")
}

/// A finding if the text under this name is likely to be a secret. It never repeats the text.
pub(crate) fn finding(path: &str, name: &str, text: &str) -> Option<Finding> {
    let suspicious = names_a_secret(name) && !is_reference(text);
    (suspicious || looks_like_one(text)).then(|| {
        Finding::new(
            FindingName::SecretInInput,
            path,
            format!("The value of `{name}` looks like a secret; it is not repeated here."),
            "Remove it here and revoke it if it was real. Keep it in Secrets Manager or an SSM \
             parameter, and write the ARN.",
        )
    })
}

/// Findings for every text within a JSON value.
pub(crate) fn findings_within(path: &str, name: &str, value: &Value) -> Vec<Finding> {
    match value {
        Value::String(text) => finding(path, name, text).into_iter().collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(i, item)| findings_within(&format!("{path}[{i}]"), name, item))
            .collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, member)| findings_within(&join(path, key), key, member))
            .collect(),
        _ => Vec::new(),
    }
}
