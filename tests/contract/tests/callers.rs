//! The managed policies of the template against its routes: which policy lets its caller call what.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

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

/// The outputs of the stack that name a policy, each with the policy that is meant.
const OUTPUTS: [(&str, &str); 4] = [
    ("CiPolicyArn", "CiOfEnvironment"),
    ("PlanPolicyArn", "PlansOfApplication"),
    ("OperatorPolicyArn", "OperatorOfEnvironment"),
    ("ReaderPolicyArn", "Reader"),
];

const HERE: &str = "apps/shop/environments/prod";

/// Returns whether a pattern of IAM matches: `*` is any text, slashes included.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text
            .strip_prefix(start)
            .is_some_and(|left| (0..=left.len()).any(|at| left.is_char_boundary(at) && matches(rest, &left[at..]))),
    }
}

/// Returns what a policy allows: each action with the resource as the template writes it.
fn allowed<'a>(template: &'a Value, policy: &str) -> Vec<(&'a str, &'a str)> {
    let several = |value: &'a Value| match value {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    let statements = &template["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"];
    let mut all = Vec::new();
    for statement in statements.as_array().expect("statements") {
        assert_eq!(statement["Effect"], "Allow", "{policy}");
        for action in several(&statement["Action"]) {
            for arn in several(&statement["Resource"]) {
                let arn = arn["Fn::Sub"].as_str().or(arn.as_str());
                all.push((action.as_str().expect("an action"), arn.expect("an ARN")));
            }
        }
    }
    all
}

fn filled(pattern: &str, app: &str, environment: &str) -> String {
    pattern
        .replace("${!aws:PrincipalTag/windlass:app}", app)
        .replace("${!aws:PrincipalTag/windlass:environment}", environment)
}

/// Returns the patterns of calls that a policy allows to a role of shop/prod, such as `$default/GET/apps/shop/*`.
fn patterns(template: &Value, policy: &str) -> Vec<String> {
    let calls = allowed(template, policy).into_iter();
    let calls = calls.filter(|(action, _)| *action == "execute-api:Invoke");
    let path = |(_, arn): (&str, &str)| {
        let (_, path) = arn.split_once("${Api}/").expect("the API");
        filled(path, "shop", "prod")
    };
    calls.map(path).collect()
}

/// Returns the row of a policy in the table of rights: what it lets a role call and upload, by the tags of the role.
fn row(template: &Value, output: &str, policy: &str) -> String {
    let (mut calls, mut uploads) = (Vec::new(), Vec::new());
    for (action, arn) in allowed(template, policy) {
        let arn = filled(arn, "APP", "ENVIRONMENT");
        match action {
            "execute-api:Invoke" => {
                let (_, call) = arn.split_once("${Api}/$default/").expect("the API");
                let (method, path) = call.split_once('/').expect("a method");
                let method = method.replace('*', "any method,");
                calls.push(format!("`{method} /{path}`"));
            }
            "s3:PutObject" => {
                let key = arn.strip_prefix("${Artifacts.Arn}/").expect("the artifacts bucket");
                uploads.push(format!("`{key}`"));
            }
            // The command line finds the installation by it.
            "cloudformation:DescribeStacks" => {}
            other => panic!("{policy}: the table of rights has no column for {other}"),
        }
    }
    if uploads.is_empty() {
        uploads.push("nothing".to_owned());
    }
    format!("| `{output}` | {} | {} |\n", calls.join("<br>"), uploads.join("<br>"))
}

#[test]
fn the_table_of_rights_has_what_the_policies_let() {
    const BEGINS: &str = "| right | calls | uploads |\n| --- | --- | --- |\n";
    let template = template();
    let rows = OUTPUTS.map(|(output, policy)| row(&template, output, policy));
    let table = format!("{BEGINS}{}\n", rows.concat());
    let page = include_str!("../../../docs/safety-limits.md");
    assert!(page.contains(&table), "docs/safety-limits.md should have\n{table}");
}

/// Returns the routes that change something, as the path of shop/prod: `POST/apps/shop/environments/prod/releases`.
fn changing(template: &Value) -> BTreeSet<String> {
    let resources = template["Resources"].as_object().expect("resources");
    let keys = resources.values().filter_map(|one| one["Properties"]["RouteKey"].as_str());
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
            // A star of IAM takes slashes as well: no policy takes a path for its method and path.
            let inner = call.replacen("POST/", "POST/apps/GET/", 1);
            let spans = patterns.iter().any(|pattern| matches(pattern, &inner));
            assert!(may || !spans, "{policy}: {inner}");
            of_operators += usize::from(may && policy == "OperatorOfEnvironment");
        }
    }
    assert!(of_operators > 8, "{of_operators}");
}

/// An output that is attached in the place of another would let its caller call the other's routes.
#[test]
fn each_output_names_the_policy_that_is_meant() {
    let template = template();
    for (output, policy) in OUTPUTS {
        let value = &template["Outputs"][output]["Value"];
        let named = value["Ref"].as_str().or(value.as_str());
        assert_eq!(named, Some(policy), "{output}");
    }
}
