//! The table of the API's routes against the template, whose managed policies let their callers call some of them, and
//! against the page of the API.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_contract::{names_of, template};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::api_routes::{ApiRoute, CI, ROUTES, Right, RouteName};

/// The outputs of the stack that name a policy, each with the policy that is meant.
const OUTPUTS: [(&str, &str); 5] = [
    ("CiPolicyArn", "CiOfEnvironment"),
    ("PlanPolicyArn", "PlansOfApplication"),
    ("OperatorPolicyArn", "OperatorOfEnvironment"),
    ("ApproverPolicyArn", "ApproverOfEnvironment"),
    ("ReaderPolicyArn", "Reader"),
];

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

/// Returns the path of a route for shop/prod; what is moved goes to bank/live.
fn path(route: &ApiRoute) -> String {
    let names = json!({"app": "shop", "environment": "prod", "to_app": "bank", "to_environment": "live",
        "id": "0123456789abcdef", "version": "1.4.0"});
    route.path(names.as_object().expect("names")).expect("all names")
}

/// Returns whether a policy gives a role of shop/prod the right that a route needs.
fn wanted(policy: &str, route: &ApiRoute) -> bool {
    let is_of_the_app = route.pattern.starts_with("/apps/{app}/");
    match (policy, route.right) {
        (_, Right::Own) => false,
        ("Reader", right) => matches!(right, Right::See | Right::Plan),
        (_, Right::See) => is_of_the_app,
        ("PlansOfApplication", right) => right == Right::Plan,
        ("CiOfEnvironment", right) => matches!(right, Right::Plan | Right::Release),
        ("ApproverOfEnvironment", right) => right == Right::Approve,
        ("OperatorOfEnvironment", _) => true,
        (other, _) => panic!("which rights does {other} give?"),
    }
}

#[test]
fn each_policy_lets_the_routes_that_need_its_rights_and_no_others() {
    let template = template();
    let mut of_operators = 0;
    for (_, policy) in OUTPUTS {
        let patterns = patterns(&template, policy);
        for route in ROUTES {
            let path = path(route);
            let call = format!("$default/{}{path}", route.method);
            let may = patterns.iter().any(|pattern| matches(pattern, &call));
            assert_eq!(may, wanted(policy, route), "{policy}: {} {path}", route.method);
            // A star of IAM takes slashes as well: no policy takes a path for its method and path.
            let inner = call.replacen("POST/", "POST/apps/GET/", 1);
            let spans = patterns.iter().any(|pattern| matches(pattern, &inner));
            assert!(may || !spans, "{policy}: {inner}");
            of_operators += usize::from(may && policy == "OperatorOfEnvironment" && route.right == Right::Operate);
        }
    }
    assert!(of_operators > 8, "{of_operators}");
}

/// The template, the page and the dispatcher of the API each name every route.
#[test]
fn template_and_page_have_the_routes_of_the_table() {
    let table: BTreeSet<String> = ROUTES.iter().map(|route| format!("{} {}", route.method, route.pattern)).collect();
    let template = template();
    let resources = template["Resources"].as_object().expect("resources").values();
    let resources = resources.filter(|resource| resource["Type"] == "AWS::ApiGatewayV2::Route");
    let resources = resources.map(|resource| &resource["Properties"]);
    let (of_jobs, resources): (Vec<&Value>, Vec<&Value>) =
        resources.partition(|route| route["AuthorizationType"] == "JWT");
    let of_jobs: Vec<&str> = of_jobs.iter().filter_map(|route| route["RouteKey"].as_str()).collect();
    assert_eq!(of_jobs, [format!("ANY {CI}/{{proxy+}}")], "what shows a token is no route of IAM's");
    let keys: Vec<&str> = resources.iter().filter_map(|route| route["RouteKey"].as_str()).collect();
    assert_eq!((keys.len(), resources.len()), (table.len(), table.len()));
    let is_authorized = |route: &&Value| route["AuthorizationType"] == "AWS_IAM";
    assert!(resources.iter().all(is_authorized), "{resources:?}");
    let keys: BTreeSet<String> = keys.into_iter().map(str::to_owned).collect();
    assert_eq!(keys, table, "left is template.yaml, right is ROUTES");
    let page = include_str!("../../../docs/API.md");
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let methods = ["GET ", "POST ", "PUT ", "DELETE "];
    let cells = cells.map(|(cell, _)| cell).filter(|cell| methods.iter().any(|method| cell.starts_with(method)));
    let documented: BTreeSet<String> = cells.map(str::to_owned).collect();
    assert_eq!(documented, table, "left is docs/API.md, right is ROUTES");
    for word in ROUTES.iter().flat_map(|route| route.query.iter().chain(route.body)) {
        let is_named = page.contains(&format!("`{word}`")) || page.contains(&format!("?{word}="));
        assert!(is_named, "docs/API.md should name `{word}`");
    }
}

/// What any job of the issuer reaches is authorized by its token alone, and throttled by itself. Without an issuer it
/// is not there.
#[test]
fn the_route_of_ci_jobs_checks_issuer_and_audience_and_is_throttled() {
    let template = template();
    let of = |name: &str| &template["Resources"][name]["Properties"];
    assert_eq!(of("CiRoute")["AuthorizerId"], "CiAuthorizer");
    let checked = &of("CiAuthorizer")["JwtConfiguration"];
    assert_eq!(checked["Issuer"], "CiIssuer");
    let audience = checked["Audience"].as_array().expect("audiences");
    assert_eq!(audience.as_slice(), [template["Outputs"]["ApiUrl"]["Value"].clone()]);
    let route = format!("ANY {CI}/{{proxy+}}");
    let settings = json!({route: {"ThrottlingBurstLimit": "CiThrottle", "ThrottlingRateLimit": "CiThrottle"}});
    assert_eq!(of("ApiStage")["RouteSettings"], json!(["HasCiIssuer", settings, "AWS::NoValue"]));
    let after_it = of("ApiStage")["Description"][1].as_str().expect("a text");
    assert!(after_it.contains("${CiRoute}"), "the stage is made after the route: {after_it}");
    for name in ["CiRoute", "CiAuthorizer"] {
        assert_eq!(template["Resources"][name]["Condition"], "HasCiIssuer", "{name}");
    }
    assert_eq!(template["Conditions"]["HasCiIssuer"], json!([["CiIssuer", ""]]));
    let default = template["Parameters"]["CiThrottle"]["Default"].as_u64().expect("a number");
    let all = of("ApiStage")["DefaultRouteSettings"]["ThrottlingRateLimit"].as_u64().expect("a number");
    assert!(default < all, "strangers leave room for everybody else: {default} of {all}");
}

/// A deployment and a check are asked for by a manifest's routes.
#[test]
fn every_other_action_has_a_route() {
    for name in names_of::<ActionName>() {
        let action: ActionName = serde_json::from_value(name.into()).expect("an action");
        let starts = |route: &ApiRoute| [RouteName::Act(action), RouteName::ActOnApp(action)].contains(&route.name);
        let is_other = !matches!(action, ActionName::Deploy | ActionName::Check);
        assert_eq!(ROUTES.iter().any(starts), is_other, "{action}");
    }
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
