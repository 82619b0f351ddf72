//! The members of a body that a path knows. What it does not know is told with those that it does, and taken out, so
//! that what is wrong with the rest is told beside it.

use serde_json::{Map, Value};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::meant::meant;

/// What the path of a call names already, each beside what it names there.
pub type Path<'a> = [(&'static str, &'a str)];

/// Takes out what a path does not know, and tells it.
pub fn take_unknown(
    body: &mut Map<String, Value>,
    known: &[&str],
    path: &Path<'_>,
) -> Vec<Finding> {
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

/// What names a call, as a member of a request, and the header that says it in a call.
const KEY: (&str, &str) = ("idempotency_key", "Idempotency-Key");

fn not_known(name: &str, known: &[&str]) -> Finding {
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    let remedy = if name == KEY.0 {
        format!(
            "Send it as the header `{}`, and leave it out of the body.",
            KEY.1
        )
    } else {
        meant(name, &known)
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
