//! Checks the members of a body against those that a path knows. An unknown member gets a finding that names the known
//! ones, and is taken out, so that the findings on the rest are told beside it.

use serde_json::{Map, Value};
use windlass_domain::did_you_mean::did_you_mean;
use windlass_domain::finding::{Finding, FindingName};

/// The names that the path of a call gives already, each with its value.
pub type Path<'a> = [(&'static str, &'a str)];

/// Takes out the members that a path does not know, and returns the findings on them.
pub fn take_unknown(body: &mut Map<String, Value>, known: &[&str], path: &Path<'_>) -> Vec<Finding> {
    let said: Vec<String> = body.keys().cloned().collect();
    let unknown = said.iter().filter(|name| !known.contains(&name.as_str()));
    unknown
        .map(|name| {
            body.remove(name);
            let named = path.iter().find(|(member, _)| member == name);
            match named {
                Some((member, value)) => named_twice(member, value),
                None => not_known(name, known),
            }
        })
        .collect()
}

/// The key that names a call: as a member of a request, and as the header of a call.
const KEY: (&str, &str) = ("idempotency_key", "Idempotency-Key");

/// The most characters of a key that names a call.
const LONGEST_KEY: usize = 255;

/// Returns the finding that a call's key is none; `None` if it is one. It stands in records, and in the names that are
/// made of it.
pub fn bad_key(key: &str) -> Option<Finding> {
    let is_printable = key.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let is_key = is_printable && (1..=LONGEST_KEY).contains(&key.len());
    (!is_key).then(|| {
        Finding::new(
            FindingName::BadValue,
            KEY.1,
            format!("it is not 1 to {LONGEST_KEY} printable ASCII characters."),
            "Send another key, such as the id of the CI run.",
        )
    })
}

fn not_known(name: &str, known: &[&str]) -> Finding {
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    let remedy = if name == KEY.0 {
        format!("Send it as the header `{}`, and leave it out of the body.", KEY.1)
    } else {
        did_you_mean(name, &known)
    };
    Finding::new(
        FindingName::UnknownField,
        if name.is_empty() { "the body" } else { name },
        format!("`{name}` is not a field here."),
        remedy,
    )
}

fn named_twice(member: &str, value: &str) -> Finding {
    Finding::new(
        FindingName::BadValue,
        member,
        format!("the call names {member}, `{value}`, and the body names one as well."),
        format!("Leave `{member}` out of the body: the call decides."),
    )
}
