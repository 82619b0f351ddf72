//! Names that are given to secrets.

/// Parts of names that are given to secrets. Compared without case, `-` and `_`.
const PARTS: [&str; 18] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "accountkey",
    "authkey",
    "encryptionkey",
    "masterkey",
    "privatekey",
    "sharedkey",
    "signingkey",
    "credential",
    "connectionstring",
];

/// Ends of names that tell something about a secret and do not hold it, such as `tokenUrl`.
const ABOUT: [&str; 49] = [
    "url", "uri", "endpoint", "location", "host", "port", "domain", "name", "arn", "alias", "path", "file", "dir",
    "folder", "bucket", "table", "header", "field", "type", "kind", "format", "mode", "policy", "provider", "issuer",
    "audience", "scope", "length", "size", "count", "limit", "ttl", "seconds", "minutes", "hours", "days", "timeout",
    "expiry", "lifetime", "version", "digest", "sha256", "stage", "region", "role", "ref", "from", "enabled",
    "required",
];

/// Ends of names that are given to secrets, and to ways and sorts of asking as well.
const ENDS: [&str; 15] = [
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "cookies",
    "creds",
    "dsn",
    "dsnurl",
    "jwt",
    "sig",
    "webhook",
    "webhooks",
    "webhookurl",
    "webhookuri",
    "webhookendpoint",
];

/// Names of several secrets, which are given to lists of their names as well.
const PLURALS: [&str; 4] = ["secrets", "tokens", "passwords", "credentials"];

/// Words that end like `dbpass` and are none.
const NO_PASS: [&str; 6] = ["bypass", "compass", "lowpass", "highpass", "onepass", "multipass"];

/// How a member's name speaks of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Its value is one.
    Secret,
    /// Its value may be one, or plain words.
    Perhaps,
    /// Its value may be one, plain words, or an address that everybody may know.
    Address,
    /// It does not.
    No,
}

/// Returns how a name speaks of secrets.
pub(super) fn named(name: &str) -> Named {
    let name = plain(name);
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(&ENDS) {
        let is_address = name.contains("webhook") || name.contains("dsn");
        return if is_address { Named::Address } else { Named::Perhaps };
    }
    if ends(&PLURALS) {
        return Named::Perhaps;
    }
    let is_pass = name.ends_with("pass") && !ends(&NO_PASS);
    if is_pass || holds(name) { Named::Secret } else { Named::No }
}

/// Returns whether a field of this name is likely to hold a secret, whatever its value.
pub(crate) fn names_a_secret(name: &str) -> bool {
    holds(&plain(name))
}

/// Returns whether a number or a word under this name is likely to be a secret. A token may be a count, or the name of
/// one.
pub(super) fn names_a_password(name: &str) -> bool {
    let name = plain(name);
    let of = ["pass", "pwd"];
    named(&name) == Named::Secret && of.iter().any(|part| name.contains(part))
}

fn holds(name: &str) -> bool {
    let holds = PARTS.iter().any(|part| name.contains(part));
    holds && !ABOUT.iter().any(|end| name.ends_with(end))
}

/// Returns the letters and digits of a name. Of a condition's key, such as `token.actions.example.com:aud`, only the
/// part behind the service counts.
fn plain(name: &str) -> String {
    let name = name.rsplit(':').next().unwrap_or_default();
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
