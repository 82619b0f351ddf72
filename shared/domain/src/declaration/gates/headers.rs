//! The headers that a probe sends. None may be a secret: the declaration is kept, and told, as it is (rule 10).

use crate::declaration::aws_name::Form;
use crate::declaration::scope::Scope;
use crate::declaration::text::Text;
use crate::finding::FindingName;
use crate::secret;
use crate::shape::join;
use std::collections::BTreeMap;

/// The headers by which callers say who they are (RFC 9110, sections 11.6.2 and 11.7.2; RFC 6265, section 4.2).
const CREDENTIALS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

/// The headers that belong to the connection, or that the client sets (RFC 9110, sections 7.2, 7.6 and 8.6).
const OF_THE_CLIENT: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// A value that can be sent as it is, and that a rule of a listener can be about (RFC 9110, section 5.5).
const VALUE: Form = Form {
    accepts: |text| {
        let is_plain = text.chars().all(|c| (' '..='~').contains(&c));
        is_plain && (1..=256).contains(&text.len()) && text.trim() == text
    },
    words: "the value of a header: 1 to 256 plain characters, without blanks at its ends",
};

/// Resolves the headers in the environment, and notes in the scope what is wrong with them.
pub(super) fn resolve(scope: &mut Scope<'_>, path: &str, written: &BTreeMap<String, Text>) -> BTreeMap<String, String> {
    let each = written.iter().filter_map(|(name, value)| {
        let at = join(path, name);
        let is_well = check(scope, &at, name);
        is_well.then(|| (name.to_ascii_lowercase(), scope.text(&at, value, &VALUE)))
    });
    each.collect()
}

/// Returns whether a header of this name may be sent; notes it in the scope if it may not.
fn check(scope: &mut Scope<'_>, at: &str, name: &str) -> bool {
    let before = scope.findings.len();
    let lower = name.to_ascii_lowercase();
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if CREDENTIALS.contains(&lower.as_str()) || secret::names_a_credential(name) {
        scope.find(
            FindingName::SecretInInput,
            at,
            "A header of this name says who asks, and its value is a secret.",
            "Leave it out. Let the listener's rule look for a header that is no secret, such as `x-shop-test: new`, and let only the network of Windlass reach it.",
        );
    } else if OF_THE_CLIENT.contains(&lower.as_str()) {
        scope.find(
            FindingName::BadValue,
            at,
            "The client itself sets this header.",
            "Leave it out, or let the listener's rule look for a header of your own, such as `x-shop-test: new`.",
        );
    } else if !(1..=64).contains(&name.len()) || !name.chars().all(is_token) {
        scope.find(
            FindingName::BadValue,
            at,
            "This is not the name of a header.",
            "Write a name such as `x-shop-test`: 1 to 64 letters, digits and hyphens.",
        );
    }
    before == scope.findings.len()
}
