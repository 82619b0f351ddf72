//! The rules of access files on where releases come from: who promotes by itself, and what is wrong with a rule.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use windlass_domain::access::{AccessFile, AccessRight, Allowed, Asked, Rules};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::{Request, Requester, Route};
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Span;

fn app() -> AppName {
    AppName::new("shop").unwrap()
}

fn environment(name: &str) -> EnvironmentName {
    EnvironmentName::new(name).unwrap()
}

/// The rules of `prod` with this member.
fn rules(member: &str) -> Rules {
    let text = format!(
        "app: shop\nversion: 4\nenvironments:\n  staging: {{release: [s3]}}\n  prod: {{release: [console], \
         operate: [], roll_back: [console]{member}}}\n"
    );
    Rules::of(Some(AccessFile::read(&text, &app(), None).unwrap().0), None)
}

/// Returns the paths of what is wrong with a file of these environments.
fn wrong(environments: &str) -> Vec<String> {
    let part = AccessFile::read(&format!("app: shop\nversion: 5\nenvironments:\n{environments}"), &app(), None);
    part.unwrap_err().findings().into_iter().map(|finding| finding.path).collect()
}

/// No right gives Windlass a release: only the rule that promotes by itself does.
#[test]
fn windlass_releases_only_where_the_file_promotes_by_itself() {
    let (app, staging, prod) = (app(), environment("staging"), environment("prod"));
    let windlass = Requester::new(Route::Windlass, None);
    let by_hand = ", from: {environment: staging, live_for: 2h}";
    let by_itself = ", from: {environment: staging, live_for: 2h, promote: automatic}";
    for (member, is_named, is_automatic) in [("", false, false), (by_hand, true, false), (by_itself, true, true)] {
        let rules = rules(member);
        let decide = |right, at| rules.decide(&Asked::for_right(right, &windlass, EnvironmentId::new(&app, at)), None);
        assert_eq!(decide(AccessRight::Release, &prod) == Ok(Allowed::Goes), is_automatic, "{member}");
        assert!(decide(AccessRight::Release, &staging).is_err(), "{member}");
        assert!(decide(AccessRight::Operate, &prod).is_err(), "a wish: {member}");
        let source = rules.promotes_from(&prod);
        assert_eq!(source.is_some(), is_named, "{member}");
        assert!(source.is_none_or(|source| source.live_for == Span::seconds(7200)));
        let onwards: Vec<&EnvironmentName> = rules.promoted_by_itself(&staging).map(|(name, _)| name).collect();
        assert_eq!(onwards, if is_automatic { vec![&prod] } else { vec![] }, "{member}");
        assert_eq!(rules.promoted_by_itself(&prod).count(), 0);
    }
}

#[test]
fn an_environment_promotes_from_another_one_and_waits_for_a_bounded_time() {
    let both = wrong("  prod: {from: {environment: prod, live_for: 721h}}\n");
    assert_eq!(both, ["environments.prod.from.environment", "environments.prod.from.live_for"]);
    assert!(!wrong("  prod: {from: {environment: staging, promote: always}}\n").is_empty());
    let many = |number: u32| -> String {
        let each = |i| format!("  e{i}: {{from: {{environment: staging, promote: automatic}}}}\n");
        (0..number).map(each).collect::<Vec<_>>().concat()
    };
    assert_eq!(wrong(&many(21)), ["environments"]);
    let text = format!("app: shop\nversion: 5\nenvironments:\n{}", many(20));
    assert!(AccessFile::read(&text, &app(), None).is_ok());
}

#[test]
fn a_request_to_promote_names_both_environments_and_nothing_else_to_deploy() {
    let table = [
        (json!({"environment": "prod", "from": "staging"}), None),
        (json!({"environment": "prod", "from": "staging", "snapshot": 12}), None),
        (json!({"from": "staging"}), Some((FindingName::MissingField, "environment"))),
        (json!({"environment": "prod", "from": "prod"}), Some((FindingName::BadValue, "from"))),
        (json!({"environment": "prod", "from": "staging", "version": "1.4.0"}), Some((FindingName::Duplicate, "from"))),
        (
            json!({"environment": "prod", "version": "1.4.0", "snapshot": 12}),
            Some((FindingName::UnknownField, "snapshot")),
        ),
    ];
    for (mut request, wrong) in table {
        request["action"] = json!("deploy");
        request["app"] = json!("shop");
        let found = Request::parse(&request).err().unwrap_or_default();
        let found: Vec<(FindingName, &str)> = found.iter().map(|it| (it.name, it.path.as_str())).collect();
        assert_eq!(found, wrong.into_iter().collect::<Vec<_>>(), "{request}");
    }
}
