//! Requests with which a new version of a function may be tried before callers get it, as far as the files of a
//! repository show them. A `GET` that API Gateway or a function's URL sends changes nothing (RFC 9110, "Safe Methods").
//! Of a test event a person alone knows that. Pure.
//!
//! Status 200 is expected of a `GET`: otherwise an answer of 404 or 500 would pass, and the release would count as
//! verified good. A good version that answers something else fails loudly. A path that had to be made up is left out,
//! because it may fail a good version: one with a parameter, a route behind the prefix of a router, the first page of a
//! URL before code that routes by itself. So is one behind an authorizer or IAM: the code may rely on who asks.

use crate::init::pieces::handlers::{PACKAGES, is_of_tests, root_of};
use crate::init::pieces::piece::{Piece, PieceSort, Runs};
use crate::init::pieces::stacks;
use crate::init::repository::{Repository, file_of, folder_of, join};
use crate::init::sam_template::{SamTemplate, reference};
use serde_json::{Map, Value, json};

/// A request of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialRequest {
    /// Its name, for people.
    pub name: String,
    /// The event that the function gets.
    pub payload: Value,
    /// Members that the answer must have; `None` where only the author of the event knows them.
    pub expect: Option<Value>,
}

/// The form of an event that has a request of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// The form of a REST API, and of an HTTP API with the format 1.0.
    One,
    /// The form of an HTTP API with the format 2.0, and of a function's URL.
    Two,
}

/// The reason where no file says more.
const NOT_SEEN: &str = "no file shows a `GET` of API Gateway or of a function's URL";

/// The reason where code is asked only by those whom AWS knows: it may rely on who they are.
const GUARDED: &str = "callers of an API or URL pass an authorizer or IAM first";

/// The reason where code takes requests of HTTP apart itself, and answers at no path that is known.
const NO_ROUTE: &str = "its code has no `GET` whose whole path is known";

/// Returns a request of a piece that changes nothing: the `GET` that its files show, of several the one that asks for
/// its health, else the shortest.
///
/// # Errors
/// The reason why none is known.
pub fn known(piece: &Piece, all: &[Piece], repository: &Repository) -> Result<TrialRequest, String> {
    let text = repository.text(&piece.file);
    if piece.sort == PieceSort::Sam {
        return of_sam(piece, &SamTemplate::read(text).unwrap_or_default(), repository);
    }
    let of_code = of_python(&piece.folder, repository);
    if piece.sort == PieceSort::Cdk {
        if is_guarded_by_cdk(piece, repository) {
            return Err(GUARDED.to_owned());
        }
        return of_code.or_else(|| of_cdk(text).map(Ok)).unwrap_or_else(|| Err(NOT_SEEN.to_owned()));
    }
    let lines: Vec<&str> = repository.ending(".tf").flat_map(|(_, text)| text.lines()).collect();
    if lines.iter().any(|line| is_guarded_by_terraform(line)) {
        return Err(GUARDED.to_owned());
    }
    let why = match of_code {
        Some(Ok(request)) => return Ok(request),
        Some(Err(why)) => Some(why),
        None => None,
    };
    let is_only = all.iter().filter(|it| matches!(it.runs, Runs::Function { .. } | Runs::Undecided)).count() == 1;
    let found = is_only.then(|| of_terraform(&lines, why.is_none())).flatten();
    found.ok_or_else(|| why.unwrap_or_else(|| NOT_SEEN.to_owned()))
}

/// Returns the `GET` of an event of its own; else a route of its code, where an API or its URL sends it whatever that
/// gets; else the first page of its URL (AWS SAM Developer Guide, "AWS::Serverless::Function").
fn of_sam(piece: &Piece, read: &SamTemplate, repository: &Repository) -> Result<TrialRequest, String> {
    let (template, function) = (&read.value, read.properties(stacks::id(piece)));
    let events = function["Events"].as_object();
    let events: Vec<&Value> = events.into_iter().flat_map(Map::values).collect();
    let of_http = events.iter().copied().filter(|event| matches!(event["Type"].as_str(), Some("Api" | "HttpApi")));
    let (guarded, open): (Vec<&Value>, Vec<&Value>) = of_http.partition(|event| is_guarded_by_sam(event, template));
    let gets = open.iter().filter_map(|event| {
        let about = &event["Properties"];
        let is_one = about["PayloadFormatVersion"] == "1.0" || about["PayloadFormatVersion"] == 1.0;
        let format = if is_one || event["Type"] == "Api" { Format::One } else { Format::Two };
        let is_get = about["Method"].as_str()?.eq_ignore_ascii_case("get");
        is_get.then_some((format, about["Path"].as_str()?))
    });
    if let Some(request) = best(gets) {
        return Ok(request);
    }
    let url = &function["FunctionUrlConfig"];
    let has_url = url["AuthType"] == "NONE";
    let is_reached = has_url || (!open.is_empty() && guarded.is_empty());
    let code = join(&piece.folder, function["CodeUri"].as_str().unwrap_or_default());
    let routed = of_python(&code, repository).filter(|_| is_reached);
    if let Some(found) = routed.or_else(|| has_url.then(|| Ok(of_url()))) {
        return found;
    }
    if !guarded.is_empty() || url.is_object() {
        return Err(GUARDED.to_owned());
    }
    let sorts = events.iter().filter_map(|event| event["Type"].as_str());
    let mut sorts: Vec<&str> = sorts.filter(|sort| sort.chars().all(|c| c.is_ascii_alphanumeric())).collect();
    sorts.sort_unstable();
    sorts.dedup();
    if sorts.is_empty() {
        return Err(NOT_SEEN.to_owned());
    }
    Err(format!("none of its events ({}) is a `GET` without parameters", sorts.join(", ")))
}

/// Returns whether an event has an authorizer: its own, or the default of its API, which `Globals` may have (AWS SAM
/// Developer Guide, "ApiAuth", "HttpApiAuth" and "Globals section of the AWS SAM template").
fn is_guarded_by_sam(event: &Value, template: &Value) -> bool {
    let about = &event["Properties"];
    let has_default = |auth: &Value| !auth["DefaultAuthorizer"].is_null();
    let common = event["Type"].as_str().is_some_and(|sort| has_default(&template["Globals"][sort]["Auth"]));
    let named = |id: &str| about[id].as_str().or_else(|| about[id]["Ref"].as_str());
    let api = named("RestApiId").or_else(|| named("ApiId")).map(reference);
    let of_api = api.is_some_and(|api| has_default(&template["Resources"][api]["Properties"]["Auth"]));
    common || of_api || !about["Auth"].is_null()
}

/// The texts by which the code of an app of AWS CDK names an authorizer or IAM before an API or a URL.
const CDK_GUARDS: [&str; 3] = ["uthorizer", "AuthorizationType.IAM", "FunctionUrlAuthType.AWS_IAM"];

/// Returns whether a file of CDK, or one beside it, has an authorizer. A URL has IAM where nobody says otherwise (AWS
/// CDK API Reference, "interface FunctionUrlOptions").
fn is_guarded_by_cdk(piece: &Piece, repository: &Repository) -> bool {
    let folder = folder_of(&piece.file);
    repository.files.iter().filter(|(path, _)| folder_of(path) == folder).any(|(_, text)| {
        let is_open = !has_cdk_url(text) || text.contains("FunctionUrlAuthType.NONE");
        !is_open || CDK_GUARDS.iter().any(|guard| text.contains(guard))
    })
}

fn has_cdk_url(text: &str) -> bool {
    ["addFunctionUrl(", "add_function_url("].iter().any(|call| text.contains(call))
}

/// Returns the `GET` of a function's URL, where the only function of a file has one.
fn of_cdk(text: &str) -> Option<TrialRequest> {
    (has_cdk_url(text) && text.matches("Function(").count() == 1).then(of_url)
}

/// The libraries that make a request of HTTP out of an event in Python, each with the form of its events (Mangum takes
/// both; Powertools for AWS Lambda, "REST API").
const ADAPTERS: [(&str, Format); 4] = [
    ("Mangum(", Format::Two),
    ("APIGatewayHttpResolver(", Format::Two),
    ("LambdaFunctionUrlResolver(", Format::Two),
    ("APIGatewayRestResolver(", Format::One),
];

/// Returns a route that the code of a folder in Python answers, or why none is known; `None` where no adapter of such
/// code is there. Of several apps nobody knows which one an adapter asks, or at what path one is mounted.
fn of_python(folder: &str, repository: &Repository) -> Option<Result<TrialRequest, String>> {
    let is_own = |path: &str| root_of(repository, folder_of(path), &PACKAGES) == folder && !is_of_tests(path);
    let own: Vec<&str> = repository.ending(".py").filter(|(path, _)| is_own(path)).map(|(_, text)| text).collect();
    let adapter = ADAPTERS.iter().find(|(name, _)| own.iter().any(|text| text.contains(*name)))?;
    let apps: usize = own.iter().map(|text| text.matches("FastAPI(").count()).sum();
    let has_prefix = own.iter().any(|text| text.contains("prefix=") || text.contains("prefix ="));
    let routes = own.into_iter().filter(|_| apps < 2).flat_map(|text| routes(text, has_prefix));
    Some(best(routes.map(|path| (adapter.1, path))).ok_or_else(|| NO_ROUTE.to_owned()))
}

/// Returns the paths of the routes that a file of Python decorates functions with. A prefix, which may stand in another
/// file, belongs before those of a router (FastAPI, "Bigger Applications"), and not before those of the app itself.
fn routes(text: &str, has_prefix: bool) -> impl Iterator<Item = &str> {
    text.lines().filter_map(move |line| {
        let (object, rest) = line.trim_start().strip_prefix('@')?.split_once(".get(")?;
        if has_prefix && !is_app(object, text) {
            return None;
        }
        let quote = rest.chars().next().filter(|c| "\"'".contains(*c))?;
        rest[1..].split(quote).next()
    })
}

/// Returns whether a file of Python makes an app and gives it this name.
fn is_app(object: &str, text: &str) -> bool {
    text.lines().filter_map(|line| line.split_once('=')).any(|(name, value)| {
        let name = name.split(':').next().unwrap_or_default().trim();
        name == object && (value.contains("FastAPI(") || value.contains("Resolver("))
    })
}

/// The arguments by which Terraform names an authorizer or IAM before a route, a method or a function's URL (Terraform
/// Registry, "aws_apigatewayv2_route", "aws_api_gateway_method" and "aws_lambda_function_url").
const TERRAFORM_GUARDS: [&str; 3] = ["authorizer_id", "authorization_type", "authorization"];

/// Returns whether a line of Terraform names an authorizer.
fn is_guarded_by_terraform(line: &str) -> bool {
    let argument = line.split_once('=').map(|(name, value)| (name.trim(), value.trim_start()));
    argument.is_some_and(|(name, value)| TERRAFORM_GUARDS.contains(&name) && !value.starts_with("\"NONE\""))
}

/// Returns the `GET` of an HTTP API, or of a function's URL where that may be taken, where the code of Terraform makes
/// one function. Without `payload_format_version` the format is 1.0 (Terraform Registry,
/// "aws_apigatewayv2_integration").
fn of_terraform(lines: &[&str], with_url: bool) -> Option<TrialRequest> {
    let resources = |sort: &str| {
        let begins = format!("resource \"{sort}\"");
        lines.iter().filter(|line| line.starts_with(&begins)).count()
    };
    if resources("aws_lambda_function") != 1 {
        return None;
    }
    let values = |name: &str| {
        let found = lines.iter().filter_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix('='));
        found.map(|value| value.trim().trim_matches('"')).collect::<Vec<&str>>()
    };
    let is_two = values("payload_format_version").contains(&"2.0");
    let format = if is_two { Format::Two } else { Format::One };
    let routes = values("route_key").into_iter().filter_map(|route| route.strip_prefix("GET "));
    let has_url = with_url && resources("aws_lambda_function_url") > 0;
    best(routes.map(|path| (format, path))).or_else(|| has_url.then(of_url))
}

/// Returns the request of the first page of a function's URL, whose only route is the default.
fn of_url() -> TrialRequest {
    get(Format::Two, "$default", "/")
}

/// Returns the request of the best of these paths. One with a parameter is none: nobody knows a value of it.
fn best<'a>(paths: impl Iterator<Item = (Format, &'a str)>) -> Option<TrialRequest> {
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let whole = paths.filter(|(_, path)| path.starts_with('/') && path.chars().all(letters));
    let (format, path) = whole.min_by_key(|(_, path)| (!path.contains("health"), path.len()))?;
    Some(get(format, &format!("GET {path}"), path))
}

/// Returns a `GET` as API Gateway sends it (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP
/// APIs in API Gateway", "Payload format structure"), and as a function's URL does (AWS Lambda Developer Guide,
/// "Invoking Lambda function URLs", "Request payload format").
fn get(format: Format, route: &str, path: &str) -> TrialRequest {
    let payload = match format {
        Format::One => json!({
            "version": "1.0", "resource": path, "path": path, "httpMethod": "GET",
            "headers": {"host": "localhost"}, "multiValueHeaders": {"host": ["localhost"]}, "queryStringParameters": null,
            "multiValueQueryStringParameters": null, "pathParameters": null, "stageVariables": null, "body": null,
            "isBase64Encoded": false,
            "requestContext": {
                "resourcePath": path, "httpMethod": "GET", "path": path, "stage": "test-invoke-stage",
                "protocol": "HTTP/1.1", "identity": {"sourceIp": "127.0.0.1", "userAgent": "windlass"},
            },
        }),
        Format::Two => json!({
            "version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": "",
            "headers": {"host": "localhost"}, "isBase64Encoded": false,
            "requestContext": {
                "routeKey": route, "stage": "$default",
                "http": {
                    "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                    "userAgent": "windlass",
                },
            },
        }),
    };
    TrialRequest { name: format!("GET {path}"), payload, expect: Some(json!({"statusCode": 200})) }
}

/// The names of folders, and ends of names of files, in which test events are kept (AWS SAM Developer Guide, "sam local
/// generate-event").
const EVENT_FOLDERS: [&str; 4] = ["event", "events", "test-events", "test_events"];
const EVENT_FILES: [&str; 2] = ["event.json", "Event.json"];

/// The longest text of a test event that is offered, in bytes: it stands in the declaration.
const LONGEST_EVENT: usize = 16 * 1024;

/// Returns the paths of the test events of a piece.
pub fn test_events(piece: &Piece, repository: &Repository) -> Vec<String> {
    let is_within = |path: &str| {
        let rest = path.strip_prefix(piece.folder.as_str());
        rest.is_some_and(|rest| piece.folder.is_empty() || rest.starts_with('/'))
    };
    let is_named = |path: &str| {
        EVENT_FOLDERS.contains(&file_of(folder_of(path))) || EVENT_FILES.iter().any(|end| path.ends_with(*end))
    };
    let found = repository.ending(".json").filter(|(path, text)| {
        is_within(path) && is_named(path) && text.len() <= LONGEST_EVENT && test_event(path, repository).is_some()
    });
    found.map(|(path, _)| path.to_owned()).collect()
}

/// Returns the request of a test event, where the file has an object.
pub fn test_event(path: &str, repository: &Repository) -> Option<TrialRequest> {
    let payload: Value = serde_json::from_str(repository.text(path)).ok()?;
    let name = file_of(path).trim_end_matches(".json").to_owned();
    payload.is_object().then_some(TrialRequest { name, payload, expect: None })
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
