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
    let holds = NAMES.iter().any(|part| name.contains(part));
    holds && !ABOUT.iter().any(|end| name.ends_with(end))
}

/// Whether a text is, by its beginning, one of the well-known secrets.
pub(crate) fn looks_like_one(text: &str) -> bool {
    let text = text.trim_start_matches('"');
    LOOKS
        .iter()
        .any(|start| text.starts_with(start) && text.len() >= start.len() + 8)
}

/// Ends of names that tell something about a secret and do not hold it, such as `tokenUrl`.
const ABOUT: [&str; 14] = [
    "url", "uri", "endpoint", "name", "arn", "path", "header", "field", "type", "policy", "length",
    "ttl", "seconds", "limit",
];

/// Whether a value cannot be a secret, whatever its name: nothing, a reference (an ARN, an address, a
/// path of an SSM parameter), a truth value, a small number.
fn is_harmless(text: &str) -> bool {
    let reference = ["arn:aws", "ssm:/", "https://", "http://", "/"]
        .iter()
        .any(|start| text.starts_with(start));
    let number = text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
    reference || number || matches!(text, "true" | "false")
}

/// A finding if the text under this name is likely to be a secret. It never repeats the text.
pub(crate) fn finding(path: &str, name: &str, text: &str) -> Option<Finding> {
    let suspicious = names_a_secret(name) && !is_harmless(text);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_name_or_by_looks() {
        for (name, text) in [
            ("DB_PASSWORD", "hunter2"),
            ("apiKey", "8f7d6e5c"),
            ("github-token", "x"),
            ("anything", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
            ("key", "-----BEGIN RSA PRIVATE KEY-----"),
        ] {
            let finding = finding("here", name, text);
            assert!(finding.is_some(), "{name}");
            assert!(
                finding.is_some_and(|f| !f.to_string().contains(text)),
                "{name}"
            );
        }
    }

    #[test]
    fn what_only_speaks_of_secrets_is_none() {
        for (name, text) in [
            ("tokenUrl", "login.shop.example/oauth2/token"),
            (
                "secret",
                "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-a1b2c3",
            ),
            ("passwordMinLength", "12"),
            ("maxTokens", "4096"),
            ("token", "true"),
            ("secret_name", "shop/db"),
            ("host", "shop.example"),
        ] {
            assert_eq!(finding("here", name, text), None, "{name}");
        }
    }
}
