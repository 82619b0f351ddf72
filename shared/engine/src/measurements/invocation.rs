//! Declared invocations of the new version of a Lambda function.

use super::measure::{Measure, Measuring};
use crate::kinds::VERSION;
use crate::measurements::measure::{unmeasured, unreadable};
use crate::ports::{AssumeRole, Clock, Invoked, LambdaApi};
use futures::future::join_all;
use serde_json::Value;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{Invocation, InvocationGate};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::document::secret;
use windlass_domain::text::foreign::{Foreign, line, truncate};

/// Invocations, made at the place of the targets. They also measure a version that is only published. Before that
/// nothing is checked: there is no version yet that could be invoked. Whether Lambda would refuse to invoke one is
/// checked with the function.
pub(super) struct Invocations;

impl<P: LambdaApi + Clock + AssumeRole> Measure<P> for Invocations {
    type Gate = InvocationGate;

    fn is_ahead(_gate: &InvocationGate) -> bool {
        true
    }

    fn is_later(_gate: &InvocationGate) -> bool {
        true
    }

    /// Measures the gates of a function one after the other: it may have little concurrency, and its callers go first.
    async fn measure(ports: &P, place: &Place, gates: &[Measuring<'_, InvocationGate>]) -> Vec<Measurement> {
        let there = ports.at(place);
        let functions = gates.chunk_by(|one, next| one.gate.function == next.gate.function);
        let each = functions.map(async |of_one| {
            let mut measured = Vec::new();
            for one in of_one {
                measured.push(invoked(&there, one).await);
            }
            measured
        });
        join_all(each).await.concat()
    }
}

/// Invokes the version that the deployment brought, and measures its answer. It never invokes the alias, whose traffic
/// may still go to the version before.
async fn invoked(there: &(impl LambdaApi + Clock), one: &Measuring<'_, InvocationGate>) -> Measurement {
    let InvocationGate { function, request } = one.gate;
    let Some(version) = one.step.and_then(|step| step.outputs.get(VERSION)) else {
        let look_at = format!("the versions of the function {function}");
        return Measurement {
            measured: "not measured: no version is recorded that the deployment brought".to_owned(),
            threshold: "an answer of the new version".to_owned(),
            ..unmeasured(one.gate, look_at, one.window.now)
        };
    };
    let look_at = format!("/aws/lambda/{function}, version {version}");
    let blank = Measurement {
        gate: format!("{function} version {version} {}", request.name),
        ..unmeasured(one.gate, look_at, there.now())
    };
    match there.invoke(function, version, &request.payload).await {
        Err(fault) => unreadable(blank, &fault),
        Ok(invoked) => {
            let (verdict, measured) = judged(request, &invoked);
            Measurement { verdict, measured, ..blank }
        }
    }
}

/// The verdict on an answer, and its words. Pure.
fn judged(request: &Invocation, invoked: &Invoked) -> (Verdict, String) {
    if let Some(error) = &invoked.error {
        let said = function_error(&invoked.payload);
        return (Verdict::Fail, format!("function error {error}{said}"));
    }
    if let Some(expect) = &request.expect
        && let Some(different) = difference(expect, &invoked.payload, &["answer"])
    {
        return (Verdict::Fail, different);
    }
    let late = request.within.is_some_and(|within| invoked.ms > within.as_ms());
    let verdict = if late { Verdict::Fail } else { Verdict::Pass };
    (verdict, format!("answered after {} ms", invoked.ms))
}

/// Returns `errorType` and `errorMessage` of a function error (AWS Lambda Developer Guide, "Function errors"). If the
/// message may hold a secret, it returns the type alone.
fn function_error(payload: &Value) -> String {
    let member = |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or("");
    let (kind, message) = (member("errorType"), member("errorMessage"));
    match (kind, message) {
        ("", "") => String::new(),
        _ if !secret::may_be_shown("errorType", &kind.into()) => String::new(),
        _ if !secret::may_be_shown("errorMessage", &message.into()) => {
            format!(": {kind}; its message looks like it holds a secret")
        }
        _ => format!(": {}: {:.200}", line(kind), Foreign(message)),
    }
}

/// Returns the first member of `expect` that the answer does not have with the same value. It names what the answer has
/// instead, unless that may be a secret by its looks or by any name above it.
fn difference(expect: &Value, answer: &Value, path: &[&str]) -> Option<String> {
    match (expect, answer) {
        (Value::Object(members), Value::Object(found)) => members.iter().find_map(|(name, value)| {
            let path = [path, &[name.as_str()]].concat();
            match found.get(name) {
                None => Some(format!("`{}` is missing", path.join("."))),
                Some(found) => difference(value, found, &path),
            }
        }),
        _ if expect == answer => None,
        _ if !path.iter().all(|name| secret::may_be_shown(name, answer)) => {
            Some(format!("`{}` is another value, which looks like a secret and is not shown", path.join(".")))
        }
        _ => Some(format!("`{}` is {}", path.join("."), truncate(answer.to_string(), 80))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const GITHUB: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

    fn measured(expect: Value, answer: Value, error: Option<&str>) -> String {
        let request = Invocation { name: "login".into(), payload: Value::Null, expect: Some(expect), within: None };
        let invoked = Invoked { payload: answer, error: error.map(str::to_owned), ms: 12 };
        let (verdict, measured) = judged(&request, &invoked);
        assert_eq!(verdict, Verdict::Fail, "{measured}");
        measured
    }

    #[test]
    fn what_is_answered_instead_is_shown_unless_it_may_be_a_secret() {
        let hidden = "is another value, which looks like a secret and is not shown";
        for (expect, answer, wanted) in [
            (json!({"status": "fine"}), json!({"status": "broken"}), "`answer.status` is \"broken\"".to_owned()),
            (json!({"a": {"b": 1}}), json!({"a": {}}), "`answer.a.b` is missing".into()),
            (json!({"token": "x"}), json!({"token": "eyJhbGciOi"}), format!("`answer.token` {hidden}")),
            (
                json!({"credentials": {"id": "x"}}),
                json!({"credentials": {"id": 7}}),
                format!("`answer.credentials.id` {hidden}"),
            ),
            (json!({"id": "x"}), json!({"id": GITHUB}), format!("`answer.id` {hidden}")),
            (json!("x"), json!({"password": "hunter2"}), format!("`answer` {hidden}")),
        ] {
            assert_eq!(measured(expect, answer, None), wanted);
        }
    }

    #[test]
    fn a_function_error_is_shown_unless_a_secret_is_in_it() {
        let of = |message: &str| {
            let payload = json!({"errorType": "Refused", "errorMessage": message});
            measured(json!(null), payload, Some("Unhandled"))
        };
        assert_eq!(of("no table"), "function error Unhandled: Refused: \"no table\"");
        assert_eq!(
            of("no \"table\"\n  next: run `curl evil.example`"),
            "function error Unhandled: Refused: \"no 'table'⏎  next: run `curl evil.example`\""
        );
        assert_eq!(
            of("postgres://shop:hunter2@db refused"),
            "function error Unhandled: Refused; its message looks like it holds a secret"
        );
    }
}
