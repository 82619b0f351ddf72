//! Checks the parameters of a query and the members of a body against those that a path knows. An unknown one is
//! refused, because to ignore it would answer another question than the caller's.

use super::call::{ApiCall, Path};
use crate::ports::Query;
use serde_json::{Map, Value};
use windlass_domain::document::shape::objection::{did_you_mean, nearest};
use windlass_domain::release::way_in::WayIn;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::EnvironmentName;

/// The number of items of a page: without `limit`, and at most.
const PAGE: u32 = 20;
const LARGEST_PAGE: u64 = 100;

/// The most days that `days` takes: of the window whose figures are shown.
const LARGEST_DAYS: u64 = 366;

/// The parameter that names whose words the answer uses for what to do next. Every path knows it.
const WORDS: &str = "words";

/// Returns everything that is wrong with the query of a call whose path knows these parameters.
pub fn findings(call: &ApiCall, known: &[&str]) -> Vec<Finding> {
    let known: Vec<String> = known.iter().chain(&[WORDS]).map(ToString::to_string).collect();
    let each = call.query.iter();
    each.filter_map(
        |(name, value)| {
            if known.contains(name) { bad_value(name, value) } else { Some(unknown(name, &known)) }
        },
    )
    .collect()
}

fn unknown(name: &str, known: &[String]) -> Finding {
    Finding::new(
        FindingName::UnknownField,
        format!("?{name}"),
        format!("`{name}` is no parameter of this path's query."),
        did_you_mean(name, known),
    )
    .meaning(nearest(name, known))
}

fn bad_value(name: &str, value: &str) -> Option<Finding> {
    let number_to = |most: u64| {
        let good = value.parse::<u64>().is_ok_and(|number| (1..=most).contains(&number));
        (good, format!("a number from 1 to {most}"))
    };
    let (good, form) = match name {
        "limit" => number_to(LARGEST_PAGE),
        "days" => number_to(LARGEST_DAYS),
        "environment" => (EnvironmentName::new(value).is_ok(), "an environment's name, such as `prod`".to_owned()),
        "observe" => (matches!(value, "true" | "false"), "`true` or `false`".to_owned()),
        WORDS => {
            let ways = WayIn::ALL.map(|way| format!("`{way}`"));
            (value.parse::<WayIn>().is_ok(), ways.join(" or "))
        }
        _ => (true, String::new()),
    };
    (!good).then(|| {
        Finding::bad_value(
            format!("?{name}"),
            format!("`{value}` is not what `{name}` takes."),
            format!("Write {form}."),
        )
    })
}

/// Returns the finding that `after` is no place in this list. Only the ledger knows what such a text looks like.
pub fn no_cursor() -> Finding {
    Finding::bad_value(
        "?after",
        "`after` is not a `next` that this list has given.",
        "Write the `next` of the page before as it is, or leave `after` out for the first page.",
    )
}

/// Returns the way in whose words the answer is: that of a caller of the API if the query does not say it.
pub fn way(call: &ApiCall) -> WayIn {
    call.query.get(WORDS).and_then(|words| words.parse().ok()).unwrap_or(WayIn::Http)
}

/// Returns the query of a page, newest first, that begins where the call says.
pub fn page(call: &ApiCall, pk: String, sk_prefix: &str) -> Query {
    let limit = call.query.get("limit").and_then(|text| text.parse().ok());
    Query {
        pk,
        sk_prefix: sk_prefix.to_owned(),
        descending: true,
        limit: limit.unwrap_or(PAGE),
        after: call.query.get("after").cloned(),
    }
}

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
        Finding::bad_value(
            KEY.1,
            format!("it is not 1 to {LONGEST_KEY} printable ASCII characters."),
            "Send another key, such as the id of the CI run.",
        )
    })
}

fn not_known(name: &str, known: &[&str]) -> Finding {
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    let (meant, remedy) = if name == KEY.0 {
        (None, format!("Send it as the header `{}`, and leave it out of the body.", KEY.1))
    } else {
        (nearest(name, &known), did_you_mean(name, &known))
    };
    Finding::new(
        FindingName::UnknownField,
        if name.is_empty() { "the body" } else { name },
        format!("`{name}` is not a field here."),
        remedy,
    )
    .meaning(meant)
}

fn named_twice(member: &str, value: &str) -> Finding {
    Finding::bad_value(
        member,
        format!("the call names {member}, `{value}`, and the body names one as well."),
        format!("Leave `{member}` out of the body: the call decides."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(query: &[(&str, &str)]) -> Vec<String> {
        let query = query.iter();
        let call = ApiCall {
            query: query.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..ApiCall::default()
        };
        findings(&call, &["limit", "after", "environment", "observe"])
            .iter()
            .map(|one| format!("{} {}", one.name, one.path))
            .collect()
    }

    #[test]
    fn a_query_says_only_what_its_path_knows_in_the_form_that_it_has() {
        assert_eq!(rendered(&[]), [""; 0]);
        for good in [
            ("limit", "1"),
            ("limit", "100"),
            ("after", "anything"),
            ("environment", "prod"),
            ("observe", "false"),
            ("words", "command_line"),
        ] {
            assert_eq!(rendered(&[good]), [""; 0], "{good:?}");
        }
        for bad in [
            ("limit", "0"),
            ("limit", "101"),
            ("limit", "-1"),
            ("limit", "ten"),
            ("limit", ""),
            ("environment", "Prod!"),
            ("environment", ""),
            ("observe", "yes"),
            ("words", "morse"),
        ] {
            assert_eq!(rendered(&[bad]), [format!("BadValue ?{}", bad.0)], "{bad:?}");
        }
        assert_eq!(
            rendered(&[("limti", "1"), ("limit", "0"), ("verbose", "")]),
            ["BadValue ?limit", "UnknownField ?limti", "UnknownField ?verbose"]
        );
    }
}
