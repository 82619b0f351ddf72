//! Declared invocations of the new version of a Lambda function.

use super::{shortened, unmeasured, unreadable};
use crate::ports::{Clock, Functions, Invoked};
use serde_json::Value;
use windlass_domain::declaration::resolved::Invocation;
use windlass_domain::gate::{Measurement, Verdict};

/// What is invoked.
#[derive(Debug, Clone, Copy)]
pub struct Invoke<'a> {
    /// The function's name.
    pub function: &'a str,
    /// The version, never an alias: its traffic may still go to the version before.
    pub version: &'a str,
    /// The request, and what it must answer.
    pub request: &'a Invocation,
}

/// Invokes the version and measures its answer.
pub async fn invocation<P: Functions + Clock>(ports: &P, invoke: Invoke<'_>) -> Measurement {
    let Invoke {
        function,
        version,
        request,
    } = invoke;
    let gate = format!("{function} version {version} {}", request.name);
    let blank = Measurement {
        threshold: threshold(request),
        look_at: format!("/aws/lambda/{function}, version {version}"),
        ..unmeasured("invocation", &gate, ports.now())
    };
    match ports.invoke(function, version, &request.payload).await {
        Err(fault) => unreadable(blank, &fault),
        Ok(invoked) => {
            let (verdict, measured) = judged(request, &invoked);
            Measurement {
                verdict,
                measured,
                ..blank
            }
        }
    }
}

fn threshold(request: &Invocation) -> String {
    let within = match request.within {
        Some(within) => format!(" within {within}"),
        None => String::new(),
    };
    match &request.expect {
        Some(expect) => format!("{}{within}", shortened(&expect.to_string(), 120)),
        None => format!("no function error{within}"),
    }
}

/// What an answer comes to. Pure.
fn judged(request: &Invocation, invoked: &Invoked) -> (Verdict, String) {
    if let Some(error) = &invoked.error {
        let told = function_error(&invoked.payload);
        return (Verdict::Fail, format!("function error {error}{told}"));
    }
    if let Some(expect) = &request.expect
        && let Some(different) = difference(expect, &invoked.payload, "answer")
    {
        return (Verdict::Fail, different);
    }
    let late = request
        .within
        .is_some_and(|within| invoked.ms > within.as_ms());
    let verdict = if late { Verdict::Fail } else { Verdict::Pass };
    (verdict, format!("answered after {} ms", invoked.ms))
}

/// `errorType` and `errorMessage` of a function error (AWS Lambda Developer Guide, "Function
/// errors").
fn function_error(payload: &Value) -> String {
    let member = |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or("");
    match (member("errorType"), member("errorMessage")) {
        ("", "") => String::new(),
        (kind, message) => format!(": {kind}: {}", shortened(message, 200)),
    }
}

/// The first member of `expect` that the answer does not have with the same value.
fn difference(expect: &Value, answer: &Value, path: &str) -> Option<String> {
    match (expect, answer) {
        (Value::Object(members), Value::Object(found)) => {
            members.iter().find_map(|(name, value)| {
                let path = format!("{path}.{name}");
                match found.get(name) {
                    None => Some(format!("`{path}` is missing")),
                    Some(found) => difference(value, found, &path),
                }
            })
        }
        _ if expect == answer => None,
        _ => Some(format!(
            "`{path}` is {}",
            shortened(&answer.to_string(), 80)
        )),
    }
}
