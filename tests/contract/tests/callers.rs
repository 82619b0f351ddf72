//! The managed policies of the template against its routes: which policy lets its caller call what.

#![allow(clippy::expect_used, reason = "a test may panic, and reads better")]

use serde_json::Value;
use std::collections::BTreeSet;
use windlass_contract::template;

/// The paths of a caller's own environment that one policy lets and no other; `*` is all of them.
const LETS: [(&str, &[&str]); 4] = [
    ("CiOfEnvironment", &["plans", "releases"]),
    ("PlansOfApplication", &["plans"]),
    ("OperatorOfEnvironment", &["*"]),
    ("Reader", &["plans"]),
];

const HERE: &str = "apps/shop/environments/prod";

/// Returns whether a pattern of IAM matches: `*` is any text, slashes included.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|left| {
            (0..=left.len()).any(|at| left.is_char_boundary(at) && matches(rest, &left[at..]))
        }),
    }
}

/// Returns the patterns of calls that a policy allows to a role of shop/prod, such as `*/GET/apps/shop/*`.
fn patterns(template: &Value, policy: &str) -> Vec<String> {
    let statements = &template["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"];
    let statements = statements.as_array().expect("statements").iter();
    let calls = statements.filter(|one| one["Action"] == "execute-api:Invoke");
    let named = calls.flat_map(|one| one["Resource"].as_array().expect("resources"));
    let filled = named.map(|arn| {
        let arn = arn["Fn::Sub"].as_str().or(arn.as_str()).expect("an ARN");
        let (_, path) = arn.split_once("${Api}/").expect("the API");
        path.replace("${!aws:PrincipalTag/windlass:app}", "shop")
            .replace("${!aws:PrincipalTag/windlass:environment}", "prod")
    });
    filled.collect()
}

/// Returns the routes that change something, as the path of shop/prod: `POST/apps/shop/environments/prod/releases`.
fn changing(template: &Value) -> BTreeSet<String> {
    let resources = template["Resources"].as_object().expect("resources");
    let keys = resources
        .values()
        .filter_map(|one| one["Properties"]["RouteKey"].as_str());
    keys.filter(|key| !key.starts_with("GET "))
        .map(|key| {
            key.replace(' ', "")
                .replace("{app}", "shop")
                .replace("{environment}", "prod")
                .replace("{id}", "0123456789abcdef")
        })
        .collect()
}

#[test]
fn each_policy_lets_its_own_routes_and_a_route_of_wishes_is_for_operators_alone() {
    let template = template();
    let routes = changing(&template);
    assert!(routes.contains(&format!("POST/{HERE}/starts")));
    let mut of_operators = 0;
    for (policy, lets) in LETS {
        let patterns = patterns(&template, policy);
        for route in &routes {
            let here = route.split_once(&format!("/{HERE}/"));
            let wanted = here.is_some_and(|(_, path)| lets.contains(&"*") || lets.contains(&path));
            let call = format!("$default/{route}");
            let may = patterns.iter().any(|pattern| matches(pattern, &call));
            assert_eq!(may, wanted, "{policy}: {route}");
            of_operators += usize::from(may && policy == "OperatorOfEnvironment");
        }
    }
    assert!(of_operators > 8, "{of_operators}");
}

/// An output that is attached in the place of another would let its caller call the other's routes.
#[test]
fn each_output_names_the_policy_that_is_meant() {
    let template = template();
    for (output, policy) in [
        ("CiPolicyArn", "CiOfEnvironment"),
        ("PlanPolicyArn", "PlansOfApplication"),
        ("OperatorPolicyArn", "OperatorOfEnvironment"),
        ("ReaderPolicyArn", "Reader"),
    ] {
        let value = &template["Outputs"][output]["Value"];
        let named = value["Ref"].as_str().or(value.as_str());
        assert_eq!(named, Some(policy), "{output}");
    }
}
