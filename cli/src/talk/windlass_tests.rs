//! Tests of how an answer of the API is read: as its body, or as the failure that it means.

use super::*;
use serde_json::json;

fn exit(status: u16, body: Value) -> Exit {
    accepted(ApiAnswer { status, body }).unwrap_err().exit
}

#[test]
fn a_refusal_is_no_failure_of_windlass_and_is_called_by_the_names_of_its_findings() {
    let (unknown, refused) = ("Windlass does not know it:", "Windlass refused it:");
    for (status, names, message, ends) in [
        (404, &["UnknownName"][..], unknown, Exit::Rejected),
        (404, &["NoDeclaration"], unknown, Exit::Rejected),
        (400, &["UnknownName"], unknown, Exit::Rejected),
        (404, &["VersionReused"], refused, Exit::Rejected),
        (409, &["VersionReused"], refused, Exit::Rejected),
        (404, &["NoEnvironment"], refused, Exit::Rejected),
        (400, &["BadValue"], refused, Exit::Rejected),
        (404, &["UnknownName", "VersionReused"], "Windlass refused it, 2 findings:", Exit::Rejected),
        (409, &["Held"], "Windlass did not let it through:", Exit::Held),
    ] {
        let finding = |name: &&str| json!({"name": name, "path": "p", "reason": "r", "remedy": "m"});
        let findings: Vec<Value> = names.iter().map(finding).collect();
        let body = json!({"detail": "d", "findings": findings});
        let failure = accepted(ApiAnswer { status, body }).unwrap_err();
        assert_eq!((failure.message.as_str(), failure.exit), (message, ends), "{status} {names:?}");
    }
}

#[test]
fn an_address_that_leads_to_something_else_is_reported_with_what_to_give() {
    let nothing = Value::Null;
    for (status, body) in [
        (404, json!({"message": "Unknown path"})),
        (404, nothing.clone()),
        (200, nothing.clone()),
        (200, json!([])),
        (302, nothing.clone()),
        (405, json!({})),
        (500, nothing.clone()),
        (502, nothing),
    ] {
        let failure = accepted(ApiAnswer { status, body }).unwrap_err();
        assert_eq!((failure.name, failure.exit), (Some(TroubleName::NotAWindlass), Exit::Unreachable), "{status}");
        let message = failure.message;
        assert!(message.contains("`ApiUrl`"), "{message}");
        assert!(message.contains("`windlass doctor`"), "{message}");
        assert_eq!(failure.passes, status == 502);
    }
}

#[test]
fn credentials_that_are_not_good_are_no_missing_right() {
    for (said, next) in [
        ("The security token included in the request is expired", "Sign in again"),
        ("The security token included in the request is invalid.", "AWS_PROFILE"),
        ("Signature expired: 20200101T000000Z is now earlier than", "the clock"),
        ("The request signature we calculated does not match the signature you provided.", "AWS_SECRET_ACCESS_KEY"),
        ("Credential should be scoped to a valid region.", "set AWS_REGION"),
        ("Forbidden", "`execute-api:Invoke`"),
    ] {
        let body = json!({"message": said});
        let failure = accepted(ApiAnswer { status: 403, body }).unwrap_err();
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.message.contains(next), "{}", failure.message);
        assert_eq!(failure.is_everywhere, said != "Forbidden", "{said}");
    }
}

#[test]
fn whether_it_may_have_been_done_is_known_by_the_call_and_not_by_the_words() {
    let nonsense = "answered 429: the name cannot be resolved (Connect)";
    let answered = |status, body| accepted(ApiAnswer { status, body }).unwrap_err();
    let fault = |name, fact: Option<Fact>| Failure::from(Fault::new(name, nonsense).with_fact(fact));
    for (failure, may) in [
        (answered(504, json!({"message": nonsense})), true),
        (answered(502, Value::Null), true),
        (answered(429, json!({"message": "x"})), false),
        (answered(429, Value::Null), false),
        (answered(403, json!({"message": "x"})), false),
        (fault(FaultName::Unavailable, None), true),
        (fault(FaultName::Unavailable, Some(Fact::NotTaken)), false),
        (fault(FaultName::Unavailable, Some(Fact::Unconnected("http://a.example/".into()))), false),
        (fault(FaultName::AccessDenied, Some(Fact::NoCredentials)), false),
    ] {
        let said = perhaps_done(failure, &["apps", "shop", "environments", "prod", "hold"]).message;
        assert_eq!(
            said.ends_with("It may have been done all the same: `windlass status shop prod` shows it"),
            may,
            "{said}"
        );
    }
}

#[test]
fn who_is_not_let_in_did_not_reach_it() {
    assert_eq!(exit(403, json!({"message": "Forbidden"})), Exit::Unreachable);
    assert_eq!(exit(404, json!({"message": "Not Found"})), Exit::Unreachable);
    assert_eq!(exit(503, json!({"detail": "x", "findings": []})), Exit::Unreachable);
    assert_eq!(exit(500, json!({"detail": "x", "findings": []})), Exit::Broken);
    assert_eq!(exit(400, json!({"message": "Bad Request"})), Exit::Broken);
}
