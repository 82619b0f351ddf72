//! Names that are given to secrets, and values that cannot be secrets, whatever they are called.

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

/// Ends of names that say something about a secret and do not hold it, such as `tokenUrl`.
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

/// The way in which a member's name speaks of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedSecret {
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
pub(super) fn named(name: &str) -> NamedSecret {
    let name = plain(name);
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(&ENDS) {
        let is_address = name.contains("webhook") || name.contains("dsn");
        return if is_address { NamedSecret::Address } else { NamedSecret::Perhaps };
    }
    if ends(&PLURALS) {
        return NamedSecret::Perhaps;
    }
    let is_pass = name.ends_with("pass") && !ends(&NO_PASS);
    if is_pass || holds(name) { NamedSecret::Secret } else { NamedSecret::No }
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
    named(&name) == NamedSecret::Secret && of.iter().any(|part| name.contains(part))
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

/// Beginnings of references, which say where a secret is.
const REFERENCES: [&str; 18] = [
    "arn:",
    "ssm:",
    "secretsmanager:",
    "https://",
    "http://",
    "/",
    "./",
    "../",
    "file:",
    "env:",
    "vault:",
    "op://",
    "$.",
    "$$.",
    "$context.",
    "$input",
    "$stageVariables.",
    "$states.",
];

/// Words that switch something, say what sort of a thing is meant, or stand where a value is to be written.
const WORDS: [&str; 30] = [
    "",
    "true",
    "false",
    "null",
    "none",
    "yes",
    "no",
    "on",
    "off",
    "read",
    "write",
    "required",
    "optional",
    "enabled",
    "disabled",
    "inherit",
    "auto",
    "string",
    "number",
    "boolean",
    "seconds",
    "minutes",
    "hours",
    "days",
    "changeme",
    "replaceme",
    "replaced",
    "placeholder",
    "redacted",
    "write-me",
];

/// Returns whether a value cannot be a secret, whatever its name: nothing, a reference (an ARN, an address, the name of
/// a parameter or of a secret with a path, a placeholder), a word that switches something, a small number, a time.
pub(super) fn is_harmless(text: &str) -> bool {
    REFERENCES.iter().any(|start| text.starts_with(start))
        || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || is_small_number(text)
        || is_placeholder(text)
        || is_path(text)
}

/// Returns whether a text is a number of at most six digits, or a time such as `15m`.
fn is_small_number(text: &str) -> bool {
    let digits = text.trim_end_matches(['m', 's', 'h', 'd']);
    let unit = text.len() - digits.len();
    digits.len() <= 6 && unit <= 2 && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Returns whether a text is a path of plain names, such as `shop/db-password` or `shop/token:1.4.0`.
fn is_path(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.:@{}".contains(c);
    let is_name = |part: &str| !part.is_empty() && part.chars().all(is_plain);
    text.contains('/') && text.split('/').all(is_name)
}

/// Beginnings and ends of what is filled in elsewhere.
const PLACEHOLDERS: [(&str, &str); 8] =
    [("${{", "}}"), ("{%", "%}"), ("{{", "}}"), ("${", "}"), ("$(", ")"), ("{", "}"), ("<", ">"), ("%", "%")];

/// The text that may stand before a placeholder.
const SCHEMES: [&str; 3] = ["Bearer ", "Basic ", "token "];

/// Returns whether a text stands for a value that is filled in elsewhere: `{name}`, whose value is looked at once it is
/// filled in, `${NAME}`, `{{resolve:…}}`, `<name>`, `***`. A default within it counts as the value.
pub(super) fn is_placeholder(text: &str) -> bool {
    let text = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    let is_resolved = text.starts_with("{{resolve:") && text.ends_with("}}");
    let is_hidden =
        ["***", "xxx", "..."].iter().any(|dots| text.starts_with(dots) && text.chars().all(|c| dots.starts_with(c)));
    let is_variable = text.strip_prefix('$').is_some_and(|name| {
        let is_of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(is_of_name)
    });
    let inner = PLACEHOLDERS.iter().find_map(|(start, end)| {
        let inner = text.strip_prefix(start)?.strip_suffix(end)?;
        let is_bare = *start == "{";
        Some(if is_bare { is_name(inner) } else { is_inner(inner) })
    });
    is_resolved || is_hidden || is_variable || inner == Some(true)
}

fn is_name(inner: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !inner.is_empty() && inner.chars().all(is_of_name)
}

/// Returns whether a text is the inside of a placeholder: it is in one line, quotes nothing, and has no other one.
fn is_inner(inner: &str) -> bool {
    let default = inner.split_once(":-").map(|(_, default)| default);
    let is_plain = !inner.is_empty() && !inner.contains(['{', '}', '"', '\'', '<', '>', '\n']);
    is_plain && default.is_none_or(is_harmless)
}

/// Returns whether a value is plain words, such as `aws_iam` or `session-cookie`. For a name such as `auth`, which is
/// given to ways as often as to secrets.
pub(super) fn is_words(text: &str) -> bool {
    let mut pieces = text.split(|c: char| !c.is_ascii_alphanumeric());
    text.is_ascii() && pieces.all(is_word)
}

/// The longest word.
const LONGEST_WORD: usize = 24;

fn is_word(piece: &str) -> bool {
    let lower = piece.to_ascii_lowercase();
    let is_known = ["oauth2", "oauth1", "hs256", "rs256", "es256"].contains(&lower.as_str());
    let upper = piece.chars().filter(char::is_ascii_uppercase).count();
    let is_cased = upper == piece.len() || upper * 3 <= piece.len() + 2;
    let is_plain = piece.chars().all(|c| c.is_ascii_alphabetic()) && is_cased;
    let version = lower.strip_prefix('v').unwrap_or(&lower);
    let is_number = version.len() <= 4 && version.chars().all(|c| c.is_ascii_digit());
    piece.len() <= LONGEST_WORD && (is_known || is_plain || is_number)
}
